"""The HTTP request that opens a socket, and its answer."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from aethex_live.realtime import deflate
from aethex_live.realtime.errors import (
    FORBIDDEN,
    UNKNOWN_SID,
    UNKNOWN_TRANSPORT,
    UNSUPPORTED_VERSION,
    UpgradeRefused,
)
from aethex_live.realtime.packets import dumps

MAX_REQUEST = 32_768
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_USUAL = "EIO=4&transport=websocket"
_OWN_SITES = frozenset({"same-origin", "none"})
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class Request:
    """An upgrade request; names of headers are lower case."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies by name; of two with one name the first counts, as browsers send the closest first."""
        found: dict[str, str] = {}
        for part in self.headers.get("cookie", "").split(";"):
            name, separator, value = part.partition("=")
            if separator:
                found.setdefault(name.strip(), value.strip().strip('"'))
        return found


def target_path(data: bytes) -> bytes:
    """The path of a request without its query."""
    line = data[: data.find(b"\r\n")].split(b" ")
    return line[1].partition(b"?")[0] if len(line) == 3 else b""


def parse(data: bytes) -> Request:
    """Read a request; UpgradeRefused when it is none."""
    head, separator, _ = data.partition(b"\r\n\r\n")
    if not separator or len(head) > MAX_REQUEST:
        raise UpgradeRefused(431, f"The request's headers are cut off or larger than {MAX_REQUEST} bytes.")
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3:
        raise UpgradeRefused(400, "This is not an HTTP request.")
    path, _, query = words[1].partition("?")
    return Request(words[0], path, _parameters(query), headers_of(lines))


def _parameters(query: str) -> Mapping[str, list[str]]:
    if query == _USUAL:
        # what every client sends that opens a websocket, bar the time that some add
        return {"EIO": ["4"], "transport": ["websocket"]}
    try:
        return parse_qs(query, max_num_fields=32)
    except ValueError:
        raise UpgradeRefused(400, "The address has too many parameters.") from None


def headers_of(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.strip().lower(), value.strip()
        if name in headers:
            value = headers[name] + ("; " if name == "cookie" else ", ") + value
        headers[name] = value
    return headers


def check(request: Request, origins: tuple[str, ...]) -> None:
    """UpgradeRefused unless this opens a session over a websocket of Engine.IO 4 from an origin that may."""
    check_websocket(request)
    if "sid" in request.query:
        raise unknown_session()
    check_origin(request, origins)


def check_websocket(request: Request) -> None:
    """UpgradeRefused unless this is the upgrade to a websocket of Engine.IO 4."""
    if request.method != "GET" or request.headers.get("sec-websocket-version") != "13":
        raise UpgradeRefused(
            426, "Open this address as a websocket, version 13.", headers=(("Sec-WebSocket-Version", "13"),)
        )
    if not _key_is_valid(request.headers.get("sec-websocket-key", "")):
        raise UpgradeRefused(400, "The header Sec-WebSocket-Key is missing or not 16 bytes in base64.")
    check_engine(request, "websocket")


def check_engine(request: Request, transport: str) -> None:
    """UpgradeRefused unless the address says version 4 and this transport."""
    if request.query.get("EIO") != ["4"]:
        sentence = "Use Engine.IO version 4: the address needs EIO=4."
        raise UpgradeRefused(400, sentence, code=UNSUPPORTED_VERSION)
    if request.query.get("transport") != [transport]:
        sentence = f"Transport unknown: the address needs transport={transport} for a request of this kind."
        raise UpgradeRefused(400, sentence, code=UNKNOWN_TRANSPORT)


def check_origin(request: Request, origins: tuple[str, ...]) -> None:
    """UpgradeRefused when a page of another site is behind the request."""
    headers = request.headers
    if not origin_allowed(headers, origins):
        raise UpgradeRefused(403, f"Pages of {headers['origin'][:100]} may not open a socket here.", code=FORBIDDEN)
    # without an Origin it is a program, our own page, or a picture on somebody else's page
    if "origin" not in headers and headers.get("sec-fetch-site", "none") not in _OWN_SITES:
        raise UpgradeRefused(403, "Pages of other sites may not open a socket here.", code=FORBIDDEN)


def unknown_session() -> UpgradeRefused:
    """No session of this process has the id: clients then begin anew."""
    return UpgradeRefused(400, "Session ID unknown", code=UNKNOWN_SID)


def _key_is_valid(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


def origin_allowed(headers: Mapping[str, str], origins: tuple[str, ...]) -> bool:
    """Whether the page is of this host or a listed one; programs send none and hold no stolen cookies."""
    origin = headers.get("origin")
    if origin is None or "*" in origins or origin.rstrip("/") in {known.rstrip("/") for known in origins}:
        return True
    try:
        page = urlsplit(origin)
        here = urlsplit(f"{page.scheme}://{headers.get('host', '')}")
        default = _DEFAULT_PORTS.get(page.scheme)
        same_port = (page.port or default) == (here.port or default)
    except ValueError:
        return False
    return bool(page.hostname) and page.hostname == here.hostname and same_port


def accept(request: Request, *, compress: bool) -> tuple[bytes, bool]:
    """The answer 101, and whether frames may be compressed."""
    digest = hashlib.sha1(request.headers["sec-websocket-key"].encode() + _GUID, usedforsecurity=False).digest()
    lines = [
        b"HTTP/1.1 101 Switching Protocols",
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest),
    ]
    compressed = compress and deflate.offered(request.headers.get("sec-websocket-extensions", ""))
    if compressed:
        lines.append(b"Sec-WebSocket-Extensions: " + deflate.RESPONSE.encode())
    return b"\r\n".join(lines) + b"\r\n\r\n", compressed


def problem(error: UpgradeRefused) -> bytes:
    """A refusal as a problem, with the members that Engine.IO gives it."""
    members = {"title": HTTPStatus(error.status).phrase, "status": error.status, "detail": str(error)}
    return dumps(members | {"code": error.code, "message": str(error)})


def refusal(error: UpgradeRefused) -> bytes:
    """The answer that refuses an upgrade, as a problem."""
    status = HTTPStatus(error.status)
    body = problem(error)
    headers = [
        f"HTTP/1.1 {error.status} {status.phrase}",
        "Content-Type: application/problem+json",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "Connection: close",
        *(f"{name}: {value}" for name, value in error.headers),
    ]
    return "\r\n".join(headers).encode() + b"\r\n\r\n" + body
