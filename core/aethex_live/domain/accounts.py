"""Accounts: registering, proving who one is, roles. Who proves is a provider; whose account it is stands here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from uuid import UUID

from tortoise.exceptions import IntegrityError

from aethex_live.domain.bots import close_bots
from aethex_live.domain.lookalikes import check_look, look_of
from aethex_live.domain.names import LONGEST_EMAIL, LONGEST_USERNAME, check_email, check_name, check_username
from aethex_live.errors import Conflict, Forbidden, Invalid, NotFound, Refusal, Unauthenticated, Unavailable
from aethex_live.events import record
from aethex_live.events.types import TermsAccepted, UserAdmitted, UserBanned, UserChanged, UserDeclined, UserRegistered
from aethex_live.ids import uuid7
from aethex_live.models import Identity, User
from aethex_live.providers import AccessDenied, Kind
from aethex_live.providers import Invalid as ProviderInvalid
from aethex_live.providers.auth import AuthCap, AuthPolicy, AuthProvider

if TYPE_CHECKING:
    from aethex_live._runtime.registry import Providers
    from aethex_live.actor import Actor
    from aethex_live.clock import Clock
    from aethex_live.control import Control
    from aethex_live.db import Database
    from aethex_live.domain.audit import Audit
    from aethex_live.settings import Site

WRONG = "The name or the password is not right."
WRONG_CODE = "This code is not right, or it was used already. Wait for the next one, or use a recovery code."
STATES = {
    "banned": ("This account was closed by the operators of this site.", "account-closed"),
    "pending": (
        "This account waits for an operator of this site to let it in; we'll mail you then.",
        "account-pending",
    ),
}
CLOSED = "This account is closed."
LEAVING = "This account is closed and is to be deleted: sign in on the site and keep it first."
UNCONFIRMED = (
    "Confirm your e-mail address first: open the link in the mail that you got, or ask for a new one in your settings."
)
# those in which somebody can sign in
OPEN_STATES = frozenset({"active", "leaving"})
TAKEN = {
    "username_key": ("username", "This name is taken; choose another."),
    "email_key": ("email", "This e-mail address has an account; sign in instead."),
}


class Accounts:
    """People's accounts and their identities at auth providers."""

    def __init__(
        self, db: Database, clock: Clock, providers: Providers, control: Control, audit: Audit, site: Site
    ) -> None:
        self._site = site
        self._db = db
        self._clock = clock
        self._providers = providers
        self._control = control
        self._audit = audit

    def provider(self) -> AuthProvider | None:
        """The auth provider of new accounts, or None when auth is switched off."""
        return self._providers.auth()

    def policy(self) -> AuthPolicy:
        """What the operator decided about accounts; nobody can sign up while auth is switched off."""
        provider = self.provider()
        return provider.policy if provider else AuthPolicy(registration="closed")

    def can(self, capability: AuthCap) -> bool:
        """Whether the auth provider can do this."""
        provider = self.provider()
        return provider is not None and capability in provider.capabilities

    def check_may_act(self, actor: Actor) -> None:
        """Raises Forbidden where a confirmed e-mail address is wanted first: to chat, to stream, to make channels."""
        if self._lacks_address(confirmed=actor.email_verified):
            raise Forbidden(UNCONFIRMED, code="email-unconfirmed")

    def why_not(self, user: User) -> str | None:
        """Why an account may not act now, in a sentence with what to do; None when it may.

        For what acts in somebody's name without a session, such as an encoder with a stream key.
        """
        if user.state == "leaving":
            return LEAVING
        if user.state != "active":
            return STATES.get(user.state, (CLOSED, ""))[0]
        return UNCONFIRMED if self._lacks_address(confirmed=user.email_verified_at is not None) else None

    def takes_accounts(self) -> bool:
        """Whether the auth provider can make accounts at all, here or by a sign-in elsewhere; see `policy`."""
        return any(self.can(one) for one in (AuthCap.REGISTER, AuthCap.REDIRECT, AuthCap.EMBEDDED))

    def takes_passwords(self) -> bool:
        """Whether some live provider proves by password: accounts of before a switch go on with theirs."""
        return bool(self._living(AuthCap.PASSWORD))

    def _living(self, capability: AuthCap) -> list[AuthProvider]:
        """All live providers that can do this, the chosen one first."""
        chosen = self.provider()
        more = (self._providers.auth(name) for name in self._providers.names(Kind.AUTH))
        found = {provider.name: provider for provider in (chosen, *more) if provider is not None}
        return [provider for provider in found.values() if capability in provider.capabilities]

    def _lacks_address(self, *, confirmed: bool) -> bool:
        return not confirmed and self.policy().verify_email == "required"

    def _able(self, capability: AuthCap) -> AuthProvider:
        provider = self.provider()
        if provider is None:
            raise Unavailable("Accounts are switched off on this site: its auth provider is “none”.")
        if capability not in provider.capabilities:
            raise Unavailable(f"The auth provider “{provider.name}” can't do this ({capability.value}).")
        return provider

    async def register(
        self,
        username: str,
        email: str,
        password: str,
        *,
        role: str = "member",
        invite: str = "",
        vouched: bool = False,
    ) -> User:
        """Make an account with a password. Raises Invalid, Conflict or Forbidden about what is wrong.

        Its state may be "pending": it waits for an operator. An address that has to be confirmed is not the account's
        yet. Operators' accounts, and those that an operator made (`vouched`), wait for nothing.
        """
        vouched = vouched or role == "operator"
        name, address = check_username(username), check_email(email)
        provider = self._able(AuthCap.REGISTER)
        if not vouched:
            check_rules(provider.policy, address, invite)
        if await User.filter(username_key=name.lower()).exists():
            raise taken("username_key")
        if role != "operator":
            await check_look(self._db, name, field="username", also=(self._site.name,))
        try:
            prepared = await provider.prepare_password(password, avoid=(name, address or ""))
        except ProviderInvalid as refused:
            raise Invalid(str(refused), field="password") from None
        return await self._store(provider, name, address, prepared, role, None if vouched else invite)

    async def _store(
        self, provider: AuthProvider, name: str, email: str | None, prepared: str, role: str, invite: str | None
    ) -> User:
        user_id, vouched = uuid7(), invite is None
        claimed = email if not vouched and AuthCap.ADDRESSES in provider.capabilities else None
        kept = None if claimed else email
        try:
            async with self._db.transaction():
                user = await User.create(
                    id=user_id,
                    username=name,
                    username_key=name.lower(),
                    display_name=name,
                    username_look=look_of(name),
                    name_look=look_of(name),
                    email=kept,
                    email_key=kept.lower() if kept else None,
                    email_verified_at=self._clock.now() if vouched and kept else None,
                    role=role,
                    state="active" if invite is None else await admitted(provider, invite),
                )
                proven = await provider.register(str(user_id), prepared)
                await Identity.create(id=uuid7(), user=user, provider=provider.name, subject=proven.subject)
                if claimed is not None:
                    await provider.claim_address(user_id, claimed)
                await record(UserRegistered(user_id=user_id, username=name), subject=f"user:{user_id}", actor=user_id)
        except IntegrityError as clash:
            raise clash_of(clash) from clash
        return user

    async def check_password(self, login: str, password: str) -> tuple[User, str]:
        """The account behind a name (or e-mail address) and password, and the provider that proved it.

        Raises Unauthenticated with one sentence for every wrong pair; Forbidden for a closed account, but only
        to who knows its password.
        """
        user = await self.find(login)
        provider, identity = await self._with_password(user.id if user else None)
        subject = identity.subject if identity else ""
        try:
            await provider.check_password(subject, password)
        except AccessDenied:
            raise Unauthenticated(WRONG, code="wrong-password") from None
        if user is None:
            raise Unauthenticated(WRONG, code="wrong-password")
        check_open(user)
        return user, provider.name

    async def _with_password(self, user_id: UUID | None) -> tuple[AuthProvider, Identity | None]:
        """Who proves this account by password, or would."""
        living = self._living(AuthCap.PASSWORD) or [self._able(AuthCap.PASSWORD)]
        for provider in living if user_id else ():
            if (identity := await Identity.get_or_none(user_id=user_id, provider=provider.name)) is not None:
                return provider, identity
        return living[0], None

    async def needs_second_step(self, user: User) -> bool:
        """Whether a password, or a proof of another site, alone does not sign this account in."""
        return await self._second_step(user.id) is not None

    async def check_second_step(self, user_id: UUID, code: str) -> None:
        """Take a code of the second step, once. Raises Unauthenticated about `code` when it is wrong or used."""
        found = await self._second_step(user_id)
        try:
            if found is not None:
                await found[0].check_second_step(found[1], code)
                return
        except AccessDenied:
            pass
        raise Unauthenticated(WRONG_CODE, field="code", code="wrong-code")

    async def _second_step(self, user_id: UUID) -> tuple[AuthProvider, str] | None:
        """The provider that wants a code of this account, and whose."""
        for provider in self._living(AuthCap.SECOND_STEP):
            identity = await Identity.get_or_none(user_id=user_id, provider=provider.name)
            # accounts without a password can have codes too: `register` calls people by the id of their account
            subject = identity.subject if identity else str(user_id)
            if await provider.needs_second_step(subject):
                return provider, subject
        return None

    async def has_password(self, user_id: UUID) -> bool:
        """Whether the account can prove itself by a password here."""
        names = [provider.name for provider in self._living(AuthCap.PASSWORD)]
        return await Identity.filter(user_id=user_id, provider__in=names).exists() if names else False

    async def proven(self, provider: str, subject: str) -> User:
        """The account of an identity that a provider has proved. Raises Unauthenticated, or Forbidden when closed."""
        identity = await Identity.get_or_none(provider=provider, subject=subject).select_related("user")
        user = identity.user if identity else await self._of_own_subject(provider, subject)
        if user is None:
            raise Unauthenticated("There is no account behind this proof.", code="wrong-proof")
        check_open(user)
        return user

    async def _of_own_subject(self, provider: str, subject: str) -> User | None:
        """The account of a subject that is its id: one without a password may have a passkey at that provider."""
        if provider not in {one.name for one in self._living(AuthCap.REGISTER)}:
            return None
        try:
            return await User.get_or_none(id=UUID(subject), bot_of_id__isnull=True)
        except ValueError:
            return None

    async def set_password(self, user_id: UUID, password: str) -> None:
        """Replace the password of an account. Raises Invalid about `new_password`."""
        provider, identity = await self._with_password(user_id)
        if identity is None or AuthCap.SET_PASSWORD not in provider.capabilities:
            raise Conflict("This account signs in elsewhere and has no password here.")
        user = await User.get(id=user_id)
        try:
            names = (user.username, user.email or "")
            prepared = await provider.prepare_password(password, avoid=names)
        except ProviderInvalid as refused:
            raise Invalid(str(refused), field="new_password") from None
        async with self._db.transaction():
            await provider.set_password(identity.subject, prepared)

    async def find(self, login: str) -> User | None:
        """The active or banned account of a user name or e-mail address."""
        key = login.strip().lower()
        if len(key) > (LONGEST_EMAIL if "@" in key else LONGEST_USERNAME):
            return None  # no row has it, and Tortoise refuses to ask for it
        return await (User.get_or_none(email_key=key) if "@" in key else User.get_or_none(username_key=key))

    async def get(self, username: str) -> User:
        """The account of a user name. Raises NotFound."""
        user = await self.find(username)
        if user is None or user.state == "deleted":
            raise NotFound(f"There is no account “{username}”.")
        return user

    async def rename(self, user_id: UUID, display_name: str) -> None:
        """Change the name that is shown. Raises Invalid or Conflict about `display_name`."""
        shown = check_name(display_name, field="display_name")
        await self._check_new_name(user_id, shown)
        async with self._db.transaction():
            await User.filter(id=user_id).update(display_name=shown, name_look=look_of(shown))
            await record(
                UserChanged(user_id=user_id, fields=["display_name"]),
                subject=f"user:{user_id}",
                actor=user_id,
            )

    async def _check_new_name(self, user_id: UUID, shown: str) -> None:
        """Somebody keeps the name they have, and operators speak for the site."""
        user = await User.get(id=user_id)
        if user.role != "operator" and shown not in (user.display_name, user.username):
            also = (self._site.name,)
            await check_look(self._db, shown, field="display_name", user_id=user_id, also=also)

    async def change(self, user_id: UUID, display_name: str, email: str) -> bool:
        """Change name and e-mail address. Raises Invalid or Conflict about the field.

        Returns whether the new address waits for its confirmation; the old one stays until then.
        """
        address = check_email(email)
        async with self._db.transaction():
            await self.rename(user_id, display_name)
            return await self._change_address(await User.get(id=user_id), address)

    async def _change_address(self, user: User, address: str | None) -> bool:
        provider = self.provider()
        confirms = provider is not None and AuthCap.ADDRESSES in provider.capabilities
        if address == user.email and not confirms:
            return False
        if provider is None or not confirms:
            await self.set_address(user.id, address, confirmed=False)
            return False
        if address == user.email:
            return False
        if address is None and provider.policy.verify_email == "required":
            raise Invalid(
                "This site asks for an e-mail address; you can change it, but not take it away.", field="email"
            )
        await provider.claim_address(user.id, address)
        if address is None:
            await self.set_address(user.id, None, confirmed=False)
        return address is not None

    async def set_address(self, user_id: UUID, address: str | None, *, confirmed: bool) -> None:
        """Give the account its address; `confirmed`: its owner reads what is sent there. Raises Conflict."""
        try:
            async with self._db.transaction():
                await User.filter(id=user_id).update(
                    email=address,
                    email_key=address.lower() if address else None,
                    email_verified_at=self._clock.now() if confirmed else None,
                )
                await record(UserChanged(user_id=user_id, fields=["email"]), subject=f"user:{user_id}", actor=user_id)
                # what the account may do can hang on it, so nobody goes on with what they remember
                await self._control.send("user.changed", {"user_id": str(user_id)})
        except IntegrityError as clash:
            raise clash_of(clash) from clash

    async def waiting(self, *, limit: int = 50, after: UUID | None = None) -> list[User]:
        """Accounts that wait for an operator, the oldest first; page on with the last one's id as `after`."""
        rows = User.filter(state="pending") if after is None else User.filter(state="pending", id__gt=after)
        return await rows.order_by("id").limit(limit)

    async def admit(self, user_id: UUID, by: Actor) -> User:
        """Let a waiting account in. Raises NotFound when it does not wait."""
        async with self._db.transaction():
            user = await self._waiting(user_id)
            await User.filter(id=user_id).update(state="active")
            await record(UserAdmitted(user_id=user_id), subject=f"user:{user_id}", actor=by.user_id)
            await self._audit.write(
                "user.admitted", actor=by, subject=f"user:{user_id}", detail={"username": user.username}
            )
        return user

    async def decline(self, user_id: UUID, by: Actor) -> User:
        """Decline a waiting account: it is deleted, and its name is free again. Raises NotFound."""
        async with self._db.transaction():
            user = await self._waiting(user_id)
            identities = await Identity.filter(user_id=user_id)
            await record(
                UserDeclined(user_id=user_id, username=user.username), subject=f"user:{user_id}", actor=by.user_id
            )
            await self._audit.write(
                "user.declined", actor=by, subject=f"user:{user_id}", detail={"username": user.username}
            )
            await User.filter(id=user_id).delete()
            for identity in identities:
                if (provider := self._providers.auth(identity.provider)) is not None:
                    await provider.delete_subject(identity.subject)
        return user

    async def _waiting(self, user_id: UUID) -> User:
        user = await User.select_for_update().get_or_none(id=user_id, state="pending")
        if user is None:
            raise NotFound("This account does not wait any more.")
        return user

    async def accept_terms(self, user_id: UUID, version: int) -> None:
        """Note that the person accepted this version of the site's terms; 0 is none, and older ones change nothing."""
        async with self._db.transaction():
            asked = User.filter(id=user_id, terms_version__lt=version)
            if not await asked.update(terms_version=version, terms_accepted_at=self._clock.now()):
                return
            await record(
                TermsAccepted(user_id=user_id, version_accepted=version), subject=f"user:{user_id}", actor=user_id
            )
            await self._control.send("user.changed", {"user_id": str(user_id)})

    async def ban(self, user_id: UUID, *, reason: str, by: UUID | None) -> None:
        """Ban an account from the site; its sessions and sockets close within two seconds."""
        async with self._db.transaction():
            await User.filter(id=user_id).update(state="banned")
            await record(UserBanned(user_id=user_id, reason=reason), subject=f"user:{user_id}", actor=by)
            await self._control.send("user.closed", {"user_id": str(user_id), "reason": reason})
            await close_bots(self._control, user_id, "The account of the person who answers for this bot was closed.")


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


def check_open(user: User) -> None:
    """Raises Forbidden, with the reason, for an account that nobody can use at the moment."""
    if user.state not in OPEN_STATES:
        sentence, code = STATES.get(user.state, (CLOSED, "account-closed"))
        raise Forbidden(sentence, code=code)


def check_rules(policy: AuthPolicy, address: str | None, invite: str) -> None:
    """Raises Forbidden or Invalid where the operator's rules do not take one more account."""
    if policy.registration == "closed":
        raise Forbidden("This site takes no new accounts at the moment.", code="registration-closed")
    if policy.registration == "invite" and not invite.strip():
        raise Forbidden("This site takes new accounts by invitation only: open the link of one.", code="invite-needed")
    if policy.verify_email == "required" and address is None:
        raise Invalid("This site asks for an e-mail address.", field="email")


async def admitted(provider: AuthProvider, invite: str) -> Literal["active", "pending"]:
    """The state in which one more account begins, inside the caller's transaction. Raises Forbidden."""
    try:
        return await provider.admit(invite.strip())
    except AccessDenied as refused:
        raise Forbidden(str(refused), code="registration-closed") from None
    except ProviderInvalid as refused:
        raise Forbidden(str(refused), code="invite-needed") from None
