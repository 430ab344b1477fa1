"""What may stand in a bio."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aethex_live.errors import Invalid
from aethex_plugins.profiles.text import LONGEST, clean_bio


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  Hello.  ", "Hello."),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("a\n\n\n\n\nb", "a\n\nb"),
        ("a\0b\x1b[31mc\x7f", "ab[31mc"),
        ("tab\there", "tab here"),
        ("family 👨\u200d👩\u200d👧", "family 👨\u200d👩\u200d👧"),
        ("turned \u202egnp.exe", "turned gnp.exe"),
        ("half \ud800", "half"),
        ("سلام", "سلام"),
        ("", ""),
    ],
)
def test_what_is_typed_is_stored_clean(typed: str, stored: str):
    assert clean_bio(typed) == stored


def test_line_breaks_of_browsers_count_once():
    assert len(clean_bio("a\r\n" * 249 + "b")) == 499


def test_a_long_bio_is_refused_with_its_length():
    with pytest.raises(Invalid, match="at most 500 characters; these are 501") as refused:
        clean_bio("x" * 501)
    assert refused.value.field == "bio"


@given(st.text(st.characters(), max_size=600))
def test_any_text_is_storable_or_refused(text: str):
    try:
        bio = clean_bio(text)
    except Invalid:
        return
    assert len(bio) <= LONGEST
    assert "\0" not in bio
    assert bio.encode().decode() == bio  # no halves of characters
    assert clean_bio(bio) == bio
