"""The upgrade request: who may open a socket, from where, and whose address counts."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aethex_live.realtime import handshake
from aethex_live.realtime.addresses import Addresses
from aethex_live.realtime.errors import UpgradeRefused

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
TARGET = "/socket.io/?EIO=4&transport=websocket"


def request(target: str = TARGET, method: str = "GET", **headers: str) -> handshake.Request:
    wanted = {
        "host": "live.example",
        "sec-websocket-version": "13",
        "sec-websocket-key": KEY,
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in wanted.items() if value)]
    return handshake.parse("\r\n".join(lines).encode() + b"\r\n\r\n")


def status_of(found: handshake.Request, *origins: str) -> int:
    try:
        handshake.check(found, origins)
    except UpgradeRefused as error:
        return error.status
    return 101


def test_the_answer_to_the_example_of_the_rfc() -> None:
    answer, compressed = handshake.accept(request(), compress=True)
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in answer
    assert not compressed
    assert b"Extensions" not in answer


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (request(), 101),
        (request(method="POST"), 426),
        (request(sec_websocket_version="8"), 426),
        (request(sec_websocket_key=""), 400),
        (request(sec_websocket_key="c2hvcnQ="), 400),
        (request(sec_websocket_key="not base64!"), 400),
        (request("/socket.io/?EIO=3&transport=websocket"), 400),
        (request("/socket.io/?transport=websocket"), 400),
        (request("/socket.io/?EIO=4&transport=polling"), 400),
        (request("/socket.io/?EIO=4&transport=websocket&sid=abc"), 400),
        (request(origin="https://evil.example"), 403),
        (request(origin="null"), 403),
    ],
)
def test_only_a_websocket_of_engine_io_4_from_this_site_is_taken(found: handshake.Request, status: int) -> None:
    assert status_of(found) == status


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        ("https://live.example", "live.example", True),
        ("http://live.example:8000", "live.example:8000", True),
        ("https://live.example:443", "live.example", True),
        ("https://LIVE.example", "live.example", True),
        ("http://live.example:8000", "live.example:8001", False),
        ("https://live.example.evil.example", "live.example", False),
        ("https://evil.example/live.example", "live.example", False),
        ("https://live.example:99999", "live.example", False),
        ("file://", "live.example", False),
        ("https://other.example", "live.example", True),
    ],
)
def test_pages_of_this_host_or_a_listed_origin_may_open_a_socket(origin: str, host: str, allowed: bool) -> None:
    headers = {"origin": origin, "host": host}
    assert handshake.origin_allowed(headers, ("https://other.example",)) is allowed


@given(st.binary(max_size=300))
def test_a_request_is_read_or_refused(data: bytes) -> None:
    for raw in (data, b"GET " + data + b"\r\n\r\n"):
        with contextlib.suppress(UpgradeRefused):
            status_of(handshake.parse(raw))
        handshake.target_path(raw)


def test_cookies_are_read_by_name() -> None:
    found = request(cookie='a=1; session="x y=z"; a=2; broken; =empty')
    assert found.cookies == {"a": "1", "session": "x y=z", "": "empty"}


def test_a_refusal_is_a_whole_http_answer() -> None:
    answer = handshake.refusal(UpgradeRefused(429, "Too many.", headers=(("Retry-After", "3"),)))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
    assert b"Retry-After: 3" in head
    assert f"Content-Length: {len(body)}".encode() in head


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.5", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.5", "1.1.1.1, 198.51.100.1, 10.0.0.6", "198.51.100.1"),
        ("10.0.0.5", "forged, words", "10.0.0.5"),
        ("10.0.0.5", "", "10.0.0.5"),
        ("::ffff:10.0.0.5", "198.51.100.1", "198.51.100.1"),
        ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        ("::1", "", "::1"),
        ("", "198.51.100.1", "198.51.100.1"),
    ],
)
def test_the_address_behind_trusted_proxies_counts(peer: str, forwarded: str, expected: str) -> None:
    assert Addresses(("10.0.0.0/8",)).of(peer, forwarded) == expected


def test_without_trusted_proxies_nobody_can_forge_an_address() -> None:
    assert Addresses(()).of("203.0.113.9", "1.2.3.4") == "203.0.113.9"
