"""Modes that other plugins answer for: followers only and subscribers only, offered where somebody does."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.errors import Invalid
from aethex_live.services.entitlements import FOLLOWER, SUBSCRIBER, EntitlementOffer, Entitlements

from .barriers import Barrier
from .refusals import span

if TYPE_CHECKING:
    from aethex_live import PluginContext

    from .modes import Modes

NO_FOLLOWS = "Followers only is set, but no plugin that knows followers is on: it holds nobody back."
NO_SUBSCRIPTIONS = (
    "Subscribers only is set, but no plugin that knows subscribers is on: only the owner and the moderators may write."
)


class Entitled:
    """Says what of the modes holds, and whom it keeps from writing.

    While the plugin that answers is off, a mode that asks for a follow holds nobody back, and one that asks for
    something paid stays closed.
    """

    def __init__(self, context: PluginContext) -> None:
        self._entitlements = Entitlements(context.hooks, context.clock)
        self._clock = context.clock

    @property
    def followers(self) -> EntitlementOffer | None:
        """How one follows a channel, where one can."""
        return self._entitlements.offer(FOLLOWER)

    @property
    def subscribers(self) -> EntitlementOffer | None:
        """How one subscribes to a channel, where one can."""
        return self._entitlements.offer(SUBSCRIBER)

    def holding(self, modes: Modes) -> Modes:
        """The modes without those that hold nobody back at the moment."""
        if modes.followers_only and self.followers is None:
            return dataclasses.replace(modes, followers_only=False)
        return modes

    def notes(self, modes: Modes) -> list[str]:
        """What moderators should know about modes whose plugin is off."""
        found = [NO_FOLLOWS] if modes.followers_only and self.followers is None else []
        return [*found, NO_SUBSCRIPTIONS] if modes.subscribers_only and self.subscribers is None else found

    def check_change(self, before: Modes, after: Modes) -> None:
        """Raises Invalid when a mode is turned on that nobody answers for."""
        if after.followers_only and not before.followers_only and self.followers is None:
            raise Invalid("No plugin that knows followers is on: leave this off.", field="followers_only")
        if after.subscribers_only and not before.subscribers_only and self.subscribers is None:
            raise Invalid("No plugin that knows subscribers is on: leave this off.", field="subscribers_only")

    async def barrier(self, modes: Modes, channel_id: UUID, slug: str, user_id: UUID) -> Barrier | None:
        """What keeps an account from writing that does not follow, or not subscribe."""
        if modes.followers_only and (offer := self.followers) is not None:
            found = await self._follow(modes, channel_id, user_id)
            if found is not None:
                return dataclasses.replace(found, label=offer.label, path=offer.path.replace("{slug}", slug))
        if modes.subscribers_only and not await self._entitlements.has(user_id, channel_id, SUBSCRIBER):
            offer = self.subscribers
            return Barrier(
                code="chat-subscribers-only",
                sentence="Only subscribers may write here: subscribe to this channel to join in."
                if offer
                else "Only subscribers may write here, and subscriptions are off on this site at the moment.",
                label=offer.label if offer else "",
                path=offer.path.replace("{slug}", slug) if offer else "",
            )
        return None

    async def _follow(self, modes: Modes, channel_id: UUID, user_id: UUID) -> Barrier | None:
        needed = modes.follow_minutes * 60
        since = await self._entitlements.followed_since(user_id, channel_id)
        if since is None:
            then = f" You can write {span(needed)} after that." if needed else ""
            return Barrier(
                code="chat-followers-only", sentence=f"Only followers may write here: follow this channel.{then}"
            )
        left = needed - (self._clock.now() - since).total_seconds()
        if left <= 0:
            return None
        ago = span((self._clock.now() - since).total_seconds())
        return Barrier(
            code="chat-followers-only",
            sentence=f"Only who has followed this channel for {span(needed)} may write here: you have for {ago}, "
            f"so you can in {span(left)}.",
            seconds=left,
        )
