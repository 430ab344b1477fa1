"""Hooks of what people have in a channel: they follow it, subscribe to it, bought something. Provisional."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from aethex_live.hookspecs._marker import spec

FOLLOWER = "follower"  # asked for with `followed_since`, all others with `has_entitlement`
SUBSCRIBER = "subscriber"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitlementOffer:
    """Something that people can have in a channel, by its name: "follower", "subscriber", or a plugin's own.

    `label` says what one does to have it ("Follow", "Subscribe"); `path` is where, on this site: "{slug}" in it
    stands for the channel's.
    """

    name: str
    label: str = ""
    path: str = "/{slug}"


@spec("collect", provisional=True)
def entitlement_offers() -> Sequence[EntitlementOffer]:  # type: ignore[empty-body]  # a declaration has no body
    """What the plugin answers for; options of other plugins that need it are offered only then."""


@spec("ask", limit=0.5, provisional=True)
async def has_entitlement(user_id: UUID, channel_id: UUID, name: str) -> bool | None:
    """Whether an account has this in a channel. Any yes counts; None for names of others."""


@spec("ask", limit=0.5, provisional=True)
async def followed_since(user_id: UUID, channel_id: UUID) -> datetime | None:
    """Since when an account follows a channel, with time zone; None when it does not. The earliest answer counts."""
