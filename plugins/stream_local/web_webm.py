"""WebM of a browser without WebCodecs, through one ffmpeg a connection, to tags. It dies with the connection."""

from __future__ import annotations

import asyncio
import logging
import os
from collections import deque
from pathlib import Path
from typing import Final

from .errors import MediaRejected, ProtocolError
from .web_flv import FlvReader
from .web_frames import Put

log = logging.getLogger(__name__)

_STUCK_S: Final = 10.0
_FAREWELL_S: Final = 3.0
_PIECE: Final = 1 << 16
_TOLD: Final = 4096
_UNREADABLE: Final = "This browser's recording can't be read: reload the page, or use another browser."
_STUCK: Final = "This machine is too busy to convert your picture: choose a lower quality, or use another browser."


class WebmFeed:
    """A running ffmpeg: WebM in by `write`, tags out by `put`. End it with `close`, whatever happened."""

    def __init__(self, process: asyncio.subprocess.Process, put: Put) -> None:
        self._process = process
        self._reader = FlvReader(put)
        self._said: deque[bytes] = deque(maxlen=16)
        self._failure: Exception | None = None
        create = asyncio.get_running_loop().create_task
        self._tasks = [create(self._read(), name="webm tags"), create(self._listen(), name="webm errors")]

    @classmethod
    async def start(cls, ffmpeg: Path, put: Put, *, video: bool, audio: bool, kbps: int) -> WebmFeed:
        """Start ffmpeg. Raises MediaRejected when it does not start."""
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                str(ffmpeg),
                *arguments(video=video, audio=audio, kbps=kbps),
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                start_new_session=True,
            )
        except OSError as error:
            log.warning("ffmpeg can't be started: %s", error)
            raise MediaRejected("This site can't convert your picture just now: use another browser.") from error
        try:
            os.setpriority(os.PRIO_PROCESS, process.pid, 5)
        except OSError as error:
            log.debug("ffmpeg keeps its priority: %s", error)
        return cls(process, put)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    async def write(self, data: memoryview) -> None:
        """Hand on a piece; waits while ffmpeg is behind. Raises MediaRejected when it can't go on."""
        self._check()
        assert self._process.stdin is not None, "it was started with a pipe"
        try:
            self._process.stdin.write(data)
            async with asyncio.timeout(_STUCK_S):
                await self._process.stdin.drain()
        except TimeoutError:
            raise MediaRejected(_STUCK) from None
        except OSError:
            raise MediaRejected(_UNREADABLE) from None
        self._check()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    async def close(self, *, politely: bool) -> None:
        """End ffmpeg; `politely` lets it hand out what it holds, at most three seconds long."""
        try:
            if politely and self._process.stdin is not None:
                self._process.stdin.close()
                await asyncio.wait(self._tasks, timeout=_FAREWELL_S)
        finally:
            await self._end()

    async def _end(self) -> None:
        """Kill it if it still runs, and read its pipes to their end: only then asyncio knows that it is gone."""
        if self._process.returncode is None:
            self._process.kill()
        try:
            async with asyncio.timeout(_FAREWELL_S):
                await asyncio.gather(*self._tasks, return_exceptions=True)
                await self._process.wait()
        except TimeoutError:
            log.warning("ffmpeg %d was killed, but its pipes did not end", self.pid)

    async def _read(self) -> None:
        """Read to the end, whatever becomes of it."""
        assert self._process.stdout is not None, "it was started with a pipe"
        while data := await self._process.stdout.read(_PIECE):
            if self._failure is None:
                self._take(data)
        self._failure = self._failure or MediaRejected(_UNREADABLE)

    def _take(self, data: bytes) -> None:
        try:
            self._reader.feed(data)
        except MediaRejected as refusal:
            self._failure = refusal
        except ProtocolError as error:
            self._failure = MediaRejected(_UNREADABLE)
            log.warning("ffmpeg's tags can't be read: %s", error)

    async def _listen(self) -> None:
        """Keep the end of what it says: it must not block on a full pipe."""
        assert self._process.stderr is not None, "it was started with a pipe"
        while data := await self._process.stderr.read(_TOLD):
            self._said.append(data)
        if self._process.returncode and self._said:
            log.info("ffmpeg ended: %s", self.said)

    @property
    def said(self) -> str:
        """The end of what ffmpeg said."""
        return b"".join(self._said)[-_TOLD:].decode("utf-8", "replace").strip()


def arguments(*, video: bool, audio: bool, kbps: int) -> list[str]:
    """ffmpeg's command line: from a pipe to a pipe, with keyframes every two seconds and AAC."""
    picture_kbps = min(max(kbps, 200), 6000)
    rate = f"{picture_kbps}k"
    picture = [
        *("-map", "0:v:0", "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency"),
        *("-force_key_frames", "expr:gte(t,n_forced*2)", "-g", "120", "-sc_threshold", "0"),
        *("-b:v", rate, "-maxrate", rate, "-bufsize", rate, "-pix_fmt", "yuv420p", "-fps_mode", "cfr", "-r", "30"),
        *("-vf", "scale=trunc(iw/2)*2:trunc(ih/2)*2"),
    ]
    sound = ["-map", "0:a:0", "-c:a", "aac", "-b:a", "128k", "-ar", "48000", "-ac", "2", "-af", "aresample=async=1000"]
    return [
        *("-hide_banner", "-nostdin", "-loglevel", "warning", "-protocol_whitelist", "pipe"),
        *("-probesize", "200000", "-analyzeduration", "500000", "-f", "matroska", "-i", "pipe:0"),
        *(picture if video else ()),
        *(sound if audio else ()),
        *("-flush_packets", "1", "-flvflags", "no_duration_filesize", "-f", "flv", "pipe:1"),
    ]
