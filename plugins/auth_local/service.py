"""The auth provider "local": proves a subject by its password; accounts and sessions are the core's."""

from __future__ import annotations

from collections.abc import Sequence

from tortoise.exceptions import IntegrityError

from aethex_live.clock import Clock
from aethex_live.db import Database
from aethex_live.providers.auth import AuthCap, BaseAuth, ProvenIdentity

from . import passwords
from .errors import PROVIDER, denied, poor, taken, unknown
from .hashing import Hashing
from .models import Credential

_LONGEST_SUBJECT = 200


class LocalAuth(BaseAuth):
    """Proves by password."""

    name = PROVIDER
    capabilities = frozenset({AuthCap.PASSWORD, AuthCap.REGISTER, AuthCap.SET_PASSWORD})

    def __init__(self, db: Database, hashing: Hashing, clock: Clock) -> None:
        self._db = db
        self._hashing = hashing
        self._clock = clock

    async def check_password(self, subject: str, password: str) -> ProvenIdentity:
        """Prove by password. Raises AccessDenied, in the same time and words for wrong and unknown ones."""
        row = await self._find(subject)
        typed = passwords.normal(password[: passwords.MOST + 1])
        fits = await self._hashing.matches(row.secret if row else None, typed)
        if row is None or not fits or len(password) > passwords.MOST:
            raise denied()
        if self._hashing.is_outdated(row.secret):
            # only if nobody changed the password meanwhile
            secret = await self._hashing.hash(typed)
            await Credential.filter(id=row.id, secret=row.secret).update(secret=secret)
        return ProvenIdentity(provider=PROVIDER, subject=subject)

    async def prepare_password(self, password: str, *, avoid: Sequence[str] = ()) -> str:
        """The hash of an acceptable password. Raises Invalid; `avoid` are the person's names."""
        if len(password) > passwords.MOST:  # before anything works on a megabyte
            raise poor(f"Use at most {passwords.MOST} characters.")
        normal = passwords.normal(password)
        passwords.check(normal, avoid)
        return await self._hashing.hash(normal)

    async def register(self, subject: str, prepared: str) -> ProvenIdentity:
        """Store a new subject, inside the caller's transaction. Raises Conflict when it is there already."""
        try:
            async with self._db.transaction():  # a savepoint: the caller's transaction outlives a conflict
                await Credential.create(subject=subject, secret=prepared, changed_at=self._clock.now())
        except IntegrityError:
            raise taken() from None
        return ProvenIdentity(provider=PROVIDER, subject=subject)

    async def set_password(self, subject: str, prepared: str) -> None:
        """Replace the password, inside the caller's transaction. Raises NotFound for an unknown subject."""
        changed = await Credential.filter(subject=subject).update(secret=prepared, changed_at=self._clock.now())
        if not changed:
            raise unknown()

    async def delete_subject(self, subject: str) -> None:
        """Forget the subject; unknown ones are no error."""
        await Credential.filter(subject=subject).delete()

    async def aclose(self) -> None:
        """End the hashing threads."""
        self._hashing.close()

    async def _find(self, subject: str) -> Credential | None:
        if not subject or len(subject) > _LONGEST_SUBJECT or "\0" in subject:  # PostgreSQL has no text with NUL
            return None
        return await Credential.get_or_none(subject=subject)
