"""Accounts: registering, proving who one is, roles. Who proves is a provider; whose account it is stands here."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from tortoise.exceptions import IntegrityError

from aethex_live.domain.names import check_email, check_line, check_username
from aethex_live.errors import Conflict, Forbidden, Invalid, NotFound, Refusal, Unauthenticated, Unavailable
from aethex_live.events import record
from aethex_live.events.types import UserBanned, UserChanged, UserRegistered
from aethex_live.ids import uuid7
from aethex_live.models import Identity, User
from aethex_live.providers import AccessDenied
from aethex_live.providers import Invalid as ProviderInvalid
from aethex_live.providers.auth import AuthCap, AuthProvider

if TYPE_CHECKING:
    from aethex_live._runtime.registry import Providers
    from aethex_live.control import Control
    from aethex_live.db import Database

WRONG = "The name or the password is not right."
TAKEN = {
    "username_key": ("username", "This name is taken; choose another."),
    "email_key": ("email", "This e-mail address has an account; sign in instead."),
}


class Accounts:
    """People's accounts and their identities at auth providers."""

    def __init__(self, db: Database, providers: Providers, control: Control) -> None:
        self._db = db
        self._providers = providers
        self._control = control

    def provider(self) -> AuthProvider | None:
        """The auth provider of new accounts, or None when auth is switched off."""
        return self._providers.auth()

    def _able(self, capability: AuthCap) -> AuthProvider:
        provider = self.provider()
        if provider is None:
            raise Unavailable("Accounts are switched off on this site: its auth provider is “none”.")
        if capability not in provider.capabilities:
            raise Unavailable(f"The auth provider “{provider.name}” can't do this ({capability.value}).")
        return provider

    async def register(self, username: str, email: str, password: str, *, role: str = "member") -> User:
        """Make an account with a password. Raises Invalid or Conflict about the field that is wrong."""
        name, address = check_username(username), check_email(email)
        provider = self._able(AuthCap.REGISTER)
        if await User.filter(username_key=name.lower()).exists():
            raise taken("username_key")
        try:
            prepared = await provider.prepare_password(password, avoid=(name, address or ""))
        except ProviderInvalid as refused:
            raise Invalid(str(refused), field="password") from None
        return await self._store(provider, name, address, prepared, role)

    async def _store(self, provider: AuthProvider, name: str, email: str | None, prepared: str, role: str) -> User:
        user_id = uuid7()
        try:
            async with self._db.transaction():
                user = await User.create(
                    id=user_id,
                    username=name,
                    username_key=name.lower(),
                    display_name=name,
                    email=email,
                    email_key=email.lower() if email else None,
                    role=role,
                )
                proven = await provider.register(str(user_id), prepared)
                await Identity.create(id=uuid7(), user=user, provider=provider.name, subject=proven.subject)
                await record(UserRegistered(user_id=user_id, username=name), subject=f"user:{user_id}", actor=user_id)
        except IntegrityError as clash:
            raise clash_of(clash) from clash
        return user

    async def check_password(self, login: str, password: str) -> tuple[User, str]:
        """The account behind a name (or e-mail address) and password, and the provider that proved it.

        Raises Unauthenticated with one sentence for every wrong pair; Forbidden for a closed account, but only
        to who knows its password.
        """
        provider = self._able(AuthCap.PASSWORD)
        user = await self.find(login)
        identity = await Identity.get_or_none(user=user, provider=provider.name) if user else None
        subject = identity.subject if identity else ""
        try:
            await provider.check_password(subject, password)
        except AccessDenied:
            raise Unauthenticated(WRONG, code="wrong-password") from None
        if user is None:
            raise Unauthenticated(WRONG, code="wrong-password")
        if user.state != "active":
            raise Forbidden("This account was closed by the operators of this site.", code="account-closed")
        return user, provider.name

    async def set_password(self, user_id: UUID, password: str) -> None:
        """Replace the password of an account. Raises Invalid about `new_password`."""
        provider = self._able(AuthCap.SET_PASSWORD)
        identity = await Identity.get_or_none(user_id=user_id, provider=provider.name).select_related("user")
        if identity is None:
            raise Conflict("This account signs in elsewhere and has no password here.")
        try:
            names = (identity.user.username, identity.user.email or "")
            prepared = await provider.prepare_password(password, avoid=names)
        except ProviderInvalid as refused:
            raise Invalid(str(refused), field="new_password") from None
        async with self._db.transaction():
            await provider.set_password(identity.subject, prepared)

    async def find(self, login: str) -> User | None:
        """The active or banned account of a user name or e-mail address."""
        key = login.strip().lower()
        if "@" in key:
            return await User.get_or_none(email_key=key)
        return await User.get_or_none(username_key=key)

    async def get(self, username: str) -> User:
        """The account of a user name. Raises NotFound."""
        user = await self.find(username)
        if user is None or user.state == "deleted":
            raise NotFound(f"There is no account “{username}”.")
        return user

    async def rename(self, user_id: UUID, display_name: str) -> None:
        """Change the name that is shown. Raises Invalid about `display_name`."""
        shown = check_line(display_name, field="display_name", most=50, least=1)
        async with self._db.transaction():
            await User.filter(id=user_id).update(display_name=shown)
            await record(
                UserChanged(user_id=user_id, fields=["display_name"]),
                subject=f"user:{user_id}",
                actor=user_id,
            )

    async def change(self, user_id: UUID, display_name: str, email: str) -> None:
        """Change name and e-mail address. Raises Invalid or Conflict about the field."""
        address = check_email(email)
        try:
            async with self._db.transaction():
                await self.rename(user_id, display_name)
                key = address.lower() if address else None
                await User.filter(id=user_id).update(email=address, email_key=key)
        except IntegrityError as clash:
            raise clash_of(clash) from clash

    async def ban(self, user_id: UUID, *, reason: str, by: UUID | None) -> None:
        """Ban an account from the site; its sessions and sockets close within two seconds."""
        async with self._db.transaction():
            await User.filter(id=user_id).update(state="banned")
            await record(UserBanned(user_id=user_id, reason=reason), subject=f"user:{user_id}", actor=by)
            await self._control.send("user.closed", {"user_id": str(user_id), "reason": reason})


def taken(column: str) -> Conflict:
    """The refusal for a name or address that somebody has."""
    field, sentence = TAKEN[column]
    return Conflict(sentence, field=field, code="taken")


def clash_of(clash: IntegrityError) -> Refusal:
    """The refusal behind a broken unique rule of the user table."""
    text = str(clash)
    for column in TAKEN:
        if column in text:
            return taken(column)
    return Conflict("This account could not be made; try again.")
