"""Amounts as Stripe counts them: minor units, but for a few currencies."""

from __future__ import annotations

from aethex_live.providers import Invalid
from aethex_live.providers.payment_checks import decimals
from aethex_live.providers.payments import Money

from .errors import NAME

# without minor units by now, but Stripe still counts hundredths of them, which must be none
HUNDREDTHS = frozenset({"isk", "ugx"})


def to_stripe(money: Money, operation: str) -> int:
    """The amount for a request. Raises Invalid for thousandths, of which Stripe takes whole tens alone."""
    if money.currency in HUNDREDTHS:
        return money.amount * 100
    if decimals(money.currency) == 3 and money.amount % 10:
        sentence = f"Stripe takes {money.currency} in whole hundredths; the last digit of the amount must be 0."
        raise Invalid(sentence, provider=NAME, operation=operation)
    return money.amount


def from_stripe(amount: int, currency: str) -> int:
    """An amount of an answer or an event, in our minor units."""
    return amount // 100 if currency in HUNDREDTHS else amount
