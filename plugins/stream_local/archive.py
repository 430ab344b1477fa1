"""Recordings: what is left of a broadcast when it is over, and of one that a crash cut off."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

from . import recovery
from .broadcast import Broadcast, HubSettings
from .ports import Ended, RecordingReady, Started, Time, instant
from .recorder import read_meta
from .recovery import RecordingFacts
from .reporter import Reporter

log = logging.getLogger(__name__)

OnRecording = Callable[[UUID, Path], Awaitable[None]]


class Archive:
    """Finishes folders in live/ and moves them to vod/. It stays in live/ until the journal knows of it."""

    def __init__(self, settings: HubSettings, reporter: Reporter, time: Time) -> None:
        self._settings, self._reporter, self._time = settings, reporter, time
        self.on_recording: OnRecording | None = None

    async def recover(self) -> list[UUID]:
        """Finish what a crash left behind; returns the broadcasts. Raises OSError."""
        for folder in (self._settings.live, self._settings.vod):
            await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        folders = await asyncio.to_thread(_live_folders, self._settings.live)
        found = [await self._recover(folder) for folder in folders]
        return [broadcast_id for broadcast_id in found if broadcast_id is not None]

    def finish(self, broadcast: Broadcast) -> None:
        """Make a recording of a broadcast that is over, once its end is written down."""

        async def finish() -> None:
            folder = await self._finish(broadcast.ingest_id, broadcast.id, broadcast.folder)
            if folder is not None:
                broadcast.folder = folder
                broadcast.window.forget_media()

        async def later() -> None:
            # in a line of its own: a disk that is full must not hold up what happens on the ingest next
            self._reporter.then(broadcast.path, finish)

        self._reporter.then(broadcast.ingest_id, later)

    async def delete(self, folder: Path) -> None:
        """Delete a recording's files; unknown ones are no error."""
        await asyncio.to_thread(recovery.discard, folder)

    async def _finish(self, ingest_id: str, broadcast_id: UUID, folder: Path) -> Path | None:
        """Make a folder a recording; may be repeated after any failure. None: nothing to keep."""
        target = self._settings.vod / str(broadcast_id)
        if await asyncio.to_thread(folder.exists):
            facts = await asyncio.to_thread(recovery.finish, folder)
            if facts is None:
                await asyncio.to_thread(recovery.discard, folder)
                return None
            await self._reporter.write(self._ready(ingest_id, broadcast_id, facts))
            await asyncio.to_thread(_move, folder, target)
        if not await asyncio.to_thread(target.exists):
            return None
        if self.on_recording is not None:
            await self.on_recording(broadcast_id, target)
        return target

    def _ready(self, ingest_id: str, broadcast_id: UUID, facts: RecordingFacts) -> RecordingReady:
        return RecordingReady(
            ingest_id,
            broadcast_id,
            instant(self._time.wall()),
            duration=facts.duration,
            size=facts.size,
            width=facts.width,
            height=facts.height,
            has_audio=facts.has_audio,
            incomplete=facts.incomplete,
        )

    async def _recover(self, folder: Path) -> UUID | None:
        """A folder that was live when the server died: end its broadcast and keep what is whole."""
        try:
            broadcast_id = UUID(folder.name)
        except ValueError:
            log.warning("%s is no broadcast's folder and is left alone", folder)
            return None
        ingest_id = folder.parent.name
        meta = await asyncio.to_thread(read_meta, folder)
        facts = await asyncio.to_thread(recovery.finish, folder)
        if facts is None:
            await asyncio.to_thread(recovery.discard, folder)
            return None
        log.warning("broadcast %s was cut off; %.1f s of it are kept", broadcast_id, facts.duration)
        end = facts.end or self._time.wall()
        started = meta.started_at if meta is not None else end - facts.duration
        private = meta is not None and meta.rehearsal
        silent = facts.width is None
        begun = Started(ingest_id, broadcast_id, instant(started), rehearsal=private, audio_only=silent)
        self._reporter.tell(begun)
        self._reporter.tell(Ended(ingest_id, broadcast_id, instant(end), "crash", rehearsal=private))

        async def finish() -> None:
            await self._finish(ingest_id, broadcast_id, folder)

        self._reporter.then(ingest_id, finish)
        return broadcast_id


def _live_folders(live: Path) -> list[Path]:
    return sorted(folder for folder in live.glob("*/*") if folder.is_dir())


def _move(folder: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():  # a backup saw it in both places while it was moved: the one that was finished counts
        recovery.discard(folder)
    else:
        folder.rename(target)
    try:
        folder.parent.rmdir()
    except OSError:
        log.debug("%s holds other broadcasts", folder.parent)
