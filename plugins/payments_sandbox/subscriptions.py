"""Subscriptions: they begin, renew, fall behind, end."""

from __future__ import annotations

import calendar
from datetime import datetime, timedelta

from aethex_live.errors import NotFound as NoPage
from aethex_live.providers.payments import Money

from .cards import BY_KEY, CARDS, OK, Card
from .charges import Order, charge, payment_data
from .desk import Desk, new_id
from .errors import missing
from .models import Checkout, Customer, Payment, Price, Subscription

TRIES_AFTER = (timedelta(days=3), timedelta(days=5), timedelta(days=7))  # then it ends


class Subscriptions:
    """What becomes of them; all in the caller's transaction but for `cancel` and `change_card`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def get(self, subscription_id: str, operation: str = "get_subscription") -> Subscription:
        """One. Raises NotFound."""
        self._desk.db.bind()
        row = await Subscription.get_or_none(id=subscription_id)
        if row is None:
            raise missing("subscription", operation)
        return row

    async def begin(
        self, order: Order, checkout: Checkout, customer_id: str, card: Card, now: datetime
    ) -> Subscription:
        """A subscription whose first period is paid."""
        assert checkout.price_id is not None
        row = Subscription(
            id=new_id("sub"),
            ref=checkout.ref,
            customer_id=customer_id,
            price_id=checkout.price_id,
            payee_id=checkout.payee_id,
            percent=checkout.percent,
            state="active",
            anchor=now,
            paid_until=now,
            due_at=now,
        )
        paid = Order(
            ref=order.ref,
            money=order.money,
            payee_id=order.payee_id,
            percent=order.percent,
            customer_id=customer_id,
            checkout_id=checkout.id,
            subscription_id=row.id,
        )
        payment = await charge(paid, card, OK, now)
        await row.save(force_create=True)
        await self._renewed(row, payment, now)
        return row

    async def due(self, row: Subscription, at: datetime) -> None:
        """Its period is over, or a declined card is tried again."""
        if row.ends_at_period_end and row.state == "active":
            await self._end(row, at)
            return
        price, customer = await Price.get(id=row.price_id), await Customer.get(id=row.customer_id)
        card = BY_KEY.get(customer.card, CARDS[0])
        order = Order(
            ref=row.ref,
            money=Money(price.amount, price.currency),
            payee_id=row.payee_id,
            percent=row.percent,
            customer_id=row.customer_id,
            subscription_id=row.id,
        )
        payment = await charge(order, card, card.renewal, at)
        if payment.state == "succeeded":
            await self._renewed(row, payment, at)
        else:
            await self._declined(row, payment, at)

    async def cancel(self, subscription_id: str, *, at_period_end: bool) -> Subscription:
        """End it now, or when what was paid is over; a second time changes nothing. Raises NotFound."""
        async with self._desk.changing():
            row = await self.get(subscription_id, "cancel_subscription")
            if row.state == "ended":
                return row
            if at_period_end and row.state == "active":
                row.ends_at_period_end = True
                await row.save()
            else:
                await self._end(row, await self._desk.now())
            return row

    async def resume(self, subscription_id: str, customer_id: str) -> None:
        """Take a cancellation back that has not come true."""
        async with self._desk.changing():
            row = await self._of(subscription_id, customer_id)
            if row.state == "active":
                row.ends_at_period_end = False
                await row.save()

    async def cancel_of(self, subscription_id: str, customer_id: str) -> None:
        """The customer ends their own. Raises NotFound for somebody else's."""
        await self._of(subscription_id, customer_id)
        await self.cancel(subscription_id, at_period_end=True)

    async def change_card(self, customer_id: str, card: Card) -> None:
        """Another card from now on; what is past due is tried with it at once."""
        async with self._desk.changing():
            customer, now = await Customer.get(id=customer_id), await self._desk.now()
            customer.card = card.key
            await customer.save()
            for row in await Subscription.filter(customer_id=customer_id, state="past_due"):
                await self.due(row, now)

    async def _of(self, subscription_id: str, customer_id: str) -> Subscription:
        self._desk.db.bind()
        row = await Subscription.get_or_none(id=subscription_id, customer_id=customer_id)
        if row is None:
            raise NoPage("There is no such subscription.")
        return row

    async def _renewed(self, row: Subscription, payment: Payment, at: datetime) -> None:
        if row.state == "past_due":
            row.anchor, row.periods = at, 0  # what was missed is not paid for
        price = await Price.get(id=row.price_id)
        row.state, row.tries, row.periods = "active", 0, row.periods + 1
        row.paid_until = row.due_at = months_later(row.anchor, row.periods * (12 if price.every == "year" else 1))
        await row.save()
        data = payment_data(payment) | {"subscription": row.id, "paid_until": row.paid_until.isoformat()}
        await self._desk.tell("subscription.active", row.id, f"paid:{payment.id}", data, at=at, ref=row.ref)

    async def _declined(self, row: Subscription, payment: Payment, at: datetime) -> None:
        if row.tries == len(TRIES_AFTER):
            await self._end(row, at)
            return
        row.state, row.due_at, row.tries = "past_due", at + TRIES_AFTER[row.tries], row.tries + 1
        await row.save()
        data = {"subscription": row.id, "payment": payment.id, "code": payment.code}
        await self._desk.tell("subscription.past_due", row.id, f"past_due:{payment.id}", data, at=at, ref=row.ref)

    async def _end(self, row: Subscription, at: datetime) -> None:
        row.state, row.due_at = "ended", at
        await row.save()
        await self._desk.tell("subscription.ended", row.id, "ended", {"subscription": row.id}, at=at, ref=row.ref)


def months_later(start: datetime, months: int) -> datetime:
    """The same day so many months later, or the last one of a shorter month."""
    count = start.month - 1 + months
    year, month = start.year + count // 12, count % 12 + 1
    return start.replace(year=year, month=month, day=min(start.day, calendar.monthrange(year, month)[1]))
