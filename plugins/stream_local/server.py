"""The streaming server of this process: listener, hub, origin, still pictures."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from aethex_live.errors import StartError

from .broadcast import HubSettings
from .ffmpeg import Ffmpeg, find_ffmpeg
from .hub import Hub
from .ladder import RUNGS, Ladders, NoLadders
from .openness import RecordingOpenness
from .origin import Origin
from .playtokens import PlayTokens
from .ports import Gate, Journal, LoopTime
from .rtmp_server import RtmpServer
from .settings import StreamLocalSettings
from .thumbnails import Thumbnails
from .tls import Certificate

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OriginGuard:
    """Who may load what is not public; without it there is nothing private. `site` is the origin of the pages."""

    tokens: PlayTokens | None = None
    openness: RecordingOpenness | None = None
    site: str = "null"


def _certificate_of(settings: StreamLocalSettings) -> Certificate | None:
    if settings.rtmps_port is None or settings.rtmps_certificate is None or settings.rtmps_key is None:
        return None
    return Certificate(settings.rtmps_certificate, settings.rtmps_key)


class StreamingServer:
    """Everything that takes streams in and hands media out."""

    def __init__(
        self,
        settings: StreamLocalSettings,
        media: Path,
        gate: Gate,
        journal: Journal,
        new_id: Callable[[], UUID],
        ffmpeg: Path | None,
        *,
        guard: OriginGuard | None = None,
    ) -> None:
        time = LoopTime()
        guard = guard or OriginGuard()
        self.media = media
        self._settings = settings
        self._ffmpeg = ffmpeg
        self._lock: int | None = None
        self._thumbnails: Thumbnails | None = None
        self._ladders: Ladders | None = None
        hub_settings: HubSettings = settings.hub(media)
        self.hub = Hub(hub_settings, gate, journal, time, new_id)
        self.rtmp = RtmpServer(self.hub.open, time)
        self._certificate = _certificate_of(settings)
        self.origin = Origin(
            self.hub,
            waiting_per_address=settings.waiting_per_address,
            tokens=guard.tokens,
            openness=guard.openness,
            site=guard.site,
        )

    async def start(self, *, listen: bool = True) -> list[UUID]:
        """Recover what a crash left, then listen; returns the recovered broadcasts. Raises StartError.

        Without `listen` what was recorded can be watched, and nobody can go live.
        """
        self._take_folder()
        try:
            recovered = await self.hub.start()
            await self._start_ffmpeg_work()
            if listen:
                await self._listen()
        except OSError as error:
            await self.stop()
            raise StartError(self._reason(error)) from error
        except StartError:
            await self.stop()
            raise
        return recovered

    async def _listen(self) -> None:
        host = self._settings.rtmp_host
        if self._certificate is not None:
            await asyncio.to_thread(self._certificate.load)
        await self.rtmp.start(host, self._settings.rtmp_port)
        log.info("taking streams on rtmp://%s:%d/live", host, self.rtmp.port)
        if self._certificate is None or self._settings.rtmps_port is None:
            return
        try:
            await self.rtmp.start_secure(host, self._settings.rtmps_port, self._certificate.context)
        except OSError as error:
            reason = error.strerror or str(error)
            raise StartError(
                f"RTMPS can't listen on {host}:{self._settings.rtmps_port} ({reason}): set another port as "
                "AETHEX_STREAM_LOCAL__RTMPS_PORT."
            ) from error
        self._certificate.watch()
        log.info("taking streams on rtmps://%s:%d/live", host, self.rtmp.secure_port)

    async def stop(self) -> None:
        """End all broadcasts and give everything back; may be called twice."""
        if self._thumbnails is not None:
            await self._thumbnails.stop()
        if self._certificate is not None:
            await self._certificate.stop()
        # first the hub, which tells encoders why, then their connections
        await self.hub.close()
        if self._ladders is not None:
            await self._ladders.closed()
        await self.rtmp.stop()
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)

    def _take_folder(self) -> None:
        """Two servers on one media folder would take each other's broadcasts for left-overs of a crash."""
        try:
            self.media.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.media / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StartError(self._reason(error)) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            self._lock = None
            raise StartError(
                f"Another server uses the media folder {self.media}: stop it, or set another folder as "
                "AETHEX_STREAM_LOCAL__MEDIA."
            ) from error

    def _reason(self, error: OSError) -> str:
        host, port = self._settings.rtmp_host, self._settings.rtmp_port
        if error.errno == errno.EADDRINUSE:
            return (
                f"The RTMP port {port} on {host} is in use by another program: stop that program, or set "
                "another port as AETHEX_STREAM_LOCAL__RTMP_PORT."
            )
        if error.errno in (errno.EADDRNOTAVAIL, errno.EACCES) and error.filename is None:
            return (
                f"RTMP can't listen on {host}:{port} ({os.strerror(error.errno)}): set an address and "
                "port of this machine as AETHEX_STREAM_LOCAL__RTMP_HOST and _RTMP_PORT."
            )
        return f"The media folder {self.media} can't be used: {error.strerror or error}. Check its rights."

    async def _start_ffmpeg_work(self) -> None:
        path = await find_ffmpeg(self._ffmpeg)
        rungs = [RUNGS[name] for name in self._settings.ladder]
        if path is None:
            log.info("no still pictures and no smaller qualities are made: there is no ffmpeg")
            if rungs:
                self.hub.ladders = NoLadders("there is no ffmpeg on this machine")
            return
        if rungs:
            self.hub.ladders = self._ladders = Ladders(path, rungs, self._settings.ladder_streams)
        if self._settings.thumbnails:
            self._start_thumbnails(path)

    def _start_thumbnails(self, path: Path) -> None:
        self._thumbnails = Thumbnails(Ffmpeg(path), self.hub.broadcasts)
        self.hub.archive.on_recording = self._thumbnails.of_recording
        self._thumbnails.start()
