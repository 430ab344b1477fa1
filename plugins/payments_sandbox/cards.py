"""The cards of the sandbox: what a number does. Numbers of real cards are refused and never kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from aethex_live.errors import Invalid

OK = "ok"
ASKS = "asks"  # the bank asks its customer first (3-D)
_DATE = re.compile(r"(\d{1,2})\s*/\s*(\d{2}|\d{4})")


@dataclass(frozen=True, slots=True)
class Card:
    """A card by its `key`, the word under which it is kept. `code` is why a charge is declined, OK, or ASKS."""

    key: str
    number: str
    title: str
    code: str = OK
    renewal: str = OK
    disputed: bool = False


CARDS = (
    Card("good", "4242424242424242", "Pays"),
    Card("declined", "4000000000000002", "Is declined", code="card_declined", renewal="card_declined"),
    Card("funds", "4000000000009995", "Has too little money", code="insufficient_funds", renewal="insufficient_funds"),
    Card("expired", "4000000000000069", "Has expired", code="expired_card", renewal="expired_card"),
    Card("cvc", "4000000000000127", "Has another security code", code="incorrect_cvc", renewal="incorrect_cvc"),
    Card("asks", "4000002500003155", "Pays after the bank has asked (3-D)", code=ASKS),
    Card("disputed", "4000000000000259", "Pays; disputed a day later", disputed=True),
    Card("once", "4000000000000341", "Pays once; renewals are declined", renewal="card_declined"),
)
BY_KEY: Mapping[str, Card] = {card.key: card for card in CARDS}
BY_NUMBER: Mapping[str, Card] = {card.number: card for card in CARDS}
SENTENCES: Mapping[str, str] = {
    "card_declined": "The card was declined. Try another one.",
    "insufficient_funds": "There is too little money on the card. Try another one.",
    "expired_card": "The card has expired. Try another one.",
    "incorrect_cvc": "The security code is not right. Look at the back of the card.",
    "authentication_failed": "The bank was told no, so nothing was paid. Try again, or another card.",
}


def card_of(number: str, expiry: str, cvc: str, now: datetime) -> Card:
    """The sandbox card that was typed. Raises Invalid about `number`, `expiry` or `cvc`."""
    card = BY_NUMBER.get(re.sub(r"[\s-]", "", number))
    if card is None:
        raise Invalid("Use one of the numbers below; this is a sandbox and takes no real card.", field="number")
    found = _DATE.fullmatch(expiry.strip())
    if found is None or not 1 <= int(found[1]) <= 12:
        raise Invalid("Type month and year, as in 12/34.", field="expiry")
    year = int(found[2]) % 100 + 2000
    if (year, int(found[1])) < (now.year, now.month):
        raise Invalid("The card has expired; any later month will do.", field="expiry")
    if not re.fullmatch(r"[0-9]{3,4}", cvc.strip()):
        raise Invalid("Three digits; any will do.", field="cvc")
    return card


def spaced(number: str) -> str:
    """4242424242424242 -> 4242 4242 4242 4242"""
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))
