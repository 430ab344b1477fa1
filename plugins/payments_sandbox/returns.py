"""Money that goes back: refunds, and disputes between cardholders and banks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aethex_live.errors import Conflict as Refused
from aethex_live.errors import NotFound as NoPage
from aethex_live.providers.payment_checks import check_money
from aethex_live.providers.payments import Money

from .books import CUSTOMERS, DISPUTES, PLATFORM, Line, back_of, book, payee_account
from .desk import Desk, new_id
from .errors import NAME, conflict, invalid, missing
from .models import Dispute, Payment, Refund


class Returns:
    """Refunds and disputes."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    # --- refunds

    async def refund(self, payment_id: str, amount: Money | None, key: str, *, reverse_split: bool) -> str:
        """Give money back; the refund's id. Raises NotFound, Invalid and Conflict."""
        if amount is not None:
            check_money(amount, NAME, "refund")

        async def make() -> str:
            return await self._refund(payment_id, amount, reverse_split=reverse_split)

        return await self._desk.once("refund", key, (payment_id, amount, reverse_split), make)

    async def _refund(self, payment_id: str, amount: Money | None, *, reverse_split: bool) -> str:
        payment = await Payment.get_or_none(id=payment_id, state="succeeded")
        if payment is None:
            raise missing("payment", "refund")
        left = payment.amount - payment.refunded
        wanted = amount or Money(left, payment.currency)
        if wanted.currency != payment.currency:
            raise invalid("A refund is in the currency of its payment.", "refund")
        if payment.dispute in {"open", "lost"}:
            raise conflict("The payment is disputed; the bank decides about its money.", "refund", "charge_disputed")
        if not 0 < wanted.amount <= left:
            raise conflict("There is not as much left of the payment.", "refund", "charge_already_refunded")
        now = await self._desk.now()
        row = await _back(payment, wanted.amount, now, reverse_split=reverse_split)
        data = {"refund": row.id, "payment": payment.id, "amount": row.amount, "currency": row.currency}
        await self._desk.tell("payment.refunded", row.id, "succeeded", data, at=now, ref=payment.ref)
        return row.id

    # --- disputes

    async def dispute(self, payment_id: str) -> str:
        """A cardholder wants the money back; the dispute's id. Raises Conflict and NotFound, as pages show them."""
        async with self._desk.changing():
            payment = await Payment.get_or_none(id=payment_id, state="succeeded")
            if payment is None:
                raise NoPage("There is no such payment.")
            if payment.dispute == "open" or payment.amount == payment.refunded:
                raise Refused("There is nothing of this payment that can be disputed.")
            return await self.open(payment, await self._desk.now())

    async def open(self, payment: Payment, at: datetime) -> str:
        """The bank holds the rest of a payment back; in the caller's transaction."""
        payment.dispute_at = None
        amount = payment.amount - payment.refunded
        if payment.dispute == "open" or not amount:  # refunded before its time came
            await payment.save()
            return ""
        payment.dispute = "open"
        await payment.save()
        row = await Dispute.create(
            id=new_id("dp"), payment_id=payment.id, amount=amount, currency=payment.currency, created_at=at
        )
        await book(f"{row.id}:opened", row.currency, at, Line(PLATFORM, -amount), Line(DISPUTES, amount))
        await self._tell("dispute.opened", row, "opened", {"inquiry": False}, payment, at)
        return row.id

    async def decide(self, dispute_id: str, *, won: bool) -> None:
        """The bank decides, for the platform (`won`) or for the cardholder. Raises Conflict when it has."""
        async with self._desk.changing():
            row = await Dispute.get_or_none(id=dispute_id)
            if row is None:
                raise NoPage("There is no such dispute.")
            if row.state != "open":
                raise Refused("The bank has decided about this one.")
            payment, now = await Payment.get(id=row.payment_id), await self._desk.now()
            row.state = payment.dispute = "won" if won else "lost"
            await row.save()
            await payment.save()
            to = Line(PLATFORM if won else CUSTOMERS, row.amount)
            await book(f"{row.id}:{row.state}", row.currency, now, Line(DISPUTES, -row.amount), to)
            await self._tell("dispute.closed", row, row.state, {"outcome": row.state}, payment, now)

    async def _tell(
        self, type_: str, row: Dispute, became: str, more: dict[str, Any], payment: Payment, at: datetime
    ) -> None:
        data = {"dispute": row.id, "payment": row.payment_id, "amount": row.amount, "currency": row.currency}
        await self._desk.tell(type_, row.id, became, data | more, at=at, ref=payment.ref)


async def _back(payment: Payment, amount: int, now: datetime, *, reverse_split: bool) -> Refund:
    share = 0
    if reverse_split and payment.payee_id is not None:
        share = back_of(payment.share, payment.amount, payment.reversed_gross, amount)
        payment.reversed_gross += amount
    payment.refunded += amount
    await payment.save()
    row = await Refund.create(
        id=new_id("re"),
        payment_id=payment.id,
        amount=amount,
        currency=payment.currency,
        share_back=share,
        created_at=now,
    )
    lines = [Line(CUSTOMERS, amount), Line(PLATFORM, share - amount)]
    if share and payment.payee_id is not None:
        lines.append(Line(payee_account(payment.payee_id), -share, payment.available_at))
    await book(f"{row.id}:succeeded", row.currency, now, *lines)
    return row
