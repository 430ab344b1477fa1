"""Cards of the sandbox: what their numbers do, and that no other number is taken."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aethex_live.errors import Invalid
from aethex_plugins.payments_sandbox.cards import BY_KEY, BY_NUMBER, CARDS, OK, SENTENCES, card_of, spaced

NOW = datetime(2026, 1, 15, tzinfo=UTC)


def test_the_numbers_that_everybody_knows_do_what_they_do_elsewhere():
    assert card_of("4242 4242 4242 4242", "12/34", "123", NOW).code == OK
    assert card_of("4000000000000002", "12/34", "123", NOW).code == "card_declined"
    assert card_of("4000-0000-0000-9995", "12/34", "123", NOW).code == "insufficient_funds"


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.key)
def test_every_card_is_found_by_the_number_that_pages_show(card):
    assert card_of(spaced(card.number), "01/26", "123", NOW) is card
    assert BY_KEY[card.key] is card
    assert card.code in {OK, "asks"} or card.code in SENTENCES


@pytest.mark.parametrize(
    ("number", "expiry", "cvc", "field"),
    [
        ("5555555555554444", "12/34", "123", "number"),
        ("", "12/34", "123", "number"),
        ("4242424242424242", "13/34", "123", "expiry"),
        ("4242424242424242", "0/34", "123", "expiry"),
        ("4242424242424242", "12/25", "123", "expiry"),
        ("4242424242424242", "never", "123", "expiry"),
        ("4242424242424242", "12/34", "12", "cvc"),
        ("4242424242424242", "12/34", "abc", "cvc"),
        ("4242424242424242", "12/34", "١٢٣", "cvc"),
    ],
)
def test_what_is_mistyped_is_said_where_it_stands(number, expiry, cvc, field):
    with pytest.raises(Invalid) as refused:
        card_of(number, expiry, cvc, NOW)
    assert refused.value.field == field
    assert not number or number not in str(refused.value)


@given(st.text(), st.text(max_size=12), st.text(max_size=6))
def test_whatever_is_typed_is_a_card_or_a_sentence(number, expiry, cvc):
    try:
        assert card_of(number, expiry, cvc, NOW).number in BY_NUMBER
    except Invalid as refused:
        assert refused.field in {"number", "expiry", "cvc"}


def test_the_month_that_runs_is_still_good():
    assert card_of("4242424242424242", "1/26", "123", NOW)
    assert card_of("4242424242424242", "01 / 2026", "1234", NOW)
