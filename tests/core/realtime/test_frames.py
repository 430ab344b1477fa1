"""Frames: read the same however they are cut, bounded, and wrong ones refused with the right code."""

import contextlib
import itertools
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rt_support import masked

from aethex_live.realtime.deflate import deflate, offered
from aethex_live.realtime.errors import ProtocolError
from aethex_live.realtime.frames import (
    MAX_FRAGMENTS,
    Control,
    Event,
    FrameReader,
    Opcode,
    decode_close,
    encode,
    encode_close,
    unmask,
)

LIMIT = 100_000
texts = st.text(max_size=300)
masks = st.binary(min_size=4, max_size=4)


def read(data: bytes, *, limit: int = LIMIT, deflate: bool = False) -> list[Event]:
    return list(FrameReader(limit, deflate=deflate).feed(data))


def code_of(data: bytes, **options: int) -> int:
    """The close code that the data is refused with."""
    with pytest.raises(ProtocolError) as caught:
        read(data, **options)
    return caught.value.code


def in_parts(payload: bytes, cuts: list[int]) -> bytes:
    """A text message in fragments."""
    bounds = [0, *sorted(cut % (len(payload) + 1) for cut in cuts), len(payload)]
    parts = [payload[a:b] for a, b in itertools.pairwise(bounds)]
    frames = [masked(1 if i == 0 else 0, part, final=i == len(parts) - 1) for i, part in enumerate(parts)]
    return b"".join(frames)


@given(st.lists(st.tuples(texts, masks, st.lists(st.integers(0, 400), max_size=4)), max_size=5), st.data())
def test_messages_are_the_same_however_the_bytes_are_cut(
    messages: list[tuple[str, bytes, list[int]]], data: st.DataObject
) -> None:
    stream = b"".join(in_parts(text.encode(), cuts) for text, _, cuts in messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    reader = FrameReader(LIMIT)
    found: list[Event] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += reader.feed(stream[start:end])
    assert found == [text for text, _, _ in messages]


def test_a_stream_cut_at_every_byte_reads_the_same() -> None:
    stream = (
        masked(1, "é✓".encode() * 50)
        + masked(9, b"are you there")
        + in_parts(b"x" * 700, [100, 300])
        + masked(2, bytes(70_000))
        + masked(8, b"\x03\xe8bye")
    )
    whole = read(stream)
    assert len(whole) == 5
    for cut in [*range(1100), *range(len(stream) - 40, len(stream))]:
        reader = FrameReader(LIMIT)
        assert [*reader.feed(stream[:cut]), *reader.feed(stream[cut:])] == whole
    reader = FrameReader(LIMIT)
    assert [event for byte in stream for event in reader.feed(bytes([byte]))] == whole


@given(st.binary(max_size=400))
def test_garbage_raises_nothing_but_a_protocol_error(data: bytes) -> None:
    for compressed in (False, True):
        with contextlib.suppress(ProtocolError):
            read(data, deflate=compressed)


@given(st.binary(max_size=200), st.integers(0, 15), st.booleans(), st.sampled_from([0, 0x40]))
def test_well_masked_garbage_raises_nothing_else_either(payload: bytes, opcode: int, final: bool, rsv: int) -> None:
    with contextlib.suppress(ProtocolError):
        read(masked(opcode, payload, final=final, rsv=rsv), deflate=True)


@given(st.binary(max_size=100), masks)
def test_unmasking_is_its_own_inverse(payload: bytes, mask: bytes) -> None:
    assert unmask(unmask(payload, mask), mask) == payload
    assert unmask(payload, mask) == bytes(b ^ mask[i % 4] for i, b in enumerate(payload))


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_a_server_frame_has_the_shortest_size_field(size: int) -> None:
    frame = encode(Opcode.TEXT, b"x" * size)
    assert len(frame) - size == (2 if size < 126 else 4 if size < 65_536 else 10)
    assert frame[0] == 0x81
    assert not frame[1] & 0x80, "a server does not mask"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(bytes((0x81, 0x02)) + b"hi", 1002, id="unmasked"),
        pytest.param(masked(1, b"x", rsv=0x40), 1002, id="compressed without agreement"),
        pytest.param(masked(1, b"x", rsv=0x20), 1002, id="reserved bit"),
        pytest.param(masked(3, b"x"), 1002, id="reserved kind"),
        pytest.param(masked(9, b"x", final=False), 1002, id="control in parts"),
        pytest.param(bytes((0x89, 0x80 | 126, 0, 126)), 1002, id="long control"),
        pytest.param(masked(0, b"x"), 1002, id="continuation of nothing"),
        pytest.param(masked(1, b"x", final=False) + masked(1, b"y"), 1002, id="new message within another"),
        pytest.param(bytes((0x81, 0x80 | 126, 0, 5)) + bytes(9), 1002, id="size in two bytes for no need"),
        pytest.param(bytes((0x81, 0x80 | 127)) + (5).to_bytes(8, "big"), 1002, id="and in eight"),
        pytest.param(bytes((0x81, 0x80 | 127)) + b"\xff" * 8, 1002, id="size beyond 63 bits"),
        pytest.param(masked(1, b"\xff\xfe"), 1007, id="no UTF-8"),
        pytest.param(masked(1, b"\xed\xa0\x80"), 1007, id="half a surrogate pair"),
        pytest.param(masked(1, b"\xc3", final=False) + masked(0, b"\x28"), 1007, id="no UTF-8 over two parts"),
        pytest.param(masked(1, b"x", final=False) + masked(0, b"", final=False) * MAX_FRAGMENTS, 1008, id="for ever"),
    ],
)
def test_what_is_wrong_is_refused_with_its_code(data: bytes, code: int) -> None:
    assert code_of(data) == code


def test_too_large_is_refused_before_it_has_arrived() -> None:
    head = bytes((0x82, 0x80 | 127)) + (LIMIT + 1).to_bytes(8, "big")
    assert code_of(head) == 1009
    parts = masked(2, bytes(60_000), final=False) + bytes((0x80, 0x80 | 126)) + (50_000).to_bytes(2, "big")
    assert code_of(parts) == 1009


def test_controls_may_come_between_the_parts_of_a_message() -> None:
    found = read(masked(1, b"he", final=False) + masked(9, b"p") + masked(0, b"llo"))
    assert found == [Control(Opcode.PING, b"p"), "hello"]


def test_a_compressed_message_is_read_and_a_bomb_is_not() -> None:
    text = "the same words, the same words, the same words " * 20
    assert read(masked(1, deflate(text.encode()), rsv=0x40), deflate=True) == [text]
    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = bomb.compress(bytes(50_000_000)) + bomb.flush(zlib.Z_SYNC_FLUSH)
    assert len(packed) < LIMIT, "small enough to get through as it is"
    assert code_of(masked(2, packed[:-4], rsv=0x40), deflate=True) == 1009
    assert code_of(masked(2, b"\xff\xff\xff\xff", rsv=0x40), deflate=True) == 1007


def test_in_parts_only_the_first_frame_says_that_it_is_compressed() -> None:
    packed = deflate(b"hello hello hello hello")
    stream = masked(1, packed[:5], rsv=0x40, final=False) + masked(0, packed[5:])
    assert read(stream, deflate=True) == ["hello hello hello hello"]
    assert code_of(masked(1, b"a", final=False) + masked(0, b"b", rsv=0x40), deflate=True) == 1002


@pytest.mark.parametrize("code", [1000, 1001, 1011, 3000, 4999])
def test_close_codes_that_may_be_sent_are_read(code: int) -> None:
    assert decode_close(code.to_bytes(2, "big") + b"because") == code


@pytest.mark.parametrize("payload", [b"\x03", b"\x03\xe7", b"\x03\xed", b"\x07\xd0", b"\xff\xff", b"\x03\xe8\xff"])
def test_other_close_frames_are_refused(payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode_close(payload)


@given(st.integers(1000, 4999), st.text(max_size=200))
def test_a_close_frame_always_fits_a_control_frame(code: int, reason: str) -> None:
    frame = encode_close(code, reason)
    assert len(frame) <= 127
    assert reason.startswith(frame[4:].decode())


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("permessage-deflate; client_max_window_bits", True),
        ("x-other, permessage-deflate", True),
        ("permessage-deflate; server_max_window_bits=10", False),
        ("permessage-deflate; server_max_window_bits=10, permessage-deflate", True),
        ("", False),
    ],
)
def test_compression_is_agreed_on_when_we_can_keep_to_it(header: str, expected: bool) -> None:
    assert offered(header) is expected
