"""Charging a card: a payment that goes through, or one that is declined."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aethex_live.providers.payments import Money

from .books import CUSTOMERS, PLATFORM, Line, book, payee_account, share_of
from .cards import OK, Card
from .desk import new_id
from .models import Payment

SETTLES = timedelta(days=2)  # until a payee may draw the money
DISPUTED_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is charged, and who gets it."""

    ref: str
    money: Money
    payee_id: str | None = None
    fee: int | None = None
    percent: int | None = None
    customer_id: str | None = None
    checkout_id: str | None = None
    subscription_id: str | None = None


async def charge(order: Order, card: Card, code: str, at: datetime) -> Payment:
    """The payment of an order, in the caller's transaction; `code` is OK or why the card is declined."""
    paid = code == OK
    share = share_of(order.money.amount, order.fee, order.percent) if paid and order.payee_id else 0
    payment = await Payment.create(
        id=new_id("pay"),
        ref=order.ref,
        checkout_id=order.checkout_id,
        subscription_id=order.subscription_id,
        customer_id=order.customer_id,
        payee_id=order.payee_id,
        amount=order.money.amount,
        currency=order.money.currency,
        share=share,
        state="succeeded" if paid else "failed",
        code="" if paid else code,
        dispute_at=at + DISPUTED_AFTER if paid and card.disputed and order.money.amount else None,
        created_at=at,
        available_at=at + SETTLES,
    )
    if paid:
        await _book(payment, at)
    return payment


async def _book(payment: Payment, at: datetime) -> None:
    lines = [Line(CUSTOMERS, -payment.amount), Line(PLATFORM, payment.amount - payment.share)]
    if payment.payee_id is not None:
        lines.append(Line(payee_account(payment.payee_id), payment.share, payment.available_at))
    await book(f"{payment.id}:completed", payment.currency, at, *lines)


def payment_data(payment: Payment) -> dict[str, Any]:
    """What events say of a payment."""
    known = {"checkout": payment.checkout_id, "customer": payment.customer_id, "payee": payment.payee_id}
    told = {"payment": payment.id, "amount": payment.amount, "currency": payment.currency}
    return told | {name: value for name, value in known.items() if value}
