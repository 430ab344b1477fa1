"""The media origin: an ASGI app that answers players from memory, and recordings from disk."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final
from urllib.parse import parse_qsl

from .broadcast import Broadcast
from .files import send_file
from .http_replies import FOREVER, JPEG, MINUTE, NEVER, PLAYLIST, VIDEO, Receive, Reply, Scope, Send
from .hub import Hub
from .window import LiveWindow

_MEDIA: Final = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,4}))?\.m4s")
_INIT: Final = re.compile(r"init([0-9]{1,6})\.mp4")
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HINT_WAIT: Final = 3.0
_NOTHING: Final = "There is no such media."


class Origin:
    """Answers /live/<ingest>/<broadcast>/<name> and /vod/<recording>/<name>; GET and HEAD only.

    `waiting_per_address` bounds the requests of one address that wait for the next part.
    """

    def __init__(self, hub: Hub, *, waiting_per_address: int = 512) -> None:
        self._hub = hub
        self._most = waiting_per_address
        self._waiting: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        reply = Reply(send, head=method == "HEAD")
        if method not in ("GET", "HEAD"):
            await reply.refuse(405, "Media can only be read.", (b"allow", b"GET, HEAD"))
            return
        steps = scope["path"].split("/")
        if len(steps) == 5 and steps[1] == "live":
            await self._live(scope, reply, f"{steps[2]}/{steps[3]}", steps[4])
        elif len(steps) == 4 and steps[1] == "vod" and _ID.fullmatch(steps[2]):
            await self._recording(scope, reply, steps[2], steps[3])
        else:
            await reply.refuse(404, _NOTHING)

    # --- live

    async def _live(self, scope: Scope, reply: Reply, path: str, name: str) -> None:
        broadcast = self._hub.find(path)
        if broadcast is None:
            await reply.refuse(404, "This broadcast is over, or there never was one.")
        elif match := _MEDIA.fullmatch(name):
            msn = int(match[1])
            if match[2] is not None:
                await self._part(scope, reply, broadcast.window, msn, int(match[2]))
            else:
                await self._segment(reply, broadcast, msn)
        elif name.endswith(".m3u8"):
            await self._playlist(scope, reply, broadcast, name)
        elif match := _INIT.fullmatch(name):
            await self._init(reply, broadcast, int(match[1]))
        elif name == "poster.jpg" and broadcast.poster is not None:
            await reply.data(broadcast.poster, JPEG, NEVER)
        else:
            await reply.refuse(404, _NOTHING)

    async def _playlist(self, scope: Scope, reply: Reply, broadcast: Broadcast, name: str) -> None:
        window = broadcast.window
        if name == "event.m3u8" and broadcast.kept:
            await send_file(reply, broadcast.folder / name, PLAYLIST, NEVER)
        elif name not in ("index.m3u8", "live.m3u8", "plain.m3u8"):
            await reply.refuse(404, _NOTHING)
        elif name != "index.m3u8" or not scope["query_string"]:
            if not window.playable:
                await reply.refuse(404, "The first segment is not there yet: ask again in a second.")
            else:
                body = window.low_latency() if name == "index.m3u8" else window.plain()
                await reply.data(body, PLAYLIST, NEVER)
        else:
            await self._blocking_playlist(scope, reply, window)

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

    async def _part(self, scope: Scope, reply: Reply, window: LiveWindow, msn: int, index: int) -> None:
        part = window.part(msn, index)
        if part is None and window.is_next(msn, index):
            await self._wait(scope, window, msn, index, _HINT_WAIT)
            part = window.part(msn, index)
        if part is None:
            await reply.refuse(404, _NOTHING)
        else:
            await reply.data(part.data, VIDEO, MINUTE)

    async def _wait(self, scope: Scope, window: LiveWindow, msn: int, part: int | None, seconds: float) -> None:
        """Wait until the part is there; not at all for an address that has too many requests waiting."""
        # behind a proxy the core knows the visitor's address, the socket does not
        address = scope.get("aethex.address") or (scope["client"][0] if scope.get("client") else "")
        if window.ended or window.has(msn, part) or self._waiting[address] >= self._most:
            return
        self._waiting[address] += 1
        try:
            await window.waiters.wait(lambda: window.ended or window.has(msn, part), seconds)
        finally:
            self._waiting[address] -= 1
            if not self._waiting[address]:
                del self._waiting[address]

    async def _segment(self, reply: Reply, broadcast: Broadcast, msn: int) -> None:
        segment = broadcast.window.segment(msn)
        if segment is not None:
            await reply.pieces((part.data for part in segment.parts), segment.size, VIDEO, FOREVER)
        elif broadcast.kept:
            await send_file(reply, broadcast.folder / f"{msn}.m4s", VIDEO, FOREVER)
        else:
            await reply.refuse(404, _NOTHING)

    async def _init(self, reply: Reply, broadcast: Broadcast, index: int) -> None:
        data = broadcast.window.init(index)
        if data is not None:
            await reply.data(data, VIDEO, FOREVER)
        elif broadcast.kept:
            await send_file(reply, broadcast.folder / f"init{index}.mp4", VIDEO, FOREVER)
        else:
            await reply.refuse(404, _NOTHING)

    # --- recordings

    async def _recording(self, scope: Scope, reply: Reply, recording_id: str, name: str) -> None:
        folder = self._hub.recording_folder(recording_id)
        match = _MEDIA.fullmatch(name)
        if name in ("index.m3u8", "event.m3u8"):
            await send_file(reply, folder / "event.m3u8", PLAYLIST, NEVER)
        elif (match and match[2] is None) or _INIT.fullmatch(name):
            await send_file(reply, folder / name, VIDEO, FOREVER, scope["headers"])
        elif name == "poster.jpg":
            await send_file(reply, folder / name, JPEG, MINUTE)
        else:
            await reply.refuse(404, _NOTHING)
