"""AMF0: what is written can be read back, and nothing malformed gets past."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aethex_plugins.stream_local.amf import MAX_DEPTH, decode, encode
from aethex_plugins.stream_local.errors import ProtocolError

scalars = st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=40)
keys = st.text(min_size=1, max_size=10)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(values, max_size=8))
def test_what_is_encoded_is_decoded_again(given_values):
    assert decode(encode(*given_values)) == given_values


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    try:
        found = decode(data)
    except ProtocolError:
        return
    assert len(found) <= 16


@given(st.lists(values, min_size=1, max_size=4), st.data())
def test_a_message_cut_off_anywhere_never_gives_another_value(given_values, data):
    whole = encode(*given_values)
    cut = data.draw(st.integers(0, len(whole) - 1))
    try:
        found = decode(whole[:cut])
    except ProtocolError:
        return
    assert found == given_values[: len(found)]
    assert len(found) < len(given_values)


def test_long_text_has_its_own_form():
    text = "x" * 70_000
    assert decode(encode(text)) == [text]


def test_dates_and_undefined_are_read():
    date = b"\x0b" + struct.pack(">d", 1234.0) + b"\0\0"
    assert decode(date + b"\x06") == [1234.0, None]


def test_an_ecma_array_is_an_object_whatever_count_it_claims():
    body = b"\x08" + struct.pack(">I", 4_000_000_000) + b"\0\x01a" + encode(1.0) + b"\0\0\x09"
    assert decode(body) == [{"a": 1.0}]


@pytest.mark.parametrize(
    "data",
    [
        b"\x0a\0\0\0\x01" * (MAX_DEPTH + 2) + b"\x05",
        b"\x0a\x7f\xff\xff\xff",
        b"\x03" + b"\0\x01a\x05" * 200 + b"\0\0\x09",
        b"\x05" * 17,
        b"\x11",
    ],
    ids=["too deep", "long array", "many keys", "many values", "unknown type"],
)
def test_what_is_out_of_bounds_is_refused(data):
    with pytest.raises(ProtocolError):
        decode(data)


def test_numbers_keep_their_value():
    assert decode(encode(0.1, -5, 1e300)) == [0.1, -5.0, 1e300]
    assert math.isinf(decode(encode(math.inf))[0])
