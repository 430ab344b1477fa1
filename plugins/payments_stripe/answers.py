"""Stripe's objects in the words of the contract; what is not as described raises one of MALFORMED."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from aethex_live.providers.payments import Balance, Checkout, Payee, Subscription

from .currencies import from_stripe

MALFORMED = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError)
Json = Mapping[str, Any]
# a subscription that was never paid is owed, not active
STATES: Mapping[str, Literal["active", "past_due", "ended"]] = {
    "active": "active",
    "trialing": "active",
    "past_due": "past_due",
    "unpaid": "past_due",
    "incomplete": "past_due",
    "paused": "past_due",
    "canceled": "ended",
    "incomplete_expired": "ended",
}
SESSIONS: Mapping[str | None, Literal["open", "complete", "expired"]] = {
    "open": "open",
    "complete": "complete",
    "expired": "expired",
}


def moment(stamp: object) -> datetime:
    """A time of Stripe's, which counts seconds."""
    if not isinstance(stamp, int):
        raise TypeError("a time is a whole number")
    return datetime.fromtimestamp(stamp, UTC)


def ident(value: object) -> str:
    """The id of a thing that stands there by its id or, expanded, as a whole."""
    found = value.get("id") if isinstance(value, Mapping) else value
    if not isinstance(found, str) or not found:
        raise TypeError("an id is a text")
    return found


def maybe(value: object) -> str | None:
    """An id, or None where there is none."""
    return None if value is None else ident(value)


def whole(value: object) -> int:
    """A whole number, and nothing that looks like one."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("an amount is a whole number")
    return value


def checkout(session: Json) -> Checkout:
    """A Checkout session; `url` is empty once it is over."""
    expires = session.get("expires_at")
    return Checkout(
        id=ident(session["id"]),
        url=str(session.get("url") or ""),
        status=SESSIONS[session.get("status") or "open"],
        expires_at=None if expires is None else moment(expires),
        payment=maybe(session.get("payment_intent")),
        subscription=maybe(session.get("subscription")),
    )


def subscription(found: Json) -> Subscription:
    """A subscription; what was paid for ends with its first item's period."""
    items = (found.get("items") or {}).get("data") or []
    ends = items[0].get("current_period_end") if items else None
    return Subscription(
        id=ident(found["id"]),
        ref=ref_of(found),
        status=STATES[found["status"]],
        paid_until=None if ends is None else moment(ends),
        ends_at_period_end=bool(found.get("cancel_at_period_end")) or found.get("cancel_at") is not None,
    )


def payee(account: Json) -> Payee:
    """A connected account and what it owes, the most urgent first."""
    asked = account.get("requirements") or {}
    due = dict.fromkeys([*(asked.get("past_due") or []), *(asked.get("currently_due") or [])])
    return Payee(
        id=ident(account["id"]),
        can_charge=bool(account.get("charges_enabled")),
        can_pay_out=bool(account.get("payouts_enabled")),
        due=tuple(str(each) for each in due),
        disabled_reason=asked.get("disabled_reason"),
    )


def balance(found: Json) -> Balance:
    """What an account holds, by currency."""
    return Balance(available=_sums(found["available"]), pending=_sums(found["pending"]))


def intent_of_invoice(invoice: Json) -> str:
    """The payment intent that paid an invoice, whose `payments` are expanded."""
    paid = intents(invoice)
    if not paid:
        raise ValueError("nothing paid this invoice")
    return paid[0]


def intents(invoice: Json) -> list[str]:
    """The payment intents of an invoice's payments, where they stand in it; those that went through first."""
    rows = list((invoice.get("payments") or {}).get("data") or [])
    rows.sort(key=lambda row: row.get("status") != "paid")
    found = [(row.get("payment") or {}).get("payment_intent") for row in rows]
    return [ident(each) for each in found if each is not None]


def _sums(funds: Any) -> dict[str, int]:
    held: dict[str, int] = {}
    for fund in funds:
        currency = str(fund["currency"])
        held[currency] = held.get(currency, 0) + from_stripe(whole(fund["amount"]), currency)
    return held


def ref_of(found: Json) -> str | None:
    """Our reference, as we put it there."""
    ref = (found.get("metadata") or {}).get("ref")
    return ref if isinstance(ref, str) else None
