"""What players get of a live broadcast: playlists, parts and segments of the window, older ones from disk."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl

from aethex_live.hookspecs.web import Ready

from .broadcast import Broadcast
from .dvr import unzipped
from .files import send_file
from .http_replies import FOREVER, JPEG, MINUTE, NEVER, PLAYLIST, VIDEO, Reply, Scope, headers, ready
from .window import LiveWindow

MEDIA: Final = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,4}))?\.m4s")
INIT: Final = re.compile(r"init([0-9]{1,6})\.mp4")
NOTHING: Final = "There is no such media."
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_HINT_WAIT: Final = 3.0
_FIRST_WAIT: Final = 6.0


class LiveReplies:
    """Answers <name> of a broadcast, or of one of its renditions."""

    def __init__(self, *, waiting_per_address: int) -> None:
        self._most = waiting_per_address
        self.waiting: Counter[str] = Counter()

    async def answer(self, scope: Scope, reply: Reply, broadcast: Broadcast, rendition: str, name: str) -> None:
        """Answer one request that was let in."""
        if rendition:
            await self._rendition(scope, reply, broadcast, rendition, name)
        elif match := MEDIA.fullmatch(name):
            msn = int(match[1])
            if match[2] is not None:
                await self._part(scope, reply, broadcast.window, msn, int(match[2]))
            else:
                await self._segment(reply, broadcast, msn)
        elif name.endswith(".m3u8"):
            await self._playlist(scope, reply, broadcast, name)
        elif match := INIT.fullmatch(name):
            await self._init(reply, broadcast, int(match[1]))
        elif name == "poster.jpg" and broadcast.poster is not None:
            await reply.data(broadcast.poster, JPEG, NEVER)
        else:
            await reply.refuse(404, NOTHING)

    def at_once(self, window: LiveWindow, name: str) -> Ready | None:
        """What `answer` would give of the window without waiting and without a file."""
        if name == "index.m3u8":
            return ready(PLAYLIST, NEVER, window.low_latency()) if window.playable else None
        match = MEDIA.fullmatch(name)
        part = window.part(int(match[1]), int(match[2])) if match is not None and match[2] is not None else None
        return ready(VIDEO, MINUTE, part.data) if part is not None else None

    # --- playlists

    async def _playlist(self, scope: Scope, reply: Reply, broadcast: Broadcast, name: str) -> None:
        if name == "event.m3u8" and broadcast.kept:
            await send_file(reply, broadcast.folder / name, PLAYLIST, NEVER)
        elif name == "dvr.m3u8":
            await self._dvr(scope, reply, broadcast)
        elif name == "master.m3u8":
            await self._master(scope, reply, broadcast)
        elif name in ("index.m3u8", "live.m3u8", "plain.m3u8"):
            await self._window_playlist(scope, reply, broadcast.window, name)
        else:
            await reply.refuse(404, NOTHING)

    async def _window_playlist(self, scope: Scope, reply: Reply, window: LiveWindow, name: str) -> None:
        if name == "index.m3u8" and scope["query_string"]:
            await self._blocking_playlist(scope, reply, window)
        elif not window.playable:
            await reply.refuse(404, "The first segment is not there yet: ask again in a second.")
        else:
            body = window.low_latency() if name == "index.m3u8" else window.plain()
            await reply.data(body, PLAYLIST, NEVER)

    async def _dvr(self, scope: Scope, reply: Reply, broadcast: Broadcast) -> None:
        """The last hours; not where recording stopped, since the list would stop too."""
        recorder, window = broadcast.recorder, broadcast.window
        if broadcast.dvr is None or recorder is None or recorder.incomplete or not broadcast.kept:
            await reply.refuse(404, "This broadcast can't be rewound.")
            return
        try:
            packed = await broadcast.dvr.playlist(broadcast.folder, window.target, ended=window.ended)
        except OSError:
            await reply.refuse(404, "The first segment is not there yet: ask again in a second.")
            return
        if accepts_gzip(scope):
            fields = headers(PLAYLIST, NEVER, len(packed))
            await reply.start(200, [*fields, (b"content-encoding", b"gzip"), (b"vary", b"accept-encoding")])
            await reply.end(packed)
        else:
            await reply.data(unzipped(packed), PLAYLIST, NEVER)

    async def _master(self, scope: Scope, reply: Reply, broadcast: Broadcast) -> None:
        """All qualities; what the ladder makes is waited for, a moment only."""
        for rendition in broadcast.renditions.expected():
            await self._wait_playable(scope, rendition.window)
        if not broadcast.window.playable:
            await reply.refuse(404, "The first segment is not there yet: ask again in a second.")
        else:
            await reply.data(broadcast.renditions.master(), PLAYLIST, NEVER)

    async def _rendition(self, scope: Scope, reply: Reply, broadcast: Broadcast, rendition: str, name: str) -> None:
        window = broadcast.renditions.window(rendition)
        if window is None:
            await reply.refuse(404, "This quality is not on offer.")
        elif match := MEDIA.fullmatch(name):
            await self._rendition_media(scope, reply, window, int(match[1]), match[2])
        elif match := INIT.fullmatch(name):
            data = window.init(int(match[1]))
            await (reply.data(data, VIDEO, FOREVER) if data is not None else reply.refuse(404, NOTHING))
        elif name in ("index.m3u8", "live.m3u8"):
            await self._wait_playable(scope, window)
            await self._window_playlist(scope, reply, window, name)
        else:
            await reply.refuse(404, NOTHING)

    async def _rendition_media(
        self, scope: Scope, reply: Reply, window: LiveWindow, msn: int, part: str | None
    ) -> None:
        if part is not None:
            await self._part(scope, reply, window, msn, int(part))
        elif (segment := window.segment(msn)) is not None:
            await reply.pieces((piece.data for piece in segment.parts), segment.size, VIDEO, FOREVER)
        else:
            await reply.refuse(404, NOTHING)

    async def _blocking_playlist(self, scope: Scope, reply: Reply, window: LiveWindow) -> None:
        """The low-latency playlist as soon as it holds what `_HLS_msn` and `_HLS_part` ask for."""
        asked = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        number, part = asked.get("_HLS_msn"), asked.get("_HLS_part")
        if number is None and part is None:
            number = "0"
        wrong = number is None or not _NUMBER.fullmatch(number) or (part and not _NUMBER.fullmatch(part))
        if number is None or wrong or part == "" or int(number) > window.next_msn + 2:
            await reply.refuse(400, "_HLS_msn and _HLS_part must be numbers, not far ahead of the stream.")
            return
        index = int(part) if part is not None else None
        await self._wait(scope, window, int(number), index, 3.0 * window.target)
        if window.ended or (window.has(int(number), index) and window.playable):
            await reply.data(window.low_latency(), PLAYLIST, NEVER)
        else:
            await reply.refuse(503, "The stream pauses: ask again.", (b"retry-after", b"1"))

    # --- media

    async def _part(self, scope: Scope, reply: Reply, window: LiveWindow, msn: int, index: int) -> None:
        part = window.part(msn, index)
        if part is None and window.is_next(msn, index):
            await self._wait(scope, window, msn, index, _HINT_WAIT)
            part = window.part(msn, index)
        if part is None:
            await reply.refuse(404, NOTHING)
        else:
            await reply.data(part.data, VIDEO, MINUTE)

    async def _segment(self, reply: Reply, broadcast: Broadcast, msn: int) -> None:
        segment = broadcast.window.segment(msn)
        if segment is not None:
            await reply.pieces((part.data for part in segment.parts), segment.size, VIDEO, FOREVER)
        elif broadcast.kept:
            await send_file(reply, broadcast.folder / f"{msn}.m4s", VIDEO, FOREVER)
        else:
            await reply.refuse(404, NOTHING)

    async def _init(self, reply: Reply, broadcast: Broadcast, index: int) -> None:
        data = broadcast.window.init(index)
        if data is not None:
            await reply.data(data, VIDEO, FOREVER)
        elif broadcast.kept:
            await send_file(reply, broadcast.folder / f"init{index}.mp4", VIDEO, FOREVER)
        else:
            await reply.refuse(404, NOTHING)

    # --- waiting

    async def _wait(self, scope: Scope, window: LiveWindow, msn: int, part: int | None, seconds: float) -> None:
        """Wait until the part is there; not at all for an address that has too many requests waiting."""
        await self._wait_until(scope, window, lambda: window.ended or window.has(msn, part), seconds)

    async def _wait_playable(self, scope: Scope, window: LiveWindow) -> None:
        await self._wait_until(scope, window, lambda: window.playable, _FIRST_WAIT)

    async def _wait_until(self, scope: Scope, window: LiveWindow, ready: Callable[[], bool], seconds: float) -> None:
        if ready():
            return
        # behind a proxy the core knows the visitor's address, the socket does not
        address = scope.get("aethex.address") or (scope["client"][0] if scope.get("client") else "")
        if self.waiting[address] >= self._most:
            return
        self.waiting[address] += 1
        try:
            await window.waiters.wait(ready, seconds)
        finally:
            self.waiting[address] -= 1
            if not self.waiting[address]:
                del self.waiting[address]


def accepts_gzip(scope: Scope) -> bool:
    """Whether the player unpacks gzip; all browsers do."""
    return any(name == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"])
