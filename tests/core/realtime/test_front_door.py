"""The short way in takes plain upgrades of the first request alone; whatever else comes goes uvicorn's way."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rt_support import RawClient, Site, make_site, serving

from aethex_live.realtime import front_door
from aethex_live.realtime.front_door import is_upgrade

PLAIN = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
    b"Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


async def answer(site: Site, *parts: bytes) -> bytes:
    """The first line that answers these bytes, sent one after the other."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0)
    async with asyncio.timeout(10):
        line = await reader.readline()
    writer.close()
    return line


def test_what_browsers_send_is_an_upgrade() -> None:
    assert is_upgrade(PLAIN)
    assert is_upgrade(PLAIN.replace(b"Upgrade: websocket", b"upgrade: WebSocket"))


@pytest.mark.parametrize(
    "changed",
    [
        PLAIN[:-2],
        PLAIN + b"\x81",
        PLAIN + PLAIN,
        PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"),
        PLAIN.replace(b"Upgrade: websocket\r\n", b""),
        PLAIN.replace(b"Upgrade: websocket", b"Upgrade: h2c"),
        PLAIN.replace(b"Connection: keep-alive, Upgrade\r\n", b""),
        PLAIN.replace(b"keep-alive, Upgrade", b"close"),
        PLAIN.replace(b"Host: a", b"Host: a\nCookie: aethex=b"),
    ],
    ids=["cut", "more", "two", "1.0", "no upgrade", "h2c", "no connection", "close", "bare newline"],
)
def test_other_requests_are_none(changed: bytes) -> None:
    assert not is_upgrade(changed)


@given(st.binary(max_size=200))
def test_any_bytes_can_be_asked_about(data: bytes) -> None:
    assert not is_upgrade(data) or data.endswith(b"\r\n\r\n")


async def test_both_ways_let_a_client_in() -> None:
    async with serving(make_site()) as site:
        whole = await answer(site, PLAIN)
        in_parts = await answer(site, PLAIN[:40], PLAIN[40:])
        assert whole == in_parts == b"HTTP/1.1 101 Switching Protocols\r\n"


async def test_both_ways_refuse_alike() -> None:
    async with serving(make_site()) as site:
        wrong = PLAIN.replace(b"Version: 13", b"Version: 8")
        assert (
            await answer(site, wrong)
            == await answer(site, wrong[:40], wrong[40:])
            == b"HTTP/1.1 426 Upgrade Required\r\n"
        )


async def test_an_upgrade_behind_another_request_goes_the_usual_way() -> None:
    async with serving(make_site()) as site:
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        async with asyncio.timeout(10):
            assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
            await reader.readuntil(b"\r\n\r\nok")
            writer.write(PLAIN)
            assert await reader.readline() == b"HTTP/1.1 101 Switching Protocols\r\n"
        writer.close()


async def test_other_addresses_keep_their_websockets() -> None:
    async with serving(make_site()) as site:
        line = await answer(site, PLAIN.replace(b"/socket.io/?EIO=4&transport=websocket", b"/echo"))
        assert line == b"HTTP/1.1 101 Switching Protocols\r\n"


async def test_a_client_that_came_by_the_short_way_is_counted_out_again() -> None:
    async with serving(make_site()) as site:
        client = await RawClient.connect(site.port)
        assert site.engine.connections() == 1
        await client.close()
        async with asyncio.timeout(10):
            while site.engine.connections():
                await asyncio.sleep(0.01)


async def test_who_says_nothing_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front_door, "SILENCE_SECONDS", 0.1)
    async with serving(make_site()) as site:
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        async with asyncio.timeout(10):
            assert await reader.read() == b""
        writer.close()


async def test_who_says_nothing_holds_no_server() -> None:
    async with serving(make_site()) as site:
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        assert (await answer(site, PLAIN)).startswith(b"HTTP/1.1 101")
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    writer.close()
