"""The media origin: an ASGI app that lets in who may load, then answers from memory or from disk."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from aethex_live.hookspecs.web import Ready

from .broadcast import Broadcast
from .http_replies import Receive, Reply, Scope, Send
from .hub import Hub
from .live_replies import NOTHING, LiveReplies
from .openness import OpennessUnknown, RecordingOpenness, always_open
from .playtokens import PlayTokens
from .recording_replies import DOWNLOAD, RecordingReplies

_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TOKEN: Final = re.compile(r"t\.([A-Za-z0-9_=-]{10,64})")
_EXPIRED: Final = "This address has expired: reload the page."
_CLOSED: Final = "This is not public: open it on its page."


class MediaPath(NamedTuple):
    """/<area>/<place>[/t.<token>][/<rendition>]/<name>; the place of live media is <ingest>/<broadcast>."""

    area: str
    place: str
    token: str | None
    rendition: str
    name: str


def parse_path(path: str) -> MediaPath | None:
    """The parts of an address; None for what is none of ours."""
    steps = path.split("/")[1:]
    length = 2 if steps[0] == "live" else 1
    if steps[0] not in ("live", "vod") or len(steps) < length + 2:
        return None
    place, rest = "/".join(steps[1 : length + 1]), steps[length + 1 :]
    match = _TOKEN.fullmatch(rest[0]) if len(rest) > 1 else None
    if match is not None:
        rest = rest[1:]
    if len(rest) > 2 or (len(rest) == 2 and steps[0] == "vod"):
        return None
    return MediaPath(steps[0], place, match[1] if match else None, rest[0] if len(rest) == 2 else "", rest[-1])


class Origin:
    """Answers /live/ and /vod/; GET and HEAD only, for pages of any origin.

    What is not public needs a token in its path, which addresses inside playlists inherit. `site` is the origin of the
    pages; `waiting_per_address` bounds the requests of one address that wait for the next part.
    """

    def __init__(
        self,
        hub: Hub,
        *,
        waiting_per_address: int = 512,
        tokens: PlayTokens | None = None,
        openness: RecordingOpenness | None = None,
        site: str = "null",
    ) -> None:
        self._hub = hub
        self._tokens = tokens
        self._openness = openness or RecordingOpenness(always_open, hub.time.monotonic)
        self._site = site
        self._live = LiveReplies(waiting_per_address=waiting_per_address)
        self._recordings = RecordingReplies()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        reply = Reply(send, head=method == "HEAD")
        if method == "OPTIONS":
            await reply.preflight()
            return
        if method not in ("GET", "HEAD"):
            await reply.refuse(405, "Media can only be read.", (b"allow", b"GET, HEAD, OPTIONS"))
            return
        path = parse_path(scope["path"])
        if path is None:
            await reply.refuse(404, NOTHING)
        elif path.area == "live":
            await self._answer_live(scope, reply, path)
        elif _ID.fullmatch(path.place):
            await self._answer_recording(scope, reply, path)
        else:
            await reply.refuse(404, NOTHING)

    def at_once(self, path: str) -> Ready | None:
        """The playlist or a part of a public live broadcast, when it is in memory; nothing that waits or is private."""
        place, _, name = path.removeprefix("/live/").rpartition("/")
        broadcast = self._hub.find(place)
        if broadcast is None or broadcast.rehearsal:
            return None
        return self._live.at_once(broadcast.window, name)

    async def _answer_live(self, scope: Scope, reply: Reply, path: MediaPath) -> None:
        broadcast: Broadcast | None = self._hub.find(path.place)
        if broadcast is None:
            await reply.refuse(404, "This broadcast is over, or there never was one.")
            return
        if broadcast.rehearsal:
            reply.close_to(self._site)
            if not await self._let_in(reply, f"live/{path.place}", path.token):
                return
        await self._live.answer(scope, reply, broadcast, path.rendition, path.name)

    async def _answer_recording(self, scope: Scope, reply: Reply, path: MediaPath) -> None:
        try:
            openness = await self._openness.of(path.place)
        except OpennessUnknown:
            await reply.refuse(503, "Who may see this can't be found out now: try again.", (b"retry-after", b"5"))
            return
        if openness == "gone":
            await reply.refuse(404, NOTHING)
            return
        if openness == "private" or path.name == DOWNLOAD:
            reply.close_to(self._site)
            area = "download" if path.name == DOWNLOAD else "vod"
            if not await self._let_in(reply, f"{area}/{path.place}", path.token):
                return
        folder = self._hub.recording_folder(path.place)
        await self._recordings.answer(scope, reply, folder, path.name)

    async def _let_in(self, reply: Reply, place: str, token: str | None) -> bool:
        verdict = self._tokens.check(place, token) if self._tokens is not None and token is not None else "wrong"
        if verdict != "good":
            await reply.refuse(403, _EXPIRED if verdict == "expired" else _CLOSED)
        return verdict == "good"
