"""Asking vendors what is true: of streams that are believed live, and of recordings that are waited for."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from aethex_live.domain import webhook_store as store
from aethex_live.domain.vendor_streams import SHUT, WATCH, VendorStreams
from aethex_live.domain.webhook_store import Source
from aethex_live.errors import Unavailable
from aethex_live.hookspecs import providers as specs
from aethex_live.jobs import OutboxCall, OutboxHandler, Schedule
from aethex_live.models import Broadcast, Ingest, ProviderState, Recording
from aethex_live.providers import NotFound, ProviderError
from aethex_live.providers.kinds import Kind
from aethex_live.providers.streaming import (
    LiveState,
    LiveStatus,
    ProviderRecording,
    Recordings,
    StreamCap,
    StreamProvider,
    Watching,
)

if TYPE_CHECKING:
    from aethex_live._runtime.registry import Providers
    from aethex_live._runtime.verbs import HookCaller
    from aethex_live.clock import Clock
    from aethex_live.db import Database

AT_ONCE: Final = 200  # things of one provider that are asked about in a round
SETTLED: Final = 8  # steps after which a state that is neither live nor idle is left to the hourly round
PATIENCE: Final = timedelta(minutes=5)  # in which a vendor makes a recording ready and tells so
SEEN: Final = timedelta(minutes=15)  # creators who were here may be about to go live

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Round:
    """What a round of asking came to: things asked about, those that were corrected, vendors that did not answer."""

    asked: int = 0
    corrected: int = 0
    silent: int = 0


class Reconciliation:
    """Compares our rows with what vendors say, and corrects ours. Several processes may do it at once."""

    def __init__(
        self, db: Database, clock: Clock, providers: Providers, streams: VendorStreams, hooks: HookCaller
    ) -> None:
        self._db = db
        self._clock = clock
        self._providers = providers
        self._streams = streams
        self._hooks = hooks
        self._lost: set[UUID] = set()

    def handlers(self) -> list[OutboxHandler]:
        """Who asks about one ingest, and who ends at a vendor what may not be shown."""
        return [OutboxHandler(WATCH, self._watch, attempts=3), OutboxHandler(SHUT, self._shut)]

    def schedules(self) -> list[Schedule]:
        """The hourly round, and a short one for vendors that never tell by themselves."""
        return [
            Schedule("core.reconcile_providers", timedelta(hours=1), self._hourly, timeout_s=600),
            Schedule("core.watch_silent_providers", timedelta(seconds=30), self._look, timeout_s=60),
        ]

    async def run(self) -> Round:
        """Ask about all that is believed live and all that is waited for, then have plugins do the same."""
        done = Round()
        for name in self._providers.names(Kind.STREAMING):
            provider = self._providers.streaming(name)
            if can_watch(provider):
                await self._ask_all(await _believed_live(name), done)
            if isinstance(provider, Recordings) and StreamCap.RECORDINGS in provider.capabilities:
                await self._recordings(name, provider, done)
        await self._end_forgotten(done)
        await self._hooks.notify(specs.reconcile_providers)
        return done

    async def _end_forgotten(self, done: Round) -> None:
        """End what no provider can tell the end of: it was live at one that is not set up any more.

        At the second round of a process that finds it so: an hour in safe mode, or without a key, ends nothing.
        """
        rows = await Broadcast.exclude(state="ended").limit(AT_ONCE)
        lost = {row.id: row for row in rows if self._providers.owner(Kind.STREAMING, row.provider) is None}
        for row_id in lost.keys() & self._lost:
            log.warning("%s, where broadcast %s was live, is not set up any more", lost[row_id].provider, row_id)
            done.asked += 1
            done.corrected += bool(await self._streams.forgotten(lost[row_id]))
        self._lost = set(lost)

    async def _hourly(self) -> None:
        done = await self.run()
        if done.asked:
            log.info("asked vendors about %d things, corrected %d, %d without an answer", *_figures(done))

    async def _look(self) -> None:
        """Find streams of vendors without events: of creators who are here, and those that are live already."""
        for name in self._providers.names(Kind.STREAMING):
            provider = self._providers.streaming(name)
            if provider is None or not can_watch(provider) or StreamCap.EVENTS in provider.capabilities:
                continue
            since = self._clock.now() - SEEN
            here = Ingest.filter(provider=name, enabled=True, channel__owner__last_seen_at__gt=since)
            rows = {row.id: row for row in [*await here.limit(AT_ONCE), *await _believed_live(name)]}
            await self._ask_all(list(rows.values()), Round())

    async def _ask_all(self, ingests: Sequence[Ingest], done: Round) -> None:
        for ingest in ingests:
            done.asked += 1
            try:
                done.corrected += bool(await self.correct(ingest))
            except ProviderError as error:
                done.silent += 1
                log.warning("%s was asked about an ingest: %s", ingest.provider, error)

    async def correct(self, ingest: Ingest) -> str:
        """Ask about an ingest and correct our rows; what was wrong, "" when nothing. Raises ProviderError."""
        asked_at = self._clock.now()
        state = await self._state(ingest)
        async with self._db.transaction():
            await store.lock(self._db, Source("streaming", ingest.provider), ingest.provider_id)
            told = ProviderState.filter(kind="streaming", provider=ingest.provider, subject=ingest.provider_id)
            if await told.filter(family="ingest", occurred_at__gt=asked_at).exists():
                return ""  # the vendor has told something newer meanwhile
            return await self._streams.asked(ingest, state)

    async def _state(self, ingest: Ingest) -> LiveState:
        provider = self._providers.streaming(ingest.provider)
        if not isinstance(provider, Watching):
            raise Unavailable(f"The streaming provider “{ingest.provider}” can't be asked at the moment.")
        try:
            return await provider.live_state(ingest.provider_id)
        except NotFound:
            return LiveState(status=LiveStatus.IDLE)

    async def _watch(self, call: OutboxCall) -> None:
        """One look at an ingest about which something changed; the next one later, until it is plain how it stands."""
        ingest = await Ingest.get_or_none(id=UUID(str(call.payload["ingest"])))
        provider = self._providers.streaming(ingest.provider) if ingest else None
        if ingest is None or not can_watch(provider):
            return
        state = await self._state(ingest)
        async with self._db.transaction():
            await store.lock(self._db, Source("streaming", ingest.provider), ingest.provider_id)
            await self._streams.asked(ingest, state)
            step = int(call.payload["step"]) + 1
            if step < SETTLED and not await _is_plain(ingest, state.status):
                await self._streams.watch(ingest, step=step)

    async def _recordings(self, name: str, provider: Recordings, done: Round) -> None:
        over = self._clock.now() - PATIENCE
        rows = Recording.filter(provider=name, state="processing", broadcast__ended_at__lt=over)
        for row in await rows.order_by("created_at").limit(AT_ONCE):
            done.asked += 1
            try:
                found = await _recording(provider, row.provider_id)
            except ProviderError as error:
                done.silent += 1
                log.warning("%s was asked about a recording: %s", name, error)
                continue
            async with self._db.transaction():
                await store.lock(self._db, Source("streaming", name), row.provider_id)
                said = await (self._streams.found(found) if found else self._streams.lost(row))
            done.corrected += bool(said)

    async def _shut(self, call: OutboxCall) -> None:
        """End at its vendor what may not be shown. Raises Unavailable while its plugin is off."""
        ingest = await Ingest.get_or_none(id=UUID(str(call.payload["ingest"])))
        if ingest is None:
            return
        provider = self._providers.streaming(ingest.provider)
        if provider is None:
            raise Unavailable(f"The streaming provider “{ingest.provider}” is off; switch its plugin on.")
        with suppress(NotFound):  # without an ingest nothing is live
            await provider.end_broadcast(ingest.provider_id)


def can_watch(provider: StreamProvider | None) -> bool:
    """Whether a provider can be asked how an ingest stands."""
    return isinstance(provider, Watching) and StreamCap.STATE in provider.capabilities


async def _believed_live(provider: str) -> list[Ingest]:
    """Ingests that are live by our rows, or of which something was heard that leads there."""
    live = Broadcast.filter(provider=provider, ingest_id__isnull=False).exclude(state="ended").limit(AT_ONCE)
    ids = {row["ingest_id"] for row in await live.values("ingest_id")}
    open_states = ProviderState.filter(kind="streaming", provider=provider, family="ingest")
    begun = open_states.filter(type__in=("ingest.connected", "broadcast.started")).order_by("-occurred_at")
    subjects = [row["subject"] for row in await begun.limit(AT_ONCE).values("subject")]
    rows = Ingest.filter(provider=provider)
    found = [*await rows.filter(id__in=list(ids)), *await rows.filter(provider_id__in=subjects)]
    return list({row.id: row for row in found}.values())


async def _is_plain(ingest: Ingest, status: LiveStatus) -> bool:
    """Whether what the vendor answers fits what it told last, so that nothing more is to be waited for."""
    told = ProviderState.filter(kind="streaming", provider=ingest.provider, subject=ingest.provider_id, family="ingest")
    last = await told.first()
    ends = {
        "ingest.connected": LiveStatus.LIVE,
        "ingest.disconnected": LiveStatus.IDLE,
        "ingest.failed": LiveStatus.IDLE,
    }
    awaited = ends.get(last.type) if last else None
    return status in {LiveStatus.LIVE, LiveStatus.IDLE} and awaited in {None, status}


async def _recording(provider: Recordings, recording_id: str) -> ProviderRecording | None:
    try:
        return await provider.get_recording(recording_id)
    except NotFound:
        return None


def _figures(done: Round) -> tuple[int, int, int]:
    return done.asked, done.corrected, done.silent
