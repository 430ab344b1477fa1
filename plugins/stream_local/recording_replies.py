"""What players get of a recording, and the recording as one file to download."""

from __future__ import annotations

import asyncio
import html
import re
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, quote

from .download import WholeFile, whole_files
from .files import BadRange, parse_range, send_file
from .http_replies import FOREVER, JPEG, MINUTE, NEVER, PLAYLIST, VIDEO, Reply, Scope, headers
from .live_replies import INIT, MEDIA, NOTHING

DOWNLOAD: Final = "download.mp4"
_PIECE: Final = 512 << 10
_PLAIN: Final = re.compile(r"[^A-Za-z0-9 ._-]")
_NUMBER: Final = re.compile(r"[0-9]{1,6}")
_HTML: Final = b"text/html; charset=utf-8"


class RecordingReplies:
    """Answers <name> of a recording's folder."""

    async def answer(self, scope: Scope, reply: Reply, folder: Path, name: str) -> None:
        """Answer one request that was let in."""
        match = MEDIA.fullmatch(name)
        if name in ("index.m3u8", "event.m3u8"):
            await send_file(reply, folder / "event.m3u8", PLAYLIST, NEVER)
        elif (match and match[2] is None) or INIT.fullmatch(name):
            await send_file(reply, folder / name, VIDEO, FOREVER, scope["headers"])
        elif name == "poster.jpg":
            await send_file(reply, folder / name, JPEG, MINUTE)
        elif name == DOWNLOAD:
            await self._download(scope, reply, folder)
        else:
            await reply.refuse(404, NOTHING)

    async def _download(self, scope: Scope, reply: Reply, folder: Path) -> None:
        asked = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        try:
            files = await asyncio.to_thread(whole_files, folder)
        except OSError:
            files = []
        number = int(asked.get("part", "0")) if _NUMBER.fullmatch(asked.get("part", "0")) else 0
        name = asked.get("name", "")[:120] or "recording"
        if not files or number > len(files):
            await reply.refuse(404, NOTHING)
        elif len(files) > 1 and not number:
            await _choice(reply, len(files), name)
        else:
            label = f"{name} (part {number} of {len(files)})" if len(files) > 1 else name
            await _send_whole(scope, reply, files[max(number, 1) - 1], label)


async def _choice(reply: Reply, count: int, name: str) -> None:
    """One MP4 file holds one setting of the encoder; where that changed there are several."""
    entries = "".join(
        f'<li><a href="?part={index}&amp;name={quote(name)}">Part {index}</a></li>' for index in range(1, count + 1)
    )
    title = html.escape(name)
    page = (
        f'<!doctype html><html lang="en"><title>{title}</title><h1>{title}</h1>'
        f"<p>The encoder's settings changed while this was recorded, so it comes in {count} files.</p>"
        f"<ol>{entries}</ol></html>"
    ).encode()
    await reply.start(200, [*headers(_HTML, NEVER, len(page)), (b"content-security-policy", b"default-src 'none'")])
    await reply.end(page)


async def _send_whole(scope: Scope, reply: Reply, whole: WholeFile, name: str) -> None:
    """The file or a range of it, piece by piece; a range counts only for the file that was begun with."""
    asked: dict[bytes, bytes] = dict(scope["headers"])
    tag = whole.tag
    wanted = asked.get(b"range")
    if asked.get(b"if-range", tag) != tag:
        wanted = None
    try:
        span = parse_range(wanted, whole.size) if wanted is not None else None
    except BadRange:
        size = (b"content-range", b"bytes */%d" % whole.size)
        await reply.refuse(416, "The range lies outside of the file.", size)
        return
    first, last = span or (0, whole.size - 1)
    fields = [*headers(VIDEO, NEVER, last - first + 1), (b"accept-ranges", b"bytes"), (b"etag", tag)]
    fields.append((b"content-disposition", disposition(name)))
    if span is not None:
        fields.append((b"content-range", b"bytes %d-%d/%d" % (first, last, whole.size)))
    await reply.start(200 if span is None else 206, fields)
    while first <= last and not reply.head:
        piece = await asyncio.to_thread(whole.read, first, min(_PIECE, last - first + 1))
        if not piece:
            return  # a file got shorter: the connection ends short of its length, and the client notices
        await reply.more(piece)
        first += len(piece)
    await reply.end()


def disposition(name: str) -> bytes:
    """Content-Disposition for a file of that name: plain letters for old clients, all letters for the others."""
    plain = _PLAIN.sub("_", name)
    return f"attachment; filename=\"{plain}.mp4\"; filename*=UTF-8''{quote(name, safe='')}.mp4".encode("ascii")
