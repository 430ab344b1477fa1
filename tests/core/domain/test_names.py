"""Names and addresses: what is taken, what is refused with a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aethex_live.domain.names import RESERVED, check_email, check_line, check_slug, check_username
from aethex_live.errors import Invalid


@given(st.text(max_size=60))
def test_whatever_is_taken_as_an_address_fits_the_table_and_is_not_reserved(text: str) -> None:
    try:
        slug = check_slug(text)
    except Invalid as refusal:
        assert refusal.field == "slug"
        assert str(refusal).endswith(".")
        return
    assert 3 <= len(slug) <= 32
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")
    assert slug not in RESERVED
    assert check_slug(slug) == slug


@given(st.text(max_size=60))
def test_whatever_is_taken_as_a_user_name_stays_as_it_was_typed(text: str) -> None:
    try:
        name = check_username(text)
    except Invalid as refusal:
        assert refusal.field == "username"
        return
    assert name == text.strip()
    assert name.isascii()


@pytest.mark.parametrize("reserved", ["admin", "Settings", " studio ", "socket.io"])
def test_addresses_of_the_platform_are_refused(reserved: str) -> None:
    with pytest.raises(Invalid):
        check_slug(reserved)


@pytest.mark.parametrize(
    "address", ["a@b", "a b@c.de", "@c.de", "a@", "a@.", "a@c..de", "<a>@c.de", "a" * 250 + "@c.d"]
)
def test_what_is_no_mail_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid):
        check_email(address)


def test_no_mail_address_is_fine() -> None:
    assert check_email("  ") is None
    assert check_email("Ada@Example.org") == "Ada@Example.org"


@given(st.text(max_size=200))
def test_a_line_has_no_control_characters_and_keeps_its_words(text: str) -> None:
    try:
        line = check_line(text, field="title", most=140)
    except Invalid as refusal:
        assert refusal.field == "title"
        return
    assert len(line) <= 140
    assert all(character.isprintable() or character == "\u200d" for character in line)
    assert "\n" not in line


def test_a_family_emoji_stays_together() -> None:
    assert check_line("the 👩‍👩‍👧", field="name", most=50) == "the 👩‍👩‍👧"
