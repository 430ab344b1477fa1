"""What every e-mail provider refuses, and what it keeps to itself when it does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aethex_live.providers import Invalid
from aethex_live.providers.email import Email
from aethex_live.providers.mail_rules import check_address, check_key, check_mail, check_plain, sendable


@pytest.mark.parametrize(
    "address", ["a@b.org", "first.last+tag@mail.example.co.uk", "jörg@example.org", "x@xn--bcher.de"]
)
def test_an_address_is_taken(address: str):
    check_address(address, "fake")


@pytest.mark.parametrize("address", ["a@b", "a@b_c.org", "a\x00@b.org", "a\x85@b.org", "<a@b.org>", "a@b.org,c@d.org"])
def test_what_is_no_address_is_refused_without_repeating_it(address: str):
    with pytest.raises(Invalid) as refused:
        check_address(address, "fake")
    assert address not in str(refused.value)
    assert refused.value.provider == "fake"


def test_a_domain_beyond_ascii_is_told_how_to_be_written():
    with pytest.raises(Invalid, match="xn--"):
        check_address("a@bücher.de", "fake")


def test_letters_beyond_ascii_before_the_at_are_for_who_can_send_them():
    with pytest.raises(Invalid, match="before the @"):
        check_plain(Email(to="jörg@example.org", subject="", text=""), "fake")
    with pytest.raises(Invalid, match="before the @"):
        check_plain(Email(to="a@b.org", subject="", text="", reply_to="jörg@example.org"), "fake")


@settings(deadline=None)
@given(st.text())
def test_whatever_is_taken_as_address_is_one_word_with_one_at(text: str):
    try:
        check_address(text, "fake")
    except Invalid:
        return
    assert text.count("@") == 1
    assert text.split() == [text]
    assert not set(text) & set("<>\"',;:\\")


@settings(deadline=None)
@given(st.text(min_size=1))
def test_whatever_is_taken_as_key_may_stand_in_a_header(text: str):
    try:
        check_key(text, "fake")
    except Invalid:
        return
    assert text.isascii()
    assert text.isprintable()
    assert " " not in text


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=50))
def test_whatever_is_sendable_can_be_encoded(text: str):
    assert "\0" not in sendable(text)
    sendable(text).encode()


@pytest.mark.parametrize("name", ["To", "BCC", "message-id", "Content-Type", "DKIM-Signature", "sender"])
def test_the_heads_of_a_mail_are_the_providers(name: str):
    with pytest.raises(Invalid, match=name):
        check_mail(Email(to="a@b.org", subject="", text="", headers={name: "x"}), "fake")
