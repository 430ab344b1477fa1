"""RTMP chunks: messages come out whole however they were cut, and every bound holds."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aethex_plugins.stream_local.chunks import ChunkLimits, ChunkReader, encode_message
from aethex_plugins.stream_local.errors import ProtocolError

BIG = ChunkLimits(media=4 << 20)


def read_all(reader, *pieces):
    found = []
    for piece in pieces:
        reader.feed(piece)
        while (message := reader.read()) is not None:
            found.append((message.kind, message.timestamp, bytes(message.body)))
    return found


def test_a_message_is_the_same_with_its_input_split_at_every_byte():
    picture = encode_message(9, bytes(range(256)) * 2, chunk_id=4, timestamp=0xFFFFFF + 7)
    wire = picture + long_id(70, b"sound") + encode_message(20, b"", chunk_id=3)
    expected = read_all(ChunkReader(BIG), wire)
    assert [kind for kind, _, _ in expected] == [9, 8, 20]
    assert expected[0] == (9, 0xFFFFFF + 7, bytes(range(256)) * 2)

    for cut in range(len(wire) + 1):
        assert read_all(ChunkReader(BIG), wire[:cut], wire[cut:]) == expected
    assert read_all(ChunkReader(BIG), *(wire[n : n + 1] for n in range(len(wire)))) == expected


def long_id(number, body):
    """A sound with a chunk id above 63, which the writer does not use."""
    return bytes((0, number - 64)) + b"\0\0\x05" + len(body).to_bytes(3, "big") + b"\x08" + bytes(4) + body


def test_the_longest_form_of_a_chunk_id_is_read():
    number = 64 + 300
    wire = bytes((1,)) + (number - 64).to_bytes(2, "little") + b"\0\0\0\0\0\x02\x08" + bytes(4) + b"ab"
    assert read_all(ChunkReader(), wire) == [(8, 0, b"ab")]


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.binary(max_size=900), st.integers(0, 0xFFFFFFFF)), min_size=1, max_size=5),
    st.sampled_from([1, 7, 128, 300, 4096]),
    st.randoms(use_true_random=False),
)
def test_messages_survive_any_chunk_size_and_any_cuts(messages, size, rand):
    wire = encode_message(1, struct.pack(">I", size), chunk_id=2)
    for body, time in messages:
        wire += encode_message(8, body, chunk_id=5, timestamp=time, chunk_size=size)
    cuts = sorted(rand.randrange(len(wire) + 1) for _ in range(6))
    pieces = [wire[a:b] for a, b in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
    assert read_all(ChunkReader(BIG), *pieces) == [(8, time, body) for body, time in messages]


def chunk(form, body=b"", *, time=0, kind=8, chunk_id=4, length=None):
    short = min(time, 0xFFFFFF).to_bytes(3, "big")
    size = (len(body) if length is None else length).to_bytes(3, "big")
    head = {0: short + size + bytes((kind,)) + bytes(4), 1: short + size + bytes((kind,)), 2: short, 3: b""}[form]
    extended = struct.pack(">I", time) if time >= 0xFFFFFF else b""
    return bytes((form << 6 | chunk_id,)) + head + extended + body


def times(*wire):
    return [time for _, time, _ in read_all(ChunkReader(BIG), *wire)]


def test_deltas_add_up_and_a_bare_header_repeats_the_last_one():
    wire = [chunk(0, b"a", time=1000), chunk(1, b"b", time=20), chunk(2, b"c", time=30), chunk(3, b"d")]
    assert times(*wire) == [1000, 1020, 1050, 1080]


def test_a_bare_header_after_a_full_one_adds_its_time_as_ffmpeg_sends_it():
    assert times(chunk(0, b"a", time=21), chunk(3, b"b"), chunk(3, b"c")) == [21, 42, 63]
    assert times(chunk(0, b"a", time=0), chunk(3, b"b")) == [0, 0]


def test_time_goes_on_across_the_24_bit_and_the_32_bit_wrap():
    assert times(chunk(0, b"a", time=0xFFFFF0), chunk(1, b"b", time=40)) == [0xFFFFF0, 0xFFFFF0 + 40]
    assert times(chunk(0, b"a", time=0xFFFFFFF0), chunk(1, b"b", time=40)) == [0xFFFFFFF0, 24]


def test_continuations_repeat_the_extended_timestamp():
    body = bytes(range(200))
    extended = struct.pack(">I", 0x01000000)
    wire = chunk(0, body[:128], time=0x01000000, length=200) + b"\xc4" + extended + body[128:]
    assert read_all(ChunkReader(BIG), wire) == [(8, 0x01000000, body)]


def test_interleaved_chunk_streams_do_not_mix():
    first, second = b"A" * 200, b"B" * 200
    wire = (
        chunk(0, first[:128], length=200, chunk_id=4)
        + chunk(0, second[:128], length=200, chunk_id=5)
        + b"\xc4"
        + first[128:]
        + b"\xc5"
        + second[128:]
    )
    assert [body for _, _, body in read_all(ChunkReader(BIG), wire)] == [first, second]


def test_an_aborted_message_is_forgotten():
    wire = chunk(0, b"x" * 128, length=300) + encode_message(2, struct.pack(">I", 4), chunk_id=2)
    assert read_all(ChunkReader(BIG), wire + chunk(0, b"fresh")) == [(8, 0, b"fresh")]


@pytest.mark.parametrize(
    "wire",
    [
        chunk(3),
        chunk(0, b"x" * 128, length=300) + chunk(0, b"y"),
        chunk(0, kind=20, length=70_000),
        chunk(0, kind=9, length=(4 << 20) + 1),
        encode_message(1, struct.pack(">I", 0), chunk_id=2),
        encode_message(1, struct.pack(">I", (1 << 20) + 1), chunk_id=2),
        encode_message(1, b"\0", chunk_id=2),
        b"".join(chunk(0, b"a", chunk_id=n) for n in range(3, 12)),
        b"".join(chunk(0, b"x" * 128, kind=9, length=4 << 20, chunk_id=n) for n in range(3, 6)),
    ],
    ids=[
        "no full header first",
        "header inside a message",
        "long command",
        "long picture",
        "chunk size 0",
        "huge chunk size",
        "control message cut off",
        "nine chunk streams",
        "many unfinished messages",
    ],
)
def test_what_is_out_of_bounds_is_refused(wire):
    with pytest.raises(ProtocolError):
        read_all(ChunkReader(ChunkLimits(media=4 << 20)), wire)


def test_before_the_key_is_checked_even_media_may_not_be_large():
    with pytest.raises(ProtocolError):
        read_all(ChunkReader(), chunk(0, kind=9, length=70_000))


def test_what_waits_for_the_answer_to_publish_is_bounded():
    reader = ChunkReader()
    reader.feed(bytes(600_000))
    reader.feed(bytes(600_000))
    with pytest.raises(ProtocolError):
        reader.feed(bytes(600_000))
