"""Ingests: where a creator's encoder sends to, and the key that lets it in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID
from weakref import WeakValueDictionary

from aethex_live.actor import Actor
from aethex_live.domain.vendor_streams import SHUT
from aethex_live.errors import Unavailable
from aethex_live.events import record
from aethex_live.events.types import IngestKeyRotated, RehearsalSwitched
from aethex_live.ids import derived_id
from aethex_live.jobs import OutboxCall, OutboxHandler
from aethex_live.models import Broadcast, Channel, Ingest
from aethex_live.providers import NotFound, ProviderError
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
    from aethex_live.jobs import Jobs

ROTATE: Final = "core.rotate_former_key"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IngestAndProvider:
    """An ingest row with the provider that made it."""

    row: Ingest
    provider: StreamProvider


class Ingests:
    """Makes a channel's ingest when it is first asked for, shows and rotates its key.

    A channel has one at each provider that was ever chosen while it was asked for: encoders that were set up before a
    switch go on at the former one.
    """

    def __init__(self, db: Database, providers: Providers, control: Control, audit: Audit, jobs: Jobs) -> None:
        self._db = db
        self._providers = providers
        self._control = control
        self._audit = audit
        self._jobs = jobs
        self._making: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    def handlers(self) -> list[OutboxHandler]:
        """Who replaces keys at providers that were chosen before."""
        return [OutboxHandler(ROTATE, self._rotate_former)]

    async def of(self, channel: Channel) -> IngestAndProvider:
        """The channel's ingest at the chosen provider. Raises Unavailable when streaming is “none”."""
        provider = self._providers.streaming()
        if provider is None:
            raise Unavailable("Streaming is switched off on this site: its streaming provider is “none”.")
        row = await Ingest.filter(channel_id=channel.id, provider=provider.name).first()
        return IngestAndProvider(row or await self._make(channel, provider), provider)

    async def _make(self, channel: Channel, provider: StreamProvider) -> Ingest:
        """One at a time for a channel: a page that is loaded again does not ask the vendor for a second one."""
        lock = self._making.setdefault(channel.id, asyncio.Lock())
        async with lock:
            row = await Ingest.filter(channel_id=channel.id, provider=provider.name).first()
            return row or await self._make_now(channel, provider)

    async def _make_now(self, channel: Channel, provider: StreamProvider) -> Ingest:
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
        """Make a new key; the old one is refused and whoever sends with it is cut off.

        So are the keys of before a switch: a key that got into other hands opens the channel nowhere.
        """
        found = await self.of(channel)
        former = await Ingest.filter(channel_id=channel.id).exclude(id=found.row.id)
        async with self._db.transaction():
            for row in (found.row, *former):
                await self._raise_version(row, actor)
            for row in former:
                await self._jobs.publish(ROTATE, {"ingest": str(row.id)}, plugin="core")
            await self._audit.write(
                "stream_key.rotated", actor=actor, subject=f"channel:{channel.id}", channel_id=channel.id
            )
        await found.provider.rotate_key(found.row.provider_id, key_version=found.row.key_version + 1)

    async def _raise_version(self, row: Ingest, actor: Actor | None) -> None:
        version = row.key_version + 1
        await Ingest.filter(id=row.id).update(key_version=version)
        await record(
            IngestKeyRotated(ingest_id=row.id, channel_id=row.channel_id, key_version=version),
            subject=f"ingest:{row.id}",
            actor=actor.user_id if actor else None,
            channel=row.channel_id,
        )
        await self._control.send("ingest.rotated", {"ingest_id": str(row.id), "key_version": version})

    async def _rotate_former(self, call: OutboxCall) -> None:
        """Replace a key at a provider that was chosen before. Raises Unavailable while its plugin is off."""
        row = await Ingest.get_or_none(id=UUID(str(call.payload["ingest"])))
        if row is None:
            return
        provider = self._providers.streaming(row.provider)
        if provider is None:
            raise Unavailable(f"The streaming provider “{row.provider}” is off; switch its plugin on.")
        if StreamCap.ROTATE_KEY not in provider.capabilities:
            return
        try:
            await provider.rotate_key(row.provider_id, key_version=row.key_version)
        except NotFound:
            return  # it is gone there, and its key with it

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
        """End what is live on the channel, at once, whichever providers carry it.

        Raises what a provider says that can't end a stream now; one where nothing is live does not matter.
        """
        for row, error in await self._end(channel):
            if await Broadcast.filter(ingest_id=row.id).exclude(state="ended").exists():
                raise error

    async def shut(self, channel: Channel) -> None:
        """The same, for a channel that may not be live any more: what can't be ended now is ended by the outbox."""
        for row, _ in await self._end(channel):
            async with self._db.transaction():
                await self._jobs.publish(SHUT, {"ingest": str(row.id)}, plugin="core")

    async def _end(self, channel: Channel) -> list[tuple[Ingest, ProviderError]]:
        """End everywhere; the ingests whose providers can't, with what they say."""
        failed: list[tuple[Ingest, ProviderError]] = []
        for row in await Ingest.filter(channel_id=channel.id):
            provider = self._providers.streaming(row.provider)
            if provider is None:
                continue
            try:
                await provider.end_broadcast(row.provider_id)
            except NotFound:
                continue  # without an ingest nothing is live
            except ProviderError as error:
                log.warning("%s was told to end what is live: %s", row.provider, error)
                failed.append((row, error))
        return failed

    async def health(self, channel: Channel) -> IngestHealth | None:
        """What comes in now, at whichever provider it does; None where the provider can't tell."""
        live = Broadcast.filter(channel_id=channel.id, ingest_id__isnull=False).exclude(state="ended")
        row = await live.order_by("-started_at").select_related("ingest").first()
        provider = self._providers.streaming(row.provider) if row else None
        if row is not None and row.ingest is not None and provider is not None:
            return await _health(IngestAndProvider(row.ingest, provider))
        return await _health(await self.of(channel))


async def _health(found: IngestAndProvider) -> IngestHealth | None:
    if StreamCap.HEALTH not in found.provider.capabilities:
        return None
    return await found.provider.health(found.row.provider_id)
