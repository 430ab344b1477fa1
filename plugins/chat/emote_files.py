"""Files of emotes that nobody needs any more go by themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.errors import PluginError
from aethex_live.events import Consumer, Recorded
from aethex_live.events.types import ChannelDeleted
from aethex_live.jobs import OutboxCall, OutboxHandler

from .emote_pictures import file_names

if TYPE_CHECKING:
    from aethex_live import PluginContext

FORGET = "chat.forget_emote"
FORGET_CHANNEL = "chat.forget_emotes"
# far longer than an upload takes: after this, files that no emote names are taken for abandoned ones
ABANDONED = timedelta(hours=1)
SIGNED_FOR = timedelta(hours=6)
_USED = "select 1 from chat_emote where id = $1 and state <> 'denied'"


async def forget(
    context: PluginContext, provider: str, key: str, emote_id: UUID, *, after: timedelta = timedelta(0)
) -> None:
    """Delete the files of an emote after the commit, unless it is there then."""
    due = context.clock.now() + after if after else None
    payload = {"provider": provider, "key": key, "id": str(emote_id)}
    await context.jobs.publish(FORGET, payload, plugin=context.name, available_at=due)


def outbox_handlers(context: PluginContext) -> list[OutboxHandler]:
    """Who deletes them."""

    async def run(call: OutboxCall) -> None:
        provider, key = str(call.payload["provider"]), str(call.payload["key"])
        if await context.db.fetch(_USED, [UUID(str(call.payload["id"]))]):
            return
        storage = context.providers.storage(provider)
        if storage is None:
            raise PluginError(f"The storage {provider} is switched off, so {key} stays: switch it on, then retry this.")
        await storage.delete(*(f"{key}/{name}" for name in file_names(animated=True)))

    async def run_channel(call: OutboxCall) -> None:
        storage = context.providers.storage()
        if storage is not None:
            prefix = f"public/emotes/{UUID(str(call.payload['channel_id'])).hex}/"
            keys = [stored.key async for stored in storage.list(prefix)]
            if keys:
                await storage.delete(*keys)

    return [OutboxHandler(topic=FORGET, run=run), OutboxHandler(topic=FORGET_CHANNEL, run=run_channel)]


def deleted_channels(context: PluginContext) -> Consumer:
    """The reader that has the files of a deleted channel's emotes deleted; the rows went with it."""

    async def handle(recorded: Recorded) -> None:
        async with context.db.transaction():
            payload = {"channel_id": str(recorded.payload["channel_id"])}
            await context.jobs.publish(FORGET_CHANNEL, payload, plugin=context.name)

    return Consumer("chat.deleted_channels", handle, catch_up=True, types=frozenset({ChannelDeleted.type}))
