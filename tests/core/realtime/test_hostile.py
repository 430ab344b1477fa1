"""Hostile clients: only their own connection ends, with the right code and no traceback; the rest go on."""

import asyncio
import logging
import random
import zlib
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rt_support import RawClient, Site, make_site, masked, serving, until

from aethex_live.realtime.deflate import deflate

TOPIC = "chat:one"


@pytest_asyncio.fixture
async def calm(caplog: pytest.LogCaptureFixture) -> AsyncIterator[Site]:
    """A site with a viewer who must not notice anything, and a log that must stay without tracebacks."""
    caplog.set_level(logging.INFO)
    async with serving(make_site(connect_timeout=0.3, ping_interval_ms=1000, ping_timeout_ms=500)) as site:
        viewer = await RawClient.connect(site.port)
        await viewer.call("subscribe", {"topic": TOPIC})
        # it reads, and so answers pings, all the time
        reading = asyncio.create_task(viewer.lines(1, 30))
        yield site
        site.say(TOPIC, "all well")
        assert (await asyncio.wait_for(reading, 2))[0][1] == "all well"
        await viewer.close()
        await until(lambda: site.engine.connections() == 0)
    assert not [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(bytes((0x81, 0x02)) + b"hi", 1002, id="unmasked"),
        pytest.param(masked(1, b"\xff\xfe"), 1007, id="no UTF-8"),
        pytest.param(masked(1, b"abc"), 1002, id="no packet"),
        pytest.param(masked(1, b"4abc"), 1002, id="no Socket.IO packet"),
        pytest.param(masked(1, b"42{}"), 1002, id="no event"),
        pytest.param(masked(1, b'42abc["x"]'), 1002, id="no ack number"),
        pytest.param(masked(1, b'42["x"' + b"[" * 9000), 1002, id="deep JSON"),
        pytest.param(masked(1, b"40"), 1002, id="connect twice"),
        pytest.param(masked(1, b'42/admin,["x"]'), 1002, id="an event where it is not connected"),
        pytest.param(masked(2, b"binary"), 1003, id="binary"),
        pytest.param(
            masked(1, b'451-["x",{"_placeholder":true,"num":0}]') + masked(1, b'42["x"]'), 1002, id="half an event"
        ),
        pytest.param(bytes((0x81, 0x80 | 127)) + (2**40).to_bytes(8, "big"), 1009, id="a terabyte"),
        pytest.param(masked(1, b"4", final=False) + masked(0, b"", final=False) * 1100, 1008, id="parts for ever"),
        pytest.param(masked(8, b"\x00"), 1002, id="half a close code"),
        pytest.param(masked(9, b"ping") * 1000, 1008, id="flood of pings"),
        pytest.param(masked(1, b"2") * 1000, 1008, id="flood of engine pings"),
    ],
)
async def test_what_is_wrong_closes_with_its_code(calm: Site, data: bytes, code: int) -> None:
    client = await RawClient.connect(calm.port)
    client.writer.write(data)
    assert await client.close_code() == code
    await client.gone()


async def test_a_large_message_before_connect_is_refused(calm: Site) -> None:
    client = await RawClient.open(calm.port)
    client.send("40" + '{"token":"' + "x" * 20_000 + '"}')
    assert await client.close_code() == 1009


async def test_a_bomb_is_not_unpacked(calm: Site) -> None:
    client = await RawClient.connect(
        calm.port, headers={"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    )
    assert "permessage-deflate; server_no_context_takeover; client_no_context_takeover" in client.head
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packer.compress(b"4" * 100_000_000) + packer.flush(zlib.Z_SYNC_FLUSH)
    client.writer.write(masked(1, bomb[:-4], rsv=0x40))
    assert await client.close_code() == 1009


async def test_a_compressed_event_is_taken(calm: Site) -> None:
    client = await RawClient.connect(calm.port, headers={"Sec-WebSocket-Extensions": "permessage-deflate"})
    event = b'42["open.note",{"topic":"chat:one","text":"packed"}]'
    client.writer.write(masked(1, deflate(event), rsv=0x40))
    await until(lambda: calm.order == ["packed"])
    await client.close()


async def test_a_handshake_and_then_silence_is_closed(calm: Site) -> None:
    client = await RawClient.open(calm.port)
    assert await client.close_code(3) == 1008
    await client.gone(3)
    assert calm.engine.metrics["connect_timeouts"] == 1


async def test_a_client_that_answers_no_ping_is_closed(calm: Site) -> None:
    client = await RawClient.connect(calm.port)
    assert await client.close_code(4) == 1001
    await client.gone(3)


async def test_a_peer_that_never_answers_the_close_is_cut_off(calm: Site) -> None:
    client = await RawClient.connect(calm.port)
    client.writer.write(masked(1, b"junk"))
    assert await client.close_code() == 1002
    for _ in range(20):
        client.writer.write(masked(1, b"more junk"))
    await client.gone(4)


async def test_a_bye_is_answered(calm: Site) -> None:
    client = await RawClient.connect(calm.port)
    client.writer.write(masked(8, b"\x03\xe8bye"))
    assert await client.close_code() == 1000
    await client.gone()


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"headers": {"Origin": "https://evil.example"}}, 403),
        ({"headers": {"Sec-WebSocket-Version": "7"}}, 426),
        ({"headers": {"Sec-WebSocket-Key": "x"}}, 400),
        ({"path": "/socket.io/?EIO=3&transport=websocket"}, 400),
        ({"path": "/socket.io/?EIO=4&transport=websocket&sid=stolen"}, 400),
        ({"headers": {"X-Junk": "j" * 40_000}}, 431),
    ],
)
async def test_upgrades_that_are_not_taken_are_answered_over_http(
    calm: Site, options: dict[str, object], status: int
) -> None:
    client = await RawClient.open(calm.port, **options)  # type: ignore[arg-type]
    assert client.status == status
    await client.gone()
    assert calm.engine.connections() == 1, "only the viewer is counted"


async def test_one_address_can_not_take_all_connections() -> None:
    async with serving(make_site(max_connections_per_address=3)) as site:
        clients = [await RawClient.open(site.port) for _ in range(3)]
        refused = await RawClient.open(site.port)
        assert refused.status == 429
        assert "retry-after: 30" in refused.head.lower()
        await clients.pop().close()
        await until(lambda: site.engine.connections() == 2)
        clients.append(await RawClient.open(site.port))
        assert clients[-1].status == 101
        for client in clients:
            await client.close()


async def test_a_full_site_says_so() -> None:
    async with serving(make_site(max_connections=1)) as site:
        client = await RawClient.open(site.port)
        assert (await RawClient.open(site.port)).status == 503
        await client.close()


async def test_random_junk_in_any_state_leaves_the_others_alone(calm: Site) -> None:
    chance = random.Random(7)
    kinds = [
        b"",
        b"40",
        b'42["subscribe",{"topic":"chat:one"}]',
        b'420["x"]',
        b"41",
        b"3",
        b"2",
        b"6",
        b"5",
        b"1",
    ]
    for _ in range(150):
        client = await RawClient.open(calm.port)
        for _ in range(chance.randint(0, 6)):
            junk = chance.choice([*kinds, chance.randbytes(chance.randint(0, 200))])
            frame = masked(chance.choice([1, 1, 1, 2, 0, 8, 9, 10, 5]), junk, final=chance.random() < 0.9)
            client.writer.write(frame[: chance.choice([len(frame), len(frame), chance.randint(0, len(frame))])])
        if chance.random() < 0.5:
            await asyncio.sleep(0)
        await client.close()


@given(st.lists(st.binary(max_size=120), max_size=5))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bytes_of_any_kind_close_and_nothing_else(parts: list[bytes]) -> None:
    """The session layer without a network: whatever comes, nothing is raised."""
    from rt_support import offline_connection

    site, connection = offline_connection()
    for part in parts:
        site.engine._sessions.received(connection, part)
    for part in parts:
        site.engine._sessions.received(connection, masked(1, part))
