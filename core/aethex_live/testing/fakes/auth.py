"""An auth provider in memory."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from aethex_live.providers import AccessDenied, Conflict, Invalid, NotFound
from aethex_live.providers.auth import AuthCap, BaseAuth, ProvenIdentity

LEAST = 10  # characters of a password


class FakeAuth(BaseAuth):
    """Keeps passwords in a dictionary, hashed far too fast for anything but a test."""

    name = "fake"
    capabilities = frozenset({AuthCap.PASSWORD, AuthCap.REGISTER, AuthCap.SET_PASSWORD})

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}

    async def check_password(self, subject: str, password: str) -> ProvenIdentity:
        """Prove by password."""
        if not hmac.compare_digest(self._secrets.get(subject, ""), _hash(password)):
            raise AccessDenied("The password is wrong.", provider=self.name, operation="check_password")
        return ProvenIdentity(provider=self.name, subject=subject)

    async def prepare_password(self, password: str, *, avoid: Sequence[str] = ()) -> str:
        """Turn a password into a storable secret."""
        if len(password) < LEAST or password.lower() in {word.lower() for word in avoid}:
            raise Invalid(
                f"Use at least {LEAST} characters, and not your name.",
                provider=self.name,
                operation="prepare_password",
            )
        return _hash(password)

    async def register(self, subject: str, prepared: str) -> ProvenIdentity:
        """Store a new subject."""
        if subject in self._secrets:
            raise Conflict("This subject is taken.", provider=self.name, operation="register")
        self._secrets[subject] = prepared
        return ProvenIdentity(provider=self.name, subject=subject)

    async def set_password(self, subject: str, prepared: str) -> None:
        """Replace the subject's password."""
        if subject not in self._secrets:
            raise NotFound("There is no such subject.", provider=self.name, operation="set_password")
        self._secrets[subject] = prepared

    async def delete_subject(self, subject: str) -> None:
        """Forget the subject."""
        self._secrets.pop(subject, None)

    async def aclose(self) -> None:
        """There is nothing to give back."""


def _hash(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()
