"""What a page sends: every message is read or refused, and nothing else happens."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from web_kit import goodbye, hello

from aethex_plugins.stream_local.errors import ProtocolError
from aethex_plugins.stream_local.web_wire import HEAD, LARGEST, Kind, is_goodbye, pack, parse_frame, parse_hello


@given(
    st.sampled_from(list(Kind)),
    st.integers(0, 600_000_000_000),
    st.binary(min_size=1, max_size=900),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_what_is_packed_is_read_again(kind, time, data, keyframe, duration):
    frame = parse_frame(pack(kind, time, data, keyframe=keyframe, duration=duration))
    assert (frame.kind, frame.time, bytes(frame.data)) == (kind, time, data)
    assert (frame.keyframe, frame.duration, frame.ms) == (keyframe, duration, time // 1000)


@given(st.binary(max_size=60))
def test_bytes_are_a_frame_or_a_protocol_error(message):
    try:
        frame = parse_frame(message)
    except ProtocolError:
        return
    assert frame.data
    assert frame.kind in Kind


@given(st.one_of(st.text(max_size=80), st.binary(max_size=80)))
def test_a_first_message_is_a_hello_or_a_protocol_error(message):
    with pytest.raises(ProtocolError):
        parse_hello(message)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(["type", "version", "token", "mode", "video", "audio", "kbps", "other"]), json_values)
def test_a_hello_with_one_wrong_field_is_refused_or_still_a_hello(field, value):
    shown = json.loads(hello()) | {field: value}
    try:
        read = parse_hello(json.dumps(shown))
    except ProtocolError:
        return
    assert read.version == 1
    assert read.mode in ("frames", "webm")
    assert read.video or read.audio


@pytest.mark.parametrize(
    ("change", "word"),
    [({"video": False, "audio": None}, "neither"), ({"kbps": 0}, "kbps"), ({"mode": "rtp"}, "mode")],
)
def test_a_refused_hello_names_what_is_wrong(change, word):
    with pytest.raises(ProtocolError, match=word):
        parse_hello(hello(**change))


def test_a_hello_that_is_too_long_is_refused():
    with pytest.raises(ProtocolError):
        parse_hello(hello(token="x" * 5000))


@pytest.mark.parametrize("kind", list(Kind))
def test_a_payload_may_be_as_large_as_its_kind_allows_and_no_larger(kind):
    assert len(parse_frame(pack(kind, 0, bytes(LARGEST[kind]))).data) == LARGEST[kind]
    with pytest.raises(ProtocolError, match="too large"):
        parse_frame(pack(kind, 0, bytes(LARGEST[kind] + 1)))


SENSELESS = {
    "nothing": b"",
    "no content": pack(Kind.VIDEO, 0, b""),
    "unknown kind": HEAD.pack(9, 0, 0, 0) + b"x",
    "unknown flag": HEAD.pack(2, 2, 0, 0) + b"x",
    "in a thousand years": HEAD.pack(2, 0, 0, 2**60) + b"x",
}


@pytest.mark.parametrize("message", SENSELESS.values(), ids=SENSELESS)
def test_a_head_that_makes_no_sense_is_refused(message):
    with pytest.raises(ProtocolError):
        parse_frame(message)


def test_only_a_goodbye_is_one():
    assert is_goodbye(goodbye())
    for message in ("", "{}", '{"type":"hello"}', '{"type":"end","more":1}', "[" * 3000):
        with pytest.raises(ProtocolError):
            is_goodbye(message)
