"""Identities elsewhere: who can be signed in with, whose account an identity is, linking one and taking it off.

An identity becomes an account's by proof alone: of the identity, and of the account. An e-mail address proves neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from tortoise.exceptions import IntegrityError

from aethex_live.domain.accounts import check_open
from aethex_live.errors import Conflict, NotFound
from aethex_live.events import record
from aethex_live.events.types import IdentityLinked, IdentityUnlinked
from aethex_live.ids import time_of, uuid7
from aethex_live.models import Identity, User
from aethex_live.providers import Kind
from aethex_live.providers.auth import AuthCap, AuthProvider, Embedding, Issuing, ProvenIdentity, Redirecting

if TYPE_CHECKING:
    from aethex_live._runtime.registry import Providers
    from aethex_live.actor import Actor
    from aethex_live.db import Database
    from aethex_live.domain.accounts import Accounts
    from aethex_live.domain.audit import Audit
    from aethex_live.domain.linking_mails import LinkingMails

ELSEWHERE_CAPS = frozenset({AuthCap.REDIRECT, AuthCap.EMBEDDED})
ELSEWHERE = "This sign-in belongs to another account of this site already. Sign in with it to see which."
TWICE = "Your account has a sign-in with {label} already; take that one off first."
LAST = (
    "This is the only way into your account: link another sign-in first, or have the operator of this site make you a "
    "link that signs you in."
)


GONE = "This site has no such sign-in any more. Choose another way to sign in."


@dataclass(frozen=True, slots=True)
class Way:
    """Somebody who can be signed in with; `embedded`: on a page of ours, by a component of the provider's."""

    provider: str
    issuer: str
    label: str
    healthy: bool = True
    embedded: bool = False

    @property
    def path(self) -> str:
        """Its part of addresses."""
        return f"{self.provider}/{self.issuer}"


@dataclass(frozen=True, slots=True)
class Linked:
    """An identity of an account; `way` is None when this site does not know its issuer any more."""

    id: UUID
    way: Way | None
    provider: str
    linked_at: datetime


class Linking:
    """The rules of identities that other sites prove."""

    def __init__(
        self, db: Database, providers: Providers, accounts: Accounts, audit: Audit, mails: LinkingMails
    ) -> None:
        self._db = db
        self._providers = providers
        self._accounts = accounts
        self._audit = audit
        self._mails = mails

    def ways(self) -> Sequence[Way]:
        """All that one can sign in with, those of the chosen provider first."""
        return [
            Way(name, issuer.key, issuer.label, issuer.healthy, isinstance(provider, Embedding))
            for name, provider in self._issuing()
            for issuer in provider.issuers()
        ]

    def way(self, provider: str, issuer: str) -> tuple[Way, Issuing]:
        """One of them, and who proves. Raises NotFound."""
        found = dict(self._issuing()).get(provider)
        for way in self.ways() if found is not None else ():
            if found is not None and (way.provider, way.issuer) == (provider, issuer):
                return way, found
        raise NotFound(GONE)

    def redirecting(self, provider: str, issuer: str) -> tuple[Way, Redirecting]:
        """One that proves on its own pages. Raises NotFound."""
        way, by = self.way(provider, issuer)
        if not isinstance(by, Redirecting):
            raise NotFound(GONE)
        return way, by

    def embedding(self, provider: str, issuer: str) -> tuple[Way, Embedding]:
        """One that proves by a component in our page. Raises NotFound."""
        way, by = self.way(provider, issuer)
        if not isinstance(by, Embedding):
            raise NotFound(GONE)
        return way, by

    async def account_of(self, proven: ProvenIdentity) -> User | None:
        """The account of an identity, None for a new one. Raises Forbidden when the account is closed or waits."""
        identity = await _identity(proven)
        if identity is None:
            return None
        check_open(identity.user)
        return identity.user

    async def known_address(self, proven: ProvenIdentity) -> bool:
        """Whether some account has the address that the issuer verified. It is a hint to its owner, and no proof."""
        if not proven.email or not proven.email_verified:
            return False
        return await User.filter(email_key=proven.email.strip().lower()).exists()

    async def is_of(self, user_id: UUID, proven: ProvenIdentity) -> bool:
        """Whether an identity is this account's."""
        return await Identity.filter(user_id=user_id, provider=proven.provider, subject=proven.subject).exists()

    async def of(self, user_id: UUID) -> Sequence[Linked]:
        """The identities elsewhere of an account, the oldest first."""
        rows = await Identity.filter(user_id=user_id).order_by("id")
        return [self._linked(row) for row in rows if self._is_elsewhere(row)]

    async def has(self, user_id: UUID, way: Way) -> bool:
        """Whether an account has an identity of this issuer."""
        return any(one.way is not None and one.way.path == way.path for one in await self.of(user_id))

    async def link(self, user_id: UUID, proven: ProvenIdentity, actor: Actor | None) -> None:
        """Give an account an identity that was proved just now; `actor` None: the operator's command did.

        Raises Conflict when the identity is another account's, or when the account has one of this issuer.
        """
        way = self._way_of(proven.provider, proven.subject)
        try:
            async with self._db.transaction():
                user = await User.select_for_update().get(id=user_id)
                if way is not None and await self.has(user_id, way):
                    raise Conflict(TWICE.format(label=way.label if way else proven.provider), code="linked-already")
                await Identity.create(id=uuid7(), user=user, provider=proven.provider, subject=proven.subject)
                await self._note(user, way, proven.provider, actor, linked=True)
        except IntegrityError:
            raise Conflict(ELSEWHERE, code="linked-elsewhere") from None

    async def unlink(self, user_id: UUID, identity_id: UUID, actor: Actor) -> str:
        """Take an identity off; returns what it was called. Raises NotFound, and Conflict for the last way in."""
        async with self._db.transaction():
            # locked, so that two who take one off each do not both leave the other
            user = await User.select_for_update().get(id=user_id)
            row = await Identity.get_or_none(id=identity_id, user_id=user_id)
            if row is None or not self._is_elsewhere(row):
                raise NotFound("Your account does not have this sign-in any more.")
            others = await Identity.filter(user_id=user_id).exclude(id=identity_id)
            if not any(self._opens(other) for other in others):
                raise Conflict(LAST, code="last-way-in")
            await row.delete()
            way = self._way_of(row.provider, row.subject)
            await self._note(user, way, row.provider, actor, linked=False)
        return way.label if way else row.provider

    def _opens(self, identity: Identity) -> bool:
        """Whether somebody could sign in with it today."""
        provider = self._providers.auth(identity.provider)
        if provider is None:
            return False
        if isinstance(provider, Issuing) and provider.capabilities & ELSEWHERE_CAPS:
            return provider.issuer_of(identity.subject) is not None
        return AuthCap.PASSWORD in provider.capabilities

    def _is_elsewhere(self, row: Identity) -> bool:
        """Rows of a provider that is off are shown, too, and can be taken off, unless the account was made there."""
        provider = self._providers.auth(row.provider)
        if provider is None:
            return row.subject != str(row.user_id)
        return bool(provider.capabilities & ELSEWHERE_CAPS)

    def _linked(self, row: Identity) -> Linked:
        return Linked(row.id, self._way_of(row.provider, row.subject), row.provider, time_of(row.id))

    def _way_of(self, name: str, subject: str) -> Way | None:
        provider = dict(self._issuing()).get(name)
        key = provider.issuer_of(subject) if provider else None
        return next((way for way in self.ways() if (way.provider, way.issuer) == (name, key)), None)

    def _issuing(self) -> Iterator[tuple[str, Issuing]]:
        chosen = self._accounts.provider()
        names = self._providers.names(Kind.AUTH)
        for name in sorted(names, key=lambda name: (chosen is None or name != chosen.name, name)):
            provider: AuthProvider | None = self._providers.auth(name)
            if provider and _proves_elsewhere(provider):
                assert isinstance(provider, Issuing), "both kinds name their issuers"
                yield name, provider

    async def _note(self, user: User, way: Way | None, provider: str, actor: Actor | None, *, linked: bool) -> None:
        issuer = way.issuer if way else ""
        kind = IdentityLinked if linked else IdentityUnlinked
        by = actor.user_id if actor else None
        await record(kind(user_id=user.id, provider=provider, issuer=issuer), subject=f"user:{user.id}", actor=by)
        detail: Mapping[str, str] = {"username": user.username, "provider": provider, "issuer": issuer}
        action = "identity.linked" if linked else "identity.unlinked"
        await self._audit.write(action, actor=actor, subject=f"user:{user.id}", detail=detail)
        await self._mails.tell(user, way.label if way else provider, linked=linked)


def _proves_elsewhere(provider: AuthProvider) -> bool:
    """Whether it keeps what it declares."""
    able = provider.capabilities
    return (AuthCap.REDIRECT in able and isinstance(provider, Redirecting)) or (
        AuthCap.EMBEDDED in able and isinstance(provider, Embedding)
    )


async def _identity(proven: ProvenIdentity) -> Identity | None:
    found = Identity.get_or_none(provider=proven.provider, subject=proven.subject)
    return await found.select_related("user")
