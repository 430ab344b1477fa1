"""An RTMP connection: what an encoder is told, and how long it may take."""

import asyncio
import struct

import pytest
from stream_kit import KEY, FakeTime, Wire, command, hello, media_bytes, opening, stream

from aethex_plugins.stream_local.chunks import ACKNOWLEDGEMENT, encode_message
from aethex_plugins.stream_local.errors import MediaRejected
from aethex_plugins.stream_local.ports import Refusal
from aethex_plugins.stream_local.rtmp import RtmpConnection
from aethex_plugins.stream_local.rtmp_server import KeyGuard, RtmpLimits, RtmpServer


class Sink:
    """A session that keeps what comes."""

    def __init__(self):
        self.tags = []
        self.end = None
        self.error = None

    def media(self, kind, timestamp, body):
        if self.error:
            raise self.error
        self.tags.append((kind, timestamp, bytes(body)))

    def ended(self, clean):
        assert self.end is None
        self.end = clean


class Stage:
    """A listener without sockets."""

    def __init__(self, **limits):
        self.time = FakeTime()
        self.sink = Sink()
        self.keys = []
        self.delay = asyncio.Event()
        self.delay.set()
        self.server = RtmpServer(self.admit, self.time, RtmpLimits(**limits))

    async def admit(self, key, publisher):
        self.keys.append(key)
        await self.delay.wait()
        return self.sink if key == KEY else Refusal("This stream key is not right.", "BadName")

    def connect(self, address="192.0.2.7"):
        connection, wire = RtmpConnection(self.server), Wire(address)
        connection.connection_made(wire)
        return connection, wire

    async def open(self, *data, address="192.0.2.7"):
        connection, wire = self.connect(address)
        for piece in data:
            connection.data_received(piece)
            for _ in range(6):
                await asyncio.sleep(0)
        return connection, wire


@pytest.fixture
def stage():
    return Stage()


async def test_the_right_key_is_told_that_it_is_live_and_its_media_arrives(stage):
    tags = list(stream(1))
    _, wire = await stage.open(opening(), media_bytes(iter(tags)))
    assert wire.written[0] == 3
    assert [code for _, code, _ in wire.answers()] == [
        "NetConnection.Connect.Success",
        None,
        "NetStream.Publish.Start",
    ]
    assert stage.sink.tags == [(kind, ms, bytes(body)) for kind, ms, body in tags]


async def test_the_handshake_echoes_what_the_encoder_sent(stage):
    greeting = hello()
    _, wire = await stage.open(greeting[:700], greeting[700:])
    assert len(wire.written) == 1 + 1536 + 1536
    assert wire.written[-1536:] == greeting[1:]


async def test_all_of_it_byte_by_byte_is_the_same(stage):
    wire_bytes = opening() + media_bytes(stream(0.2))
    connection, _ = stage.connect()
    for n in range(len(wire_bytes)):
        connection.data_received(wire_bytes[n : n + 1])
        if n % 64 == 0 or connection._admission is not None:
            for _ in range(4):
                await asyncio.sleep(0)
    assert len(stage.sink.tags) == len(list(stream(0.2)))


async def test_what_comes_before_the_answer_waits_for_it(stage):
    stage.delay.clear()
    connection, wire = await stage.open(opening() + media_bytes(stream(0.5)))
    assert wire.paused
    assert stage.sink.tags == []
    stage.delay.set()
    for _ in range(6):
        await asyncio.sleep(0)
    assert not wire.paused
    assert len(stage.sink.tags) == len(list(stream(0.5)))
    assert not connection.closed


async def test_a_wrong_key_is_told_so_and_the_connection_ends(stage):
    _, wire = await stage.open(opening("wrong"))
    assert wire.answers()[-1] == ("onStatus", "NetStream.Publish.BadName", "This stream key is not right.")
    assert wire.ended


async def test_the_key_ends_at_a_question_mark_and_is_in_no_log(stage, caplog):
    caplog.set_level("DEBUG")
    await stage.open(opening(KEY + "?backup=1"))
    await stage.open(opening("a-wrong-key-too"))
    assert stage.keys == [KEY, "a-wrong-key-too"]
    assert KEY not in caplog.text
    assert "a-wrong-key-too" not in caplog.text


async def test_another_application_is_told_what_the_address_should_be(stage):
    _, wire = await stage.open(opening(app="stream"))
    name, code, words = wire.answers()[-1]
    assert (name, code) == ("_error", "NetConnection.Connect.Rejected")
    assert "must end in /live" in words
    assert stage.keys == []


async def test_who_wants_to_play_is_shown_the_way(stage):
    _, wire = await stage.open(hello() + bytes(1536) + command("connect", 1.0, {"app": "live"}) + command("play", 2.0))
    assert "open the channel's page" in wire.answers()[-1][2]


async def test_media_that_is_refused_is_answered_with_the_reason(stage):
    stage.sink.error = MediaRejected("HEVC can't be taken: set H.264.")
    connection, wire = await stage.open(opening(), media_bytes(stream(1)))
    assert wire.answers()[-1] == ("onStatus", "NetStream.Publish.Rejected", "HEVC can't be taken: set H.264.")
    assert stage.sink.end is False
    # what still comes is swallowed, the answer is not followed by a reset
    connection.data_received(media_bytes(stream(1)))
    assert not wire.gone


@pytest.mark.parametrize("name", ["FCUnpublish", "deleteStream", "closeStream"])
async def test_a_goodbye_is_a_clean_end(stage, name):
    connection, _ = await stage.open(opening(), command(name, 9.0, None, size=4096))
    assert stage.sink.end is True
    connection.connection_lost(None)


async def test_a_broken_connection_is_no_clean_end(stage):
    connection, _ = await stage.open(opening())
    connection.connection_lost(ConnectionResetError())
    assert stage.sink.end is False
    assert stage.server.connections == 0


async def test_an_encoder_that_is_gone_unnoticed_can_be_sent_away(stage, monkeypatch):
    connection, wire = await stage.open(opening())

    def gone():
        raise OSError(107, "Transport endpoint is not connected")

    monkeypatch.setattr(wire, "write_eof", gone)
    connection.dismiss("Another encoder took over.")
    assert wire.gone
    assert stage.sink.end is False
    assert stage.server.connections == 0


async def test_a_connection_that_breaks_while_its_key_is_checked_publishes_nothing(stage):
    stage.delay.clear()
    connection, _ = await stage.open(opening())
    connection.connection_lost(None)
    stage.delay.set()
    await asyncio.sleep(0.01)
    assert stage.sink.tags == []
    assert stage.server.connections == 0


async def test_a_gate_that_fails_is_no_open_gate(stage, monkeypatch):
    async def broken(key, publisher):
        raise ConnectionError("the database is away")

    monkeypatch.setattr(stage.server, "_admit", broken)
    _, wire = await stage.open(opening())
    assert "can't check stream keys" in wire.answers()[-1][2]


async def test_received_bytes_are_acknowledged(stage):
    connection, wire = await stage.open(opening())
    for _ in range(4):
        connection.data_received(media_bytes(iter([(9, 0, bytearray(b"\x27\x01\0\0\0" + bytes(900_000)))])))
    told = [int.from_bytes(body, "big") for kind, body in wire.messages() if kind == ACKNOWLEDGEMENT]
    assert len(told) == 1
    assert 2_500_000 <= told[0] < 3_700_000


@pytest.mark.parametrize(
    "data",
    [b"GET / HTTP/1.1\r\n\r\n", hello() + bytes(1536) + b"\x03" + bytes(3) + b"\x4c\x4b\x40\x14" + bytes(4)],
    ids=["HTTP", "a command of 5 MB"],
)
async def test_what_is_not_rtmp_is_cut_off_at_once(stage, data):
    connection, wire = await stage.open(data)
    assert wire.gone
    assert connection.closed


async def test_publishing_twice_or_out_of_order_is_cut_off(stage):
    again = command("publish", 9.0, None, KEY, "live", size=4096)
    _, wire = await stage.open(opening(), again)
    assert wire.gone
    _, early = await stage.open(hello() + bytes(1536) + command("publish", 1.0, None, KEY, "live"))
    assert early.gone


# --- time and number


async def test_silence_is_cut_off_after_its_time(stage):
    silent = (await stage.open())[1]
    shaken = (await stage.open(hello() + bytes(1536)))[1]
    live = (await stage.open(opening()))[1]
    stage.time.advance(4.9)
    stage.server.sweep()
    assert (silent.gone, shaken.gone, live.gone) == (False, False, False)
    stage.time.advance(0.2)
    stage.server.sweep()
    assert (silent.gone, shaken.gone, live.gone) == (True, False, False)
    stage.time.advance(5)
    stage.server.sweep()
    assert (shaken.gone, live.gone) == (True, False)
    stage.time.advance(5)
    stage.server.sweep()
    assert live.gone
    assert stage.sink.end is False


async def test_a_slow_trickle_does_not_stretch_the_handshake(stage):
    connection, wire = stage.connect()
    for byte in hello()[:50]:
        connection.data_received(bytes((byte,)))
        stage.time.advance(0.11)
        stage.server.sweep()
    assert wire.gone


async def test_who_was_sent_away_and_stays_is_cut_off_after_two_seconds(stage):
    _, wire = await stage.open(opening("wrong"))
    stage.time.advance(2.1)
    stage.server.sweep()
    assert wire.gone


async def test_only_so_many_connect_in_all_and_from_one_address():
    stage = Stage(connections=4, per_address=2)
    wires = [stage.connect("192.0.2.1")[1] for _ in range(3)] + [stage.connect(f"192.0.2.{n}")[1] for n in range(2, 6)]
    assert [wire.gone for wire in wires] == [False, False, True, False, False, True, True]


async def test_places_are_given_back():
    stage = Stage(per_address=1)
    for _ in range(5):
        connection, wire = stage.connect()
        assert not wire.gone
        connection.connection_lost(None)
    assert stage.server.connections == 0


async def test_who_has_shown_a_right_key_takes_no_place_of_its_address():
    stage = Stage(per_address=2)
    for _ in range(5):
        _, wire = await stage.open(opening())
        assert wire.answers()[-1][1] == "NetStream.Publish.Start"
    strangers = [stage.connect()[1] for _ in range(3)]
    assert [wire.gone for wire in strangers] == [False, False, True]


async def test_guessing_keys_becomes_slow_and_other_addresses_are_free(stage):
    for _ in range(5):
        connection, _ = await stage.open(opening("wrong"))
        connection.connection_lost(None)
    connection, wire = await stage.open(opening())
    assert "Too many wrong stream keys" in wire.answers()[-1][2]
    assert KEY not in stage.keys
    _, other = await stage.open(opening(), address="192.0.2.9")
    assert other.answers()[-1][1] == "NetStream.Publish.Start"


def test_the_pause_after_wrong_keys_doubles_and_ends():
    time = FakeTime()
    guard = KeyGuard(RtmpLimits(), time)
    waits = []
    for _ in range(16):
        guard.failed("a")
        waits.append(guard.wait("a"))
    assert waits[:4] == [0.0] * 4
    assert waits[4:8] == [2.0, 4.0, 8.0, 16.0]
    assert max(waits) == 300.0
    time.advance(301)
    assert guard.wait("a") == 0.0
    guard.succeeded("a")
    guard.failed("a")
    assert guard.wait("a") == 0.0


async def test_a_chunk_size_message_counts_for_what_follows(stage):
    data = opening(size=128) + encode_message(1, struct.pack(">I", 50_000), chunk_id=2)
    _, wire = await stage.open(data, media_bytes(stream(1), 50_000))
    assert not wire.gone
    assert len(stage.sink.tags) == len(list(stream(1)))
