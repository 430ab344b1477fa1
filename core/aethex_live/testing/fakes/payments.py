"""A payment provider in memory, with hands that do there what people and banks do."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar

from aethex_live.providers import Conflict, Invalid, NotFound
from aethex_live.providers.payment_checks import check_checkout, check_key, check_money
from aethex_live.providers.payments import (
    Balance,
    Checkout,
    CheckoutSpec,
    Money,
    PayCap,
    Payee,
    Split,
    Subscription,
)
from aethex_live.providers.signatures import check_stamped
from aethex_live.providers.webhooks import ProviderEvent, WebhookRejected, WebhookRequest

T = TypeVar("T")
NAME = "fake"
MONTH = timedelta(days=30)
LONGEST_STEP = timedelta(days=731)


@dataclass
class Paid:
    """A payment that went through; `share` is what of it is the payee's."""

    id: str
    money: Money
    payee: str | None
    share: int
    refunded: int = 0
    reversed: int = 0
    disputed: bool = False


@dataclass
class Plan:
    """A subscription with what it costs."""

    now: Subscription
    price: Money
    split: Split | None
    declines: bool = False


class FakePayments:
    """Keeps customers, payments and balances in lists; `told` holds the bodies of its webhooks, oldest first."""

    name = NAME
    capabilities = frozenset(PayCap)
    secret = "fake-webhook-secret"  # noqa: S105 - it signs nothing but the events of this fake

    def __init__(self, now: datetime | None = None) -> None:
        self.now = now or datetime(2026, 1, 1, tzinfo=UTC)
        self.told: list[bytes] = []
        self.specs: dict[str, CheckoutSpec] = {}
        self.checkouts: dict[str, Checkout] = {}
        self.payments: dict[str, Paid] = {}
        self.plans: dict[str, Plan] = {}
        self.prices: dict[tuple[str, Money, str], str] = {}
        self.payees: dict[str, Payee] = {}
        self.balances: dict[tuple[str, str], int] = {}
        self._customers: dict[str, str] = {}
        self._keys: dict[tuple[str, str], tuple[object, Any]] = {}
        self._numbers = itertools.count(1)

    # --- the contract

    async def ensure_customer(self, *, ref: str, email: str | None) -> str:
        """The customer of our `ref`."""
        return self._customers.setdefault(ref, self._id("cus"))

    async def ensure_price(self, *, ref: str, name: str, price: Money, every: Literal["month", "year"]) -> str:
        """The recurring price of our `ref`."""
        check_money(price, NAME, "ensure_price")
        return self.prices.setdefault((ref, price, every), self._id("price"))

    async def create_checkout(self, spec: CheckoutSpec, *, idempotency_key: str) -> Checkout:
        """Begin a payment or a subscription."""
        check_checkout(spec, NAME)
        if spec.price is not None and spec.price not in self.prices.values():
            raise Invalid("There is no such price.", provider=NAME, operation="create_checkout")
        known = self._known("create_checkout", idempotency_key, spec)
        if known is None:
            number = self._id("co")
            address = f"https://fake.example/pay/{number}"
            known = Checkout(id=number, url=address, expires_at=self.now + timedelta(days=1))
            self.specs[number] = spec
            self.checkouts[number] = self._keep("create_checkout", idempotency_key, spec, known)
        return self.checkouts[known.id]

    async def get_checkout(self, checkout_id: str) -> Checkout:
        """How a checkout stands."""
        return self._get(self.checkouts, checkout_id, "get_checkout")

    async def portal_url(self, customer: str, *, return_url: str) -> str:
        """The address of the customer's page."""
        if customer not in self._customers.values():
            raise NotFound("There is no such customer.", provider=NAME, operation="portal_url")
        return f"https://fake.example/portal/{customer}"

    async def get_subscription(self, subscription_id: str) -> Subscription:
        """What is true of one."""
        return self._get(self.plans, subscription_id, "get_subscription").now

    async def cancel_subscription(self, subscription_id: str, *, at_period_end: bool = True) -> Subscription:
        """End it, now or later."""
        plan = self._get(self.plans, subscription_id, "cancel_subscription")
        if plan.now.status != "ended":
            if at_period_end:
                plan.now = replace(plan.now, ends_at_period_end=True)
            else:
                self._end(plan)
        return plan.now

    async def refund(self, payment_id: str, amount: Money | None, *, reverse_split: bool, idempotency_key: str) -> str:
        """Give money back."""
        paid = self._get(self.payments, payment_id, "refund")
        known = self._known("refund", idempotency_key, (payment_id, amount, reverse_split))
        if known is not None:
            return str(known)
        wanted = amount or Money(paid.money.amount - paid.refunded, paid.money.currency)
        check_key(idempotency_key, NAME, "refund")
        if paid.disputed or wanted.amount > paid.money.amount - paid.refunded or wanted.amount <= 0:
            raise Conflict("There is not as much left of it.", provider=NAME, operation="refund")
        refund = self._keep("refund", idempotency_key, (payment_id, amount, reverse_split), self._id("re"))
        if reverse_split and paid.payee:
            back = paid.share * (paid.reversed + wanted.amount) // paid.money.amount
            back -= paid.share * paid.reversed // paid.money.amount
            paid.reversed += wanted.amount
            self._move(paid.payee, Money(-back, wanted.currency))
        paid.refunded += wanted.amount
        data = {"refund": refund, "payment": paid.id, "amount": wanted.amount, "currency": wanted.currency}
        self.tell("payment.refunded", refund, "succeeded", data)
        return refund

    async def resolve_payment(self, payment_id: str) -> str:
        """The same id."""
        return self._get(self.payments, payment_id, "resolve_payment").id

    async def create_payee(self, *, ref: str, country: str, email: str, idempotency_key: str) -> Payee:
        """An account for a creator."""
        _check_country(country)
        known = self._known("create_payee", idempotency_key, (ref, country))
        if known is None:
            payee = Payee(id=self._id("acct"), can_charge=False, can_pay_out=False, due=("bank_account",))
            known = self._keep("create_payee", idempotency_key, (ref, country), payee)
            self.payees[known.id] = known
        return self.payees[known.id]

    async def get_payee(self, payee_id: str) -> Payee:
        """How it stands."""
        return self._get(self.payees, payee_id, "get_payee")

    async def onboarding_url(self, payee_id: str, *, return_url: str, refresh_url: str) -> str:
        """The address where the creator gives what is due."""
        return f"https://fake.example/onboard/{self._get(self.payees, payee_id, 'onboarding_url').id}"

    async def balance(self, payee_id: str) -> Balance:
        """The payee's money."""
        self._get(self.payees, payee_id, "balance")
        return Balance(available={currency: held for (who, currency), held in self.balances.items() if who == payee_id})

    async def pay_out(self, payee_id: str, amount: Money, *, idempotency_key: str) -> str:
        """Send money to the creator's bank."""
        payee = self._get(self.payees, payee_id, "pay_out")
        check_money(amount, NAME, "pay_out")
        known = self._known("pay_out", idempotency_key, (payee_id, amount))
        if known is not None:
            return str(known)
        if not payee.can_pay_out or self.balances.get((payee_id, amount.currency), 0) < amount.amount:
            raise Conflict("There is not as much to pay out.", provider=NAME, operation="pay_out")
        self._move(payee_id, Money(-amount.amount, amount.currency))
        payout = self._keep("pay_out", idempotency_key, (payee_id, amount), self._id("po"))
        data = {"payout": payout, "payee": payee_id, "amount": amount.amount, "currency": amount.currency}
        self.tell("payout.paid", payout, "paid", data)
        return payout

    async def advance(self, by: timedelta) -> datetime:
        """Move the time on; subscriptions renew or end on the way."""
        if not timedelta(0) <= by <= LONGEST_STEP:
            raise Invalid("Time moves on, by two years at most.", provider=NAME, operation="advance")
        end = self.now + by
        while due := [plan for plan in self.plans.values() if _due(plan) <= end and plan.now.status != "ended"]:
            plan = min(due, key=_due)
            self.now = max(self.now, _due(plan))
            if plan.now.ends_at_period_end or plan.now.status == "past_due":
                self._end(plan)
            elif plan.declines:
                plan.now = replace(plan.now, status="past_due", paid_until=self.now + timedelta(days=3))
                self.tell("subscription.past_due", plan.now.id, f"past_due:{self.now:%Y%m%d}", {}, plan.now.ref)
            else:
                self._renew(plan)
        self.now = end
        return end

    def parse_webhook(self, request: WebhookRequest) -> Sequence[ProviderEvent]:
        """Verify and translate."""
        check_stamped(request.headers.get("fake-signature"), request.body, [self.secret], request.received_at)
        try:
            told = json.loads(request.body)
            return [ProviderEvent(**told | {"occurred_at": datetime.fromisoformat(told["occurred_at"])})]
        except (ValueError, TypeError, KeyError):
            raise WebhookRejected("malformed") from None

    async def aclose(self) -> None:
        """There is nothing to give back."""

    # --- what people and banks do

    def pay(self, checkout_id: str, *, declined: bool = False, renewals_decline: bool = False) -> None:
        """Somebody pays, with a good card or a bad one."""
        spec, checkout = self.specs[checkout_id], self.checkouts[checkout_id]
        if declined:
            self.tell("payment.failed", checkout_id, f"failed:{len(self.told)}", {"code": "card_declined"}, spec.ref)
            return
        if spec.amount is not None:
            paid = self._paid(spec.amount, spec.split)
            self.checkouts[checkout_id] = replace(checkout, status="complete", payment=paid.id)
            data = {"payment": paid.id, "amount": paid.money.amount, "currency": paid.money.currency}
            self.tell("payment.completed", paid.id, "completed", data | {"checkout": checkout_id}, spec.ref)
            return
        price = next(price for (_, price, _), number in self.prices.items() if number == spec.price)
        now = Subscription(
            id=self._id("sub"), ref=spec.ref, status="active", paid_until=self.now, ends_at_period_end=False
        )
        self.plans[now.id] = Plan(now, price, spec.split)
        self.checkouts[checkout_id] = replace(checkout, status="complete", subscription=now.id)
        self._renew(self.plans[now.id])
        self.plans[now.id].declines = renewals_decline

    def onboard(self, payee_id: str) -> None:
        """The creator gives what is due."""
        self.payees[payee_id] = replace(self.payees[payee_id], can_charge=True, can_pay_out=True, due=())
        self.tell("payee.updated", payee_id, f"updated:{len(self.told)}", payee_data(self.payees[payee_id]))

    def dispute(self, payment_id: str) -> str:
        """A cardholder asks the bank for the money back."""
        paid, number = self.payments[payment_id], self._id("dp")
        paid.disputed = True
        self.tell("dispute.opened", number, "opened", self._disputed(paid, number) | {"inquiry": False})
        return number

    def close_dispute(self, dispute_id: str, payment_id: str, *, won: bool) -> None:
        """The bank decides; `won` for the platform."""
        paid, outcome = self.payments[payment_id], "won" if won else "lost"
        data = self._disputed(paid, dispute_id) | {"outcome": outcome}
        paid.disputed = not won
        self.tell("dispute.closed", dispute_id, outcome, data)

    def tell(self, type_: str, subject: str, became: str, data: dict[str, Any], ref: str | None = None) -> None:
        """Put an event among those that are told."""
        kind = {"subscription": {"subscription": subject}, "payee": {"payee": subject}}
        known = kind.get(type_.partition(".")[0], {})
        event = {
            "id": self._id("evt"),
            "type": type_,
            "subject": subject,
            "ref": ref,
            "occurred_at": self.now.isoformat(),
            "data": known | data | {"fact": f"{subject}:{became}"},
        }
        self.told.append(json.dumps(event).encode())

    # --- parts

    def _renew(self, plan: Plan) -> None:
        paid = self._paid(plan.price, plan.split)
        until = (plan.now.paid_until or self.now) + MONTH
        plan.now = replace(plan.now, paid_until=until)
        data = {"payment": paid.id, "amount": plan.price.amount, "currency": plan.price.currency}
        self.tell(
            "subscription.active",
            plan.now.id,
            f"paid:{paid.id}",
            data | {"paid_until": until.isoformat()},
            plan.now.ref,
        )

    def _end(self, plan: Plan) -> None:
        plan.now = replace(plan.now, status="ended")
        self.tell("subscription.ended", plan.now.id, "ended", {}, plan.now.ref)

    def _paid(self, money: Money, split: Split | None) -> Paid:
        fee = 0
        if split is not None:
            fee = money.amount * (split.percent or 0) // 100 if split.fee is None else split.fee.amount
        share = money.amount - fee if split else 0
        paid = Paid(self._id("pay"), money, split.payee if split else None, share)
        self.payments[paid.id] = paid
        if split:
            self._move(split.payee, Money(share, money.currency))
        return paid

    def _disputed(self, paid: Paid, dispute: str) -> dict[str, Any]:
        left = paid.money.amount - paid.refunded
        return {"dispute": dispute, "payment": paid.id, "amount": left, "currency": paid.money.currency}

    def _move(self, payee: str, money: Money) -> None:
        key = (payee, money.currency)
        self.balances[key] = self.balances.get(key, 0) + money.amount

    def _known(self, operation: str, key: str, said: object) -> Any:
        check_key(key, NAME, operation)
        before = self._keys.get((operation, key))
        if before is not None and before[0] != said:
            raise Conflict("This key stood for something else.", provider=NAME, operation=operation)
        return before[1] if before else None

    def _keep(self, operation: str, key: str, said: object, result: T) -> T:
        self._keys[operation, key] = (said, result)
        return result

    def _get(self, rows: dict[str, T], number: str, operation: str) -> T:
        if number not in rows:
            raise NotFound("There is no such thing.", provider=NAME, operation=operation)
        return rows[number]

    def _id(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers)}"


def payee_data(payee: Payee) -> dict[str, Any]:
    """What `payee.updated` carries."""
    return {"can_charge": payee.can_charge, "can_pay_out": payee.can_pay_out, "due": list(payee.due)}


def _due(plan: Plan) -> datetime:
    return plan.now.paid_until or datetime.max.replace(tzinfo=UTC)


def _check_country(country: str) -> None:
    if len(country) != 2 or not country.isupper() or not country.isascii():
        raise Invalid("A country is two capital letters.", provider=NAME, operation="create_payee")
