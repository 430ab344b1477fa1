"""Engine.IO 4 alone, case by case as its protocol's test suite has them: with an echo in the place of Socket.IO."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from polling_support import PollClient, polling
from rt_support import RawClient, Site, make_site, masked, serving, until

from aethex_live.realtime.connection import Connection
from aethex_live.realtime.errors import ProtocolError
from aethex_live.realtime.frames import Opcode, encode

INTERVAL, TIMEOUT = 0.3, 0.2
WEBSOCKET = "EIO=4&transport=websocket"


@pytest_asyncio.fixture
async def echo(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """A site that sends every message back, with the times that the suite expects."""
    site = make_site(ping_interval_ms=int(INTERVAL * 1000), ping_timeout_ms=int(TIMEOUT * 1000), max_payload=1_000_000)

    def message(connection: Connection, data: str | bytes, **_: Any) -> None:
        if isinstance(data, bytes):
            connection.send(encode(Opcode.BINARY, data))
        else:
            connection.write(b"4" + data.encode())

    monkeypatch.setattr(site.engine._sessions, "_message", message)
    async with serving(site):
        yield site


@pytest_asyncio.fixture
async def client(echo: Site) -> AsyncIterator[PollClient]:
    """A client of the echo that is not yet open."""
    async with polling(echo) as client:
        yield client


async def open_socket(site: Site, query: str = WEBSOCKET) -> RawClient:
    return await RawClient.open(site.port, path=f"/socket.io/?{query}")


def check_opening(opening: dict[str, Any], upgrades: list[str]) -> None:
    assert set(opening) == {"sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"}
    assert isinstance(opening["sid"], str)
    assert opening["upgrades"] == upgrades
    assert (opening["pingInterval"], opening["pingTimeout"], opening["maxPayload"]) == (300, 200, 1_000_000)


async def test_polling_opens_a_session(client: PollClient) -> None:
    await client.open()
    check_opening(client.opening, ["websocket"])


@pytest.mark.parametrize(
    ("method", "query", "code"),
    [
        ("GET", "transport=polling", 5),
        ("GET", "EIO=abc&transport=polling", 5),
        ("GET", "EIO=4", 0),
        ("GET", "EIO=4&transport=abc", 0),
        ("POST", "EIO=4&transport=polling", 2),
        ("PUT", "EIO=4&transport=polling", 2),
        ("GET", "EIO=4&transport=polling&sid=unknown", 1),
        ("POST", "EIO=4&transport=polling&sid=unknown", 1),
    ],
)
async def test_polling_refuses_what_is_no_handshake(client: PollClient, method: str, query: str, code: int) -> None:
    status, text = await client.request(method, query)
    assert status == 400
    assert f'"code":{code},' in text


async def test_a_websocket_opens_a_session(echo: Site) -> None:
    import json

    socket = await open_socket(echo)
    packet = await socket.text()
    assert packet[0] == "0"
    check_opening(json.loads(packet[1:]), [])
    await socket.close()


@pytest.mark.parametrize(
    "query", ["transport=websocket", "EIO=abc&transport=websocket", "EIO=4", "EIO=4&transport=abc"]
)
async def test_a_websocket_without_the_right_parameters_is_closed(echo: Site, query: str) -> None:
    socket = await open_socket(echo, query)
    assert socket.status == 400
    await socket.gone()


@pytest.mark.parametrize("payload", ["4test1", "4test1\x1e4test2\x1e4test3", "4test1\x1ebAQIDBA==", "4é✓"])
async def test_polling_carries_text_and_binary_both_ways(client: PollClient, payload: str) -> None:
    await client.open()
    assert await client.post(payload.encode()) == (200, "ok")
    assert await client.get() == (200, payload)


async def test_polling_closes_the_session_at_an_invalid_packet(client: PollClient) -> None:
    await client.open()
    assert (await client.post("abc"))[0] == 400
    assert (await client.get())[0] == 400


async def test_polling_closes_the_session_when_two_requests_wait(client: PollClient) -> None:
    await client.open()
    first = asyncio.create_task(client.get())
    await asyncio.sleep(0.005)
    await until(lambda: any(polled.polled for polled in client.site.engine._gate.polled.values()))
    assert (await client.get())[0] == 400
    assert await first == (200, "1")
    assert (await client.get())[0] == 400


async def test_a_websocket_carries_text_and_binary_both_ways(echo: Site) -> None:
    socket = await open_socket(echo)
    await socket.text()
    socket.send("4test")
    assert await socket.text() == "4test"
    socket.writer.write(masked(2, b"\x01\x02\x03\x04"))
    assert await socket.frame() == (2, b"\x01\x02\x03\x04")
    await socket.close()


async def test_a_websocket_is_closed_at_an_invalid_packet(echo: Site) -> None:
    socket = await open_socket(echo)
    socket.send("abc")
    await socket.close_code()
    await socket.gone()


async def test_polling_pings_and_lives_on_pongs(client: PollClient) -> None:
    await client.open()
    for _ in range(3):
        assert await client.get() == (200, "2")
        assert await client.post("3") == (200, "ok")


async def test_polling_without_a_pong_ends_the_session(client: PollClient) -> None:
    await client.open()
    await asyncio.sleep(INTERVAL + TIMEOUT + 0.02)
    assert (await client.get())[0] == 400


async def test_a_websocket_pings_and_lives_on_pongs(echo: Site) -> None:
    socket = await open_socket(echo)
    await socket.frame()
    for _ in range(3):
        assert await socket.frame() == (1, b"2")
        socket.send("3")
    await socket.close()


async def test_a_websocket_without_a_pong_is_closed(echo: Site) -> None:
    socket = await open_socket(echo)
    assert await socket.close_code(2) == 1001
    await socket.gone(3)


async def test_polling_can_be_closed_by_the_client(client: PollClient) -> None:
    await client.open()
    waiting = asyncio.create_task(client.get())
    await until(lambda: any(polled.polled for polled in client.site.engine._gate.polled.values()))
    assert await client.post("1") == (200, "ok")
    assert await waiting == (200, "6")
    assert (await client.get())[0] == 400
    assert client.site.engine.connections() == 0


async def test_a_websocket_can_be_closed_by_the_client(echo: Site) -> None:
    socket = await open_socket(echo)
    socket.send("1")
    await socket.gone(3)
    await until(lambda: echo.engine.connections() == 0)


async def test_a_session_moves_from_polling_to_a_websocket(client: PollClient) -> None:
    await client.open()
    socket = await client.upgraded()
    socket.send("4hello")
    assert await socket.text() == "4hello"
    await socket.close()
    await until(lambda: client.site.engine.connections() == 0)


async def test_requests_find_no_session_after_the_upgrade(client: PollClient) -> None:
    await client.open()
    socket = await client.upgraded()
    await until(lambda: client.site.engine.metrics["upgrades"])
    assert (await client.get())[0] == 400
    assert (await client.post("4x"))[0] == 400
    socket.send("4hello")
    assert await socket.text() == "4hello"
    await socket.close()


async def test_a_second_websocket_is_closed_and_the_first_lives_on(client: PollClient) -> None:
    await client.open()
    socket = await client.upgraded()
    socket.send("4hello")
    assert await socket.text() == "4hello"
    second = await open_socket(client.site, f"{WEBSOCKET}&sid={client.sid}")
    assert second.status == 400
    await second.gone()
    socket.send("4hello")
    assert await socket.text() == "4hello"
    await socket.close()


async def test_a_waiting_request_is_let_go_at_the_probe_and_a_later_one_at_once(client: PollClient) -> None:
    await client.open()
    waiting = asyncio.create_task(client.get())
    await until(lambda: any(polled.polled for polled in client.site.engine._gate.polled.values()))
    socket = await client.probe()
    assert await waiting == (200, "6")
    assert await client.get() == (200, "6")
    await socket.close()


async def test_an_attempt_that_fails_leaves_the_session_to_polling(client: PollClient) -> None:
    await client.open()
    socket = await client.probe()
    socket.send("4not yet")
    assert await socket.close_code() == 1002
    await socket.gone()
    assert await client.post("4hello") == (200, "ok")
    assert await client.get() == (200, "4hello")
    again = await client.upgraded()
    again.send("4x")
    assert await again.text() == "4x"
    await again.close()


async def test_an_upgrade_without_a_probe_is_none(client: PollClient) -> None:
    await client.open()
    socket = await open_socket(client.site, f"{WEBSOCKET}&sid={client.sid}")
    socket.send("5")
    assert await socket.close_code() == 1002
    assert await client.post("4x") == (200, "ok")


def test_a_broken_base64_is_a_broken_protocol() -> None:
    from aethex_live.realtime.polling import _packets

    with pytest.raises(ProtocolError):
        list(_packets(b"bAQ!"))
