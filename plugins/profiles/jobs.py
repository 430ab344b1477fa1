"""What profiles does by itself: pictures that no profile names any more go, and profiles of deleted accounts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aethex_live import PluginContext
from aethex_live.errors import PluginError
from aethex_live.events import Consumer, Recorded
from aethex_live.events.types import UserDeleted
from aethex_live.jobs import OutboxCall, OutboxHandler

from .models import Profile
from .pictures import SHAPES

FORGET = "profiles.forget_avatar"


def forget_pictures(context: PluginContext) -> OutboxHandler:
    """The handler that deletes pictures which no profile names; one that is in use stays."""

    async def forget(call: OutboxCall) -> None:
        provider, key = str(call.payload["provider"]), str(call.payload["key"])
        shape = SHAPES[str(call.payload.get("kind", "avatar"))]
        named = {f"{shape.field}_provider": provider, f"{shape.field}_key": key}
        if await Profile.filter(**named).exists():
            return
        storage = context.providers.storage(provider)
        if storage is None:
            raise PluginError(
                f"The storage {provider} is switched off, so {key} stays: switch it on, then retry this job."
            )
        await storage.delete(*shape.keys(key))

    return OutboxHandler(topic=FORGET, run=forget)


def deleted_people(forget: Callable[[object], Awaitable[None]]) -> Consumer:
    """The reader that removes profiles of deleted accounts, also of those that went while the plugin was off."""

    async def handle(recorded: Recorded) -> None:
        await forget(recorded.payload["user_id"])

    return Consumer("profiles.deleted_people", handle, catch_up=True, types=frozenset({UserDeleted.type}))
