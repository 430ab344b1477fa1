"""Contract of an auth provider: it proves who somebody is; accounts and sessions are the core's."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable


class AuthCap(enum.StrEnum):
    """What an auth provider can do; a declared one is held to by the conformance kit."""

    PASSWORD = "password"  # noqa: S105 - the name of a capability
    REDIRECT = "redirect"
    EMBEDDED = "embedded"
    REGISTER = "register"
    SET_PASSWORD = "set_password"  # noqa: S105 - the name of a capability


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenIdentity:
    """Somebody whom the provider has proved; (provider, subject) is the key of the core's Identity."""

    provider: str
    subject: str
    email: str | None = None
    email_verified: bool = False
    name: str | None = None
    claims: Mapping[str, object] = field(default_factory=dict)


@runtime_checkable
class AuthProvider(Protocol):
    """Proves identities. Calls that are not among `capabilities` raise `Unsupported`."""

    name: str
    capabilities: frozenset[AuthCap]

    async def check_password(self, subject: str, password: str) -> ProvenIdentity:
        """PASSWORD: prove by password. Raises AccessDenied when it is wrong or the subject is unknown,
        in the same time for both."""
        ...

    async def prepare_password(self, password: str, *, avoid: Sequence[str] = ()) -> str:
        """REGISTER, SET_PASSWORD: turn a password into a storable secret, before any transaction.
        Raises Invalid with a sentence for the person when the password is not acceptable; `avoid` are the
        person's name and address, which no password may be."""
        ...

    async def register(self, subject: str, prepared: str) -> ProvenIdentity:
        """REGISTER: store a new subject, inside the caller's transaction. Raises Conflict when taken."""
        ...

    async def set_password(self, subject: str, prepared: str) -> None:
        """SET_PASSWORD: replace the subject's password, inside the caller's transaction."""
        ...

    async def delete_subject(self, subject: str) -> None:
        """Forget the subject; unknown ones are no error."""
        ...

    async def aclose(self) -> None:
        """Give connections back; called once, at the end."""
        ...
