"""The whole provider "local": passwords, with the rules of sign-up, addresses and the second step around them."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from aethex_live.clock import Clock
from aethex_live.db import Database
from aethex_live.providers import AccessDenied, Invalid
from aethex_live.providers.auth import AuthCap, AuthPolicy

from .addresses import Addresses
from .errors import PROVIDER
from .hashing import Hashing
from .invites import Invites
from .models import KnownDevice, Link, Passkey, PendingAddress, RecoveryCode, Totp
from .post import FORGOT, Post
from .service import LocalAuth
from .settings import AuthLocalSettings
from .two_step import TwoStep

OF_A_PERSON = (KnownDevice, Link, Passkey, PendingAddress, RecoveryCode, Totp)


class LocalAccounts(LocalAuth):
    """Proves by password, and by a code where the person asked for that."""

    def __init__(
        self,
        db: Database,
        hashing: Hashing,
        clock: Clock,
        *,
        settings: AuthLocalSettings,
        addresses: Addresses,
        two_step: TwoStep,
        invites: Invites,
        post: Post,
    ) -> None:
        super().__init__(db, hashing, clock)
        self._addresses = addresses
        self._two_step = two_step
        self._invites = invites
        self._post = post
        self.policy = AuthPolicy(
            registration=settings.registration, verify_email=settings.verify_email, forgot_href=FORGOT
        )
        more = {AuthCap.SECOND_STEP} | (set() if settings.verify_email == "off" else {AuthCap.ADDRESSES})
        self.capabilities = LocalAuth.capabilities | more

    async def admit(self, invite: str) -> Literal["active", "pending"]:
        """The state of a new account by the setting `registration`; an invite is used up by one. Raises Invalid."""
        if self.policy.registration == "closed":
            raise AccessDenied("This site takes no new accounts at the moment.", provider=PROVIDER, operation="admit")
        if self.policy.registration == "invite" and not await self._invites.use(invite):
            raise Invalid(
                "This invitation is used up, too old or was taken back; ask for a new one.",
                provider=PROVIDER,
                operation="admit",
            )
        return "pending" if self.policy.registration == "approval" else "active"

    async def claim_address(self, user_id: UUID, address: str | None) -> None:
        """Mail a link to a new address."""
        await self._addresses.claim(user_id, address)

    async def pending_address(self, user_id: UUID) -> str | None:
        """The address that waits."""
        return await self._addresses.pending(user_id)

    async def needs_second_step(self, subject: str) -> bool:
        """Whether codes are switched on."""
        user_id = user_of(subject)
        return user_id is not None and await self._two_step.is_on(user_id)

    async def check_second_step(self, subject: str, code: str) -> None:
        """Take a code of the app, or a recovery code. Raises AccessDenied."""
        user_id = user_of(subject)
        if user_id is None or not await self._two_step.check(user_id, code):
            raise AccessDenied("This code is not right.", provider=PROVIDER, operation="check_second_step")

    async def set_password(self, subject: str, prepared: str) -> None:
        """Replace the password and tell its owner."""
        await super().set_password(subject, prepared)
        if user_id := user_of(subject):
            await Link.filter(user_id=user_id, purpose="reset").delete()
            await self._post.tell(user_id, "password")

    async def delete_subject(self, subject: str) -> None:
        """Forget the subject with its links, second step, passkeys and devices."""
        await super().delete_subject(subject)
        if user_id := user_of(subject):
            for model in OF_A_PERSON:
                await model.filter(user_id=user_id).delete()


def user_of(subject: str) -> UUID | None:
    """The account behind a subject: accounts made here have their id as the subject."""
    try:
        return UUID(subject)
    except ValueError:
        return None
