"""Still pictures of live broadcasts and of recordings, made by ffmpeg where there is one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final
from uuid import UUID

from aethex_live.waiting import end_task

from . import event_file
from .broadcast import Broadcast
from .event_file import write_whole
from .ffmpeg import Ffmpeg, FfmpegFailed

log = logging.getLogger(__name__)

POSTER: Final = "poster.jpg"
_PAUSE: Final = 2.0
_LIMIT: Final = 10.0
_JPEG: Final = [
    "-hide_banner",
    "-loglevel",
    "error",
    "-protocol_whitelist",
    "pipe",
    "-threads",
    "1",
    "-f",
    "mp4",
    "-i",
    "pipe:0",
    "-an",
    "-frames:v",
    "1",
    "-vf",
    "scale=w='min(640,iw)':h=-2",
    "-q:v",
    "5",
    "-f",
    "mjpeg",
    "pipe:1",
]


class Thumbnails:
    """Renews the poster of each live broadcast every `every` seconds; one picture is made at a time."""

    def __init__(self, ffmpeg: Ffmpeg, broadcasts: Callable[[], list[Broadcast]], every: float = 10.0) -> None:
        self._ffmpeg, self._broadcasts, self._every = ffmpeg, broadcasts, every
        self._task: asyncio.Task[None] | None = None
        self._done: dict[UUID, float] = {}

    def start(self) -> None:
        """Begin; `stop` ends it."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """End, and wait for the picture that is being made."""
        await end_task(self._task)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_PAUSE)
            live = [broadcast for broadcast in self._broadcasts() if broadcast.reason is None]
            self._done = {item.id: self._done[item.id] for item in live if item.id in self._done}
            for broadcast in live:
                if self._done.get(broadcast.id, 0.0) <= loop.time() - self._every:
                    await self.renew(broadcast)
                    self._done[broadcast.id] = loop.time()

    async def renew(self, broadcast: Broadcast) -> None:
        """Make the poster of a live broadcast from the first part of its newest segment."""
        segment = broadcast.window.newest()
        init = broadcast.window.init(segment.init) if segment is not None else None
        if segment is None or init is None or broadcast.packager.video is None:
            return
        picture = await self._picture(init + segment.parts[0].data)
        if picture:
            broadcast.poster = picture

    async def of_recording(self, recording_id: UUID, folder: Path) -> None:
        """Make the poster of a recording, from a third of its length; never raises."""
        try:
            data = await asyncio.to_thread(_sample, folder)
            picture = await self._picture(data) if data else b""
            if picture:
                await asyncio.to_thread(write_whole, folder / POSTER, picture)
        except OSError as error:
            log.warning("recording %s gets no poster: %s", recording_id, error)

    async def _picture(self, data: bytes) -> bytes:
        try:
            return await self._ffmpeg.run(_JPEG, data, timeout=_LIMIT)
        except (FfmpegFailed, OSError) as error:
            log.warning("no still picture could be made: %s", error)
            return b""


def _sample(folder: Path) -> bytes:
    """Init segment and segment at a third of the recording; nothing for a recording without a picture."""
    entries, _ = event_file.read(folder / event_file.NAME)
    if not entries:
        return b""
    index = len(entries) // 3
    init = (folder / f"init{event_file.init_of(entries[: index + 1]) or 0}.mp4").read_bytes()
    return init + (folder / f"{entries[index].msn}.m4s").read_bytes() if b"vide" in init else b""
