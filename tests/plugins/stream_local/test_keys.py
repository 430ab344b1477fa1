"""Stream keys: always the same, never another's, and no junk gets through."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stream_kit import INGEST, OTHER_INGEST

from aethex_plugins.stream_local.keys import StreamKeys

KEYS = StreamKeys(b"secret" * 6)
ONE, OTHER = UUID(INGEST), UUID(OTHER_INGEST)


def test_a_key_fits_its_ingest_and_version_alone():
    key = KEYS.make(ONE, 3)
    assert key == KEYS.make(ONE, 3)
    assert KEYS.ingest_of(key) == ONE
    assert KEYS.fits(key, ONE, 3)
    assert not KEYS.fits(key, ONE, 2)
    assert not KEYS.fits(key, ONE, 4)
    assert not KEYS.fits(key, OTHER, 3)
    assert not StreamKeys(b"another secret").fits(key, ONE, 3)


def test_a_key_can_be_copied_by_a_double_click():
    key = KEYS.make(ONE, 1)
    assert key.startswith("live_")
    assert key.replace("_", "").replace("-", "").isalnum()


def test_spaces_around_a_pasted_key_do_no_harm():
    key = KEYS.make(ONE, 1)
    assert KEYS.fits(f" {key}\n", ONE, 1)


@given(st.text(max_size=80))
def test_other_text_is_no_key(text):
    found = KEYS.ingest_of(text)
    assert found is None or not KEYS.fits(text, found, 1)


@given(st.integers(0, 60), st.sampled_from("ABCabc019-_"))
def test_a_key_with_one_letter_changed_opens_nothing(at, letter):
    key = KEYS.make(ONE, 1)
    at %= len(key)
    changed = key[:at] + letter + key[at + 1 :]
    if changed == key:
        return
    found = KEYS.ingest_of(changed)
    assert found is None or not KEYS.fits(changed, found, 1)


@pytest.mark.parametrize("key", ["", "live_", "é" * 61, "live_" + "A" * 55])
def test_odd_keys_are_none(key):
    assert KEYS.ingest_of(key) is None
