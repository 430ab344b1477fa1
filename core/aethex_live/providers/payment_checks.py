"""What every payment provider asks of an order, and how many decimals a currency has."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from aethex_live.providers.errors import Invalid
from aethex_live.providers.payments import CheckoutSpec, Money, Split

LONGEST_REF = 200  # characters; vendors keep it beside the payment
LONGEST_KEY = 200
LONGEST_DESCRIPTION = 250
MOST = 99_999_999  # minor units of one payment, as vendors have it
_CURRENCY = re.compile(r"[a-z]{3}")
_WHOLE = frozenset(
    [
        "bif",
        "clp",
        "djf",
        "gnf",
        "isk",
        "jpy",
        "kmf",
        "krw",
        "mga",
        "pyg",
        "rwf",
        "ugx",
        "vnd",
        "vuv",
        "xaf",
        "xof",
        "xpf",
    ]
)
_THOUSANDTHS = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])


def decimals(currency: str) -> int:
    """How many digits of an amount stand behind the point: 2 for most, 0 for yen, 3 for dinars."""
    if currency in _WHOLE:
        return 0
    return 3 if currency in _THOUSANDTHS else 2


def check_money(money: Money, provider: str, operation: str) -> None:
    """Raises Invalid for an amount that nobody can pay, and for what is no currency."""
    if isinstance(money.amount, bool) or not isinstance(money.amount, int) or not 0 < money.amount <= MOST:
        raise _invalid(f"An amount is a whole number of minor units from 1 to {MOST:,}.", provider, operation)
    if not _CURRENCY.fullmatch(money.currency):
        sentence = f"{money.currency[:12]!r} is no currency: three small letters, as in eur."
        raise _invalid(sentence, provider, operation)


def check_key(key: str, provider: str, operation: str) -> None:
    """Raises Invalid for what is no idempotency key."""
    if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
        raise _invalid(f"An idempotency key has 1 to {LONGEST_KEY} characters.", provider, operation)


def check_address(address: str, provider: str, operation: str) -> None:
    """Raises Invalid for an address to which nobody can be sent back."""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not address.isprintable():
        raise _invalid(f"{address[:80]!r} is no address of a page to come back to.", provider, operation)


def check_checkout(spec: CheckoutSpec, provider: str) -> None:
    """Raises Invalid for an order that no provider takes."""
    operation = "create_checkout"
    if (spec.amount is None) == (spec.price is None):
        raise _invalid("A checkout is about an amount or about a price, one of the two.", provider, operation)
    if spec.amount is not None:
        check_money(spec.amount, provider, operation)
    if not 0 < len(spec.ref) <= LONGEST_REF or not spec.ref.isprintable():
        raise _invalid(f"The reference of an order has 1 to {LONGEST_REF} characters.", provider, operation)
    if not 0 < len(spec.description) <= LONGEST_DESCRIPTION:
        raise _invalid(f"A description has 1 to {LONGEST_DESCRIPTION} characters.", provider, operation)
    if spec.customer is not None and spec.email is not None:
        raise _invalid("A checkout is for a customer or for an address, not for both.", provider, operation)
    check_address(spec.success_url, provider, operation)
    check_address(spec.cancel_url, provider, operation)
    if spec.promo and spec.split is not None and spec.split.fee is not None:
        raise _invalid("Where codes are taken the fee can't be an amount.", provider, operation)
    if spec.split is not None:
        _check_split(spec.split, spec.amount, provider, operation)


def _check_split(split: Split, amount: Money | None, provider: str, operation: str) -> None:
    if amount is None:
        if split.fee is not None:
            raise _invalid("The fee of a subscription is a percentage.", provider, operation)
        if split.percent is not None and not 0 <= split.percent <= 100:
            raise _invalid("A fee is 0 to 100 percent.", provider, operation)
        return
    if split.percent is not None:
        raise _invalid("The fee of a payment is an amount.", provider, operation)
    if split.fee is not None and not (split.fee.currency == amount.currency and 0 <= split.fee.amount <= amount.amount):
        raise _invalid("The fee is a part of the payment, in its currency.", provider, operation)


def _invalid(sentence: str, provider: str, operation: str) -> Invalid:
    return Invalid(sentence, provider=provider, operation=operation)
