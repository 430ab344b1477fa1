"""What auth_local shows on pages of the core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aethex_live.hookspecs.web import Slot, SlotContribution
from aethex_live.models import User
from aethex_live.web import current_actor

from .parts import Parts


def contributions(parts: Parts) -> Sequence[SlotContribution]:
    """The contributions over these parts."""
    shown = Shown(parts)
    return [
        SlotContribution(
            slot=Slot.ACCOUNT_SECTIONS, template="auth_local/security.html", context=shown.security, order=5
        ),
        SlotContribution(slot=Slot.ACCOUNT_NAV, template="auth_local/account_nav.html"),
        SlotContribution(slot=Slot.LOGIN_METHODS, template="auth_local/sign_in.html", context=shown.sign_in),
        SlotContribution(slot=Slot.LOGIN_CONFIRM, template="auth_local/prove.html", context=shown.prove),
        SlotContribution(slot=Slot.PAGE_NOTICES, template="auth_local/notice.html", context=shown.notice),
        SlotContribution(slot=Slot.ADMIN_NAV, template="auth_local/admin_nav.html", context=shown.admin_nav),
    ]


class Shown:
    """What the templates of the slots are given; None shows nothing."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def security(self, _: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The section of the account settings."""
        user = await self._me()
        if user is None:
            return None
        parts = self._parts
        return {
            "address": user.email,
            "confirms": parts.settings.verify_email != "off",
            "confirmed": user.email_verified_at is not None,
            "pending": await parts.addresses.pending(user.id),
            "two_step": await parts.two_step.is_on(user.id),
            "codes_left": await parts.two_step.codes_left(user.id),
            "passkeys_possible": parts.passkeys.possible,
            "passkeys": await parts.passkeys.of(user.id),
        }

    async def sign_in(self, context: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The button for passkeys; not where an account is made, which has none yet."""
        wanted = context.get("step") in {"sign-in", "code"}
        return {} if wanted and self._parts.passkeys.possible else None

    async def prove(self, _: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The same where somebody proves again who they are."""
        user_id = current_actor().user_id
        if user_id is None or not self._parts.passkeys.possible or not await self._parts.passkeys.of(user_id):
            return None
        return {}

    async def notice(self, _: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What stands in the way of who has not confirmed an address where that is asked for."""
        actor = current_actor()
        if self._parts.settings.verify_email != "required" or actor.user_id is None or actor.email_verified:
            return None
        user = await self._me()
        if user is None or user.email_verified_at is not None:
            return None
        return {"pending": await self._parts.addresses.pending(user.id) or user.email}

    async def admin_nav(self, _: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The link, with how many wait."""
        return {"waiting": await User.filter(state="pending").count()}

    async def _me(self) -> User | None:
        user_id = current_actor().user_id
        return await User.get_or_none(id=user_id) if user_id else None
