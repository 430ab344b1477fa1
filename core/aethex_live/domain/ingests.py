"""Ingests: where a creator's encoder sends to, and the key that lets it in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aethex_live.actor import Actor
from aethex_live.errors import Unavailable
from aethex_live.events import record
from aethex_live.events.types import IngestKeyRotated, RehearsalSwitched
from aethex_live.ids import derived_id
from aethex_live.models import Channel, Ingest
from aethex_live.providers.streaming import (
    Endpoint,
    IngestHealth,
    IngestSpec,
    Rehearsing,
    StreamCap,
    StreamProvider,
)

if TYPE_CHECKING:
    from aethex_live._runtime.registry import Providers
    from aethex_live.control import Control
    from aethex_live.db import Database
    from aethex_live.domain.audit import Audit


@dataclass(frozen=True, slots=True)
class IngestAndProvider:
    """An ingest row with the provider that made it."""

    row: Ingest
    provider: StreamProvider


class Ingests:
    """Makes a channel's ingest when it is first asked for, shows and rotates its key."""

    def __init__(self, db: Database, providers: Providers, control: Control, audit: Audit) -> None:
        self._db = db
        self._providers = providers
        self._control = control
        self._audit = audit

    async def of(self, channel: Channel) -> IngestAndProvider:
        """The channel's ingest at the chosen provider. Raises Unavailable when streaming is “none”."""
        provider = self._providers.streaming()
        if provider is None:
            raise Unavailable("Streaming is switched off on this site: its streaming provider is “none”.")
        row = await Ingest.filter(channel_id=channel.id, provider=provider.name).first()
        return IngestAndProvider(row or await self._make(channel, provider), provider)

    async def _make(self, channel: Channel, provider: StreamProvider) -> Ingest:
        ref = derived_id("ingest", channel.id, provider.name)
        spec = IngestSpec(ref=ref, title=channel.name)
        made = await provider.create_ingest(spec, idempotency_key=str(ref))
        row, _ = await Ingest.get_or_create(
            provider=provider.name, provider_id=made.id, defaults={"id": ref, "channel": channel}
        )
        return row

    async def endpoints(self, channel: Channel) -> Sequence[Endpoint]:
        """Where the encoder sends to, keys and all: for the creator's eyes only, see `show_key`."""
        found = await self.of(channel)
        return await found.provider.endpoints(found.row.provider_id, key_version=found.row.key_version)

    async def show_key(self, channel: Channel, actor: Actor | None) -> Sequence[Endpoint]:
        """The endpoints with their keys; that they were shown is audited."""
        endpoints = await self.endpoints(channel)
        await self._audit.write("stream_key.shown", actor=actor, subject=f"channel:{channel.id}", channel_id=channel.id)
        return endpoints

    async def rotate_key(self, channel: Channel, actor: Actor | None) -> None:
        """Make a new key; the old one is refused and whoever sends with it is cut off."""
        found = await self.of(channel)
        version = found.row.key_version + 1
        async with self._db.transaction():
            await Ingest.filter(id=found.row.id).update(key_version=version)
            await record(
                IngestKeyRotated(ingest_id=found.row.id, channel_id=channel.id, key_version=version),
                subject=f"ingest:{found.row.id}",
                actor=actor.user_id if actor else None,
                channel=channel.id,
            )
            await self._audit.write(
                "stream_key.rotated", actor=actor, subject=f"channel:{channel.id}", channel_id=channel.id
            )
            await self._control.send("ingest.rotated", {"ingest_id": str(found.row.id), "key_version": version})
        await found.provider.rotate_key(found.row.provider_id, key_version=version)

    async def rehearse(self, channel: Channel, actor: Actor | None, *, on: bool) -> None:
        """Make what is sent next a rehearsal, or public again; what is on now stays as it is.

        The switch holds until it is turned off: an encoder that comes back after a break is never public by surprise.
        Raises Unavailable where the provider can't rehearse.
        """
        found = await self._rehearsing(channel)
        if found.row.rehearsal != on:
            await self._switch(channel, found.row, actor, on=on)

    async def go_public(self, channel: Channel, actor: Actor | None) -> None:
        """End the rehearsal, and let what the same encoder goes on sending be a public broadcast."""
        found = await self._rehearsing(channel)
        await self._switch(channel, found.row, actor, on=False)
        assert isinstance(found.provider, Rehearsing), "the caller found out"
        await found.provider.go_public(found.row.provider_id)

    async def _rehearsing(self, channel: Channel) -> IngestAndProvider:
        found = await self.of(channel)
        if not isinstance(found.provider, Rehearsing):
            raise Unavailable(f"The streaming provider “{found.provider.name}” has no rehearsals.")
        return found

    async def _switch(self, channel: Channel, row: Ingest, actor: Actor | None, *, on: bool) -> None:
        async with self._db.transaction():
            await Ingest.filter(id=row.id).update(rehearsal=on)
            await record(
                RehearsalSwitched(channel_id=channel.id, on=on),
                subject=f"ingest:{row.id}",
                actor=actor.user_id if actor else None,
                channel=channel.id,
            )

    async def end(self, channel: Channel) -> None:
        """End what is live on the channel, at once, whichever provider carries it."""
        for row in await Ingest.filter(channel_id=channel.id):
            provider = self._providers.streaming(row.provider)
            if provider is not None:
                await provider.end_broadcast(row.provider_id)

    async def health(self, channel: Channel) -> IngestHealth | None:
        """What comes in now; None where the provider can't tell."""
        found = await self.of(channel)
        if StreamCap.HEALTH not in found.provider.capabilities:
            return None
        return await found.provider.health(found.row.provider_id)
