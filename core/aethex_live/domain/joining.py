"""Making an account for somebody whom another site has proved: they choose a name, the operator's rules hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tortoise.exceptions import IntegrityError

from aethex_live.domain.accounts import admitted, check_rules, clash_of, taken
from aethex_live.domain.lookalikes import check_look, look_of
from aethex_live.domain.names import check_email, check_name, check_username
from aethex_live.domain.suggestions import suggested_names
from aethex_live.errors import Conflict, Forbidden, Invalid, Refusal
from aethex_live.events import record
from aethex_live.events.types import UserRegistered
from aethex_live.ids import uuid7
from aethex_live.models import Identity, User
from aethex_live.providers.auth import AuthCap, AuthProvider, ProvenIdentity

if TYPE_CHECKING:
    from aethex_live.clock import Clock
    from aethex_live.db import Database
    from aethex_live.domain.accounts import Accounts
    from aethex_live.settings import Site

CLOSED = "This site takes no new accounts at the moment."
OTHERS = "This sign-in opens an account of this site already: sign in with it."


class Joining:
    """Makes accounts by a proof from elsewhere. Who may have one says the policy of the chosen provider."""

    def __init__(self, db: Database, clock: Clock, accounts: Accounts, site: Site) -> None:
        self._db = db
        self._clock = clock
        self._accounts = accounts
        self._site = site

    def check_open(self, invite: str) -> None:
        """Raises Forbidden where nobody gets an account by this way now, before anybody types anything."""
        if not self._accounts.takes_accounts():
            raise Forbidden(CLOSED, code="registration-closed")
        check_rules(self._accounts.policy(), "later@example.org", invite)

    async def suggest(self, proven: ProvenIdentity) -> str:
        """A user name that is free and keeps the rules; "" when there is none."""
        for name in suggested_names({"name": proven.name, "email": proven.email, **proven.claims}):
            if await User.filter(username_key=name.lower()).exists():
                continue
            try:
                await check_look(self._db, name, field="username", also=(self._site.name,))
            except Refusal:
                continue
            return name
        return ""

    async def register(
        self, proven: ProvenIdentity, username: str, email: str = "", *, invite: str = "", operator: bool = False
    ) -> User:
        """Make the account. Raises Invalid, Conflict or Forbidden about what is wrong.

        The address that the issuer verified is the account's, confirmed; else the typed one has to be confirmed where
        addresses are. An account of the set-up (`operator`) waits for nothing.
        """
        name, verified = check_username(username), _verified(proven)
        address = verified or check_email(email)
        provider = self._accounts.provider()
        if provider is None or not (operator or self._accounts.takes_accounts()):
            raise Forbidden(CLOSED, code="registration-closed")
        if not operator:
            check_rules(provider.policy, address, invite)
            await check_look(self._db, name, field="username", also=(self._site.name,))
        if await User.filter(username_key=name.lower()).exists():
            raise taken("username_key")
        if await Identity.filter(provider=proven.provider, subject=proven.subject).exists():
            raise Conflict(OTHERS, code="linked-elsewhere")
        return await self._store(provider, proven, name, address, None if operator else invite)

    async def _store(
        self, provider: AuthProvider, proven: ProvenIdentity, name: str, address: str | None, invite: str | None
    ) -> User:
        user_id, confirmed = uuid7(), address is not None and address == _verified(proven)
        later = not confirmed and invite is not None and AuthCap.ADDRESSES in provider.capabilities
        kept, shown = None if later else address, _shown(proven, name)
        if invite is not None and shown != name:
            shown = await self._unmistakable(shown, name)
        try:
            async with self._db.transaction():
                user = await User.create(
                    id=user_id,
                    username=name,
                    username_key=name.lower(),
                    display_name=shown,
                    username_look=look_of(name),
                    name_look=look_of(shown),
                    email=kept,
                    email_key=kept.lower() if kept else None,
                    email_verified_at=self._clock.now() if confirmed or (kept and invite is None) else None,
                    role="operator" if invite is None else "member",
                    state="active" if invite is None else await admitted(provider, invite),
                )
                await Identity.create(id=uuid7(), user=user, provider=proven.provider, subject=proven.subject)
                if later and address is not None:
                    await provider.claim_address(user_id, address)
                await record(UserRegistered(user_id=user_id, username=name), subject=f"user:{user_id}", actor=user_id)
        except IntegrityError as clash:
            raise clash_of(clash) from clash
        return user

    async def _unmistakable(self, shown: str, name: str) -> str:
        """The name that the other site tells, unless it passes for somebody else's here."""
        try:
            await check_look(self._db, shown, field="display_name", also=(self._site.name,))
        except Refusal:
            return name
        return shown


def _verified(proven: ProvenIdentity) -> str | None:
    """The address that the issuer verified, where it is one."""
    if not proven.email or not proven.email_verified:
        return None
    try:
        return check_email(proven.email)
    except Invalid:
        return None


def _shown(proven: ProvenIdentity, name: str) -> str:
    try:
        return check_name(proven.name or name, field="display_name")
    except Invalid:
        return name
