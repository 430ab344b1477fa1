"""Asking all plugins what somebody has in a channel, with answers that are kept for a short time."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.hookspecs import entitlements as specs
from aethex_live.hookspecs.entitlements import FOLLOWER, SUBSCRIBER, EntitlementOffer

if TYPE_CHECKING:
    from aethex_live._runtime.verbs import HookCaller
    from aethex_live.clock import Clock

__all__ = ["FOLLOWER", "SUBSCRIBER", "EntitlementOffer", "Entitlements"]

YES_S = 30.0  # seconds that a yes is kept
NO_S = 2.0  # who has just subscribed must not wait
MOST = 10_000  # answers kept

_Key = tuple[UUID, UUID, str]
_Found = bool | datetime | None


class Entitlements:
    """`Entitlements(context.hooks, context.clock)`: one for a plugin that asks, made when the plugin is.

    What nobody offers nobody has, so paid things stay closed while the plugin that sells them is off.
    """

    def __init__(self, hooks: HookCaller, clock: Clock) -> None:
        self._hooks = hooks
        self._clock = clock
        self._kept: OrderedDict[_Key, tuple[float, _Found]] = OrderedDict()

    def offer(self, name: str) -> EntitlementOffer | None:
        """Who has it by whom: the first offer of a plugin that is on, or None when nobody offers it."""
        for _, offers in self._hooks.collect(specs.entitlement_offers):
            for offer in offers:
                if offer.name == name:
                    return offer
        return None

    async def has(self, user_id: UUID, channel_id: UUID, name: str) -> bool:
        """Whether an account has this in a channel: any plugin's yes counts. A yes is kept 30 s, a no 2 s."""
        if name == FOLLOWER:
            return await self.followed_since(user_id, channel_id) is not None
        return self.offer(name) is not None and bool(await self._answer((user_id, channel_id, name)))

    async def followed_since(self, user_id: UUID, channel_id: UUID) -> datetime | None:
        """Since when an account follows a channel; None when it does not, or nobody knows. Kept as long as above."""
        if self.offer(FOLLOWER) is None:
            return None
        found = await self._answer((user_id, channel_id, FOLLOWER))
        return found if isinstance(found, datetime) else None

    async def _answer(self, key: _Key) -> _Found:
        now = self._clock.monotonic()
        kept = self._kept.get(key)
        if kept is not None and kept[0] > now:
            return kept[1]
        found, sure = await self._ask(key)
        if sure:
            self._kept[key] = (now + (YES_S if found else NO_S), found)
            self._kept.move_to_end(key)
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return found

    async def _ask(self, key: _Key) -> tuple[_Found, bool]:
        """What the plugins say, and whether it may be kept: a failure is no answer."""
        user_id, channel_id, name = key
        if name == FOLLOWER:
            answers = await self._hooks.ask(specs.followed_since, user_id=user_id, channel_id=channel_id)
            times = [answer.value for answer in answers if answer.value is not None]
            return min(times, default=None), bool(times) or not any(answer.failure for answer in answers)
        said = await self._hooks.ask(specs.has_entitlement, user_id=user_id, channel_id=channel_id, name=name)
        found = any(answer.value for answer in said)
        return found, found or not any(answer.failure for answer in said)
