"""Outbox work of profiles: pictures that no profile names any more go."""

from __future__ import annotations

from aethex_live import PluginContext
from aethex_live.errors import PluginError
from aethex_live.jobs import OutboxCall, OutboxHandler

from .models import Profile
from .pictures import LARGE, SMALL

FORGET = "profiles.forget_avatar"


def keys_of(key: str) -> tuple[str, str]:
    """The keys of the large and the small picture."""
    return f"{key}-{LARGE}.webp", f"{key}-{SMALL}.webp"


def forget_avatars(context: PluginContext) -> OutboxHandler:
    """The handler that deletes pictures which no profile names; one that is in use stays."""

    async def forget(call: OutboxCall) -> None:
        provider, key = str(call.payload["provider"]), str(call.payload["key"])
        if await Profile.filter(avatar_provider=provider, avatar_key=key).exists():
            return
        storage = context.providers.storage(provider)
        if storage is None:
            raise PluginError(
                f"The storage {provider} is switched off, so {key} stays: switch it on, then retry this job."
            )
        await storage.delete(*keys_of(key))

    return OutboxHandler(topic=FORGET, run=forget)
