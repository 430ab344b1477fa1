"""Contract of a payment provider: takes money from viewers, gives it to creators; the ledger is the core's.

Amounts are integers in minor units. What happened is told by webhooks (`Receiving`), never concluded from a page that
somebody came back to. Who books what was told does it once a `fact`, whatever the event is called: `FACTS`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol, runtime_checkable


class PayCap(enum.StrEnum):
    """What a payment provider can do; a declared one is held to by the conformance kit."""

    ONE_OFF = "one_off"
    SUBSCRIPTIONS = "subscriptions"
    PORTAL = "portal"  # a page where customers change their cards and cancel
    REFUNDS = "refunds"
    DISPUTES = "disputes"  # tells of them
    PAYEES = "payees"  # creators with accounts there, to whom money is split off
    PAYOUT = "payout"  # creators draw their balance on demand
    PROMO = "promo"  # codes at the checkout
    CLOCK = "clock"  # its time can be moved, for tests and demos


# type of event -> what its `data` always has, besides `fact`: the provider's word for what became true, such as
# `re_1:succeeded`. Two events may tell one fact, so money is booked once a (provider, fact), not once an event.
# Amounts are in minor units, of this one transition and never sums so far; times are texts of ISO 8601.
# A subscription's payments are told by `subscription.active` alone, the first and each renewal. `inquiry`: the bank
# only asks as yet and holds no money back; `outcome` is won, lost or withdrawn. Where they are known there are also
# `checkout`, `customer`, `payee` and `tax`.
FACTS: Mapping[str, frozenset[str]] = {
    "payment.completed": frozenset({"payment", "amount", "currency"}),
    "payment.failed": frozenset({"code"}),
    "payment.refunded": frozenset({"refund", "payment", "amount", "currency"}),
    "refund.failed": frozenset({"refund", "payment", "amount", "currency"}),
    "subscription.active": frozenset({"subscription", "payment", "amount", "currency", "paid_until"}),
    "subscription.past_due": frozenset({"subscription"}),
    "subscription.ended": frozenset({"subscription"}),
    "dispute.opened": frozenset({"dispute", "payment", "amount", "currency", "inquiry"}),
    "dispute.closed": frozenset({"dispute", "payment", "amount", "currency", "outcome"}),
    "payee.updated": frozenset({"payee", "can_charge", "can_pay_out", "due"}),
    "payout.paid": frozenset({"payout", "payee", "amount", "currency"}),
    "payout.failed": frozenset({"payout", "payee", "amount", "currency", "code"}),
}


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents; whole units for currencies without them), lower-case ISO 4217 currency."""

    amount: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The payee who gets the payment but for the platform's fee: `fee` of a payment, `percent` of a subscription."""

    payee: str
    fee: Money | None = None
    percent: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutSpec:
    """A payment (`amount`) or a subscription (`price`) to be made; `ref` is our order's id and comes back in events.

    Either `customer` or `email` may be given; a subscription needs a customer, or makes one. `promo` lets people type a
    code (PROMO), not together with a fixed `fee`, which could be more than what is left to pay.
    """

    ref: str
    description: str
    success_url: str
    cancel_url: str
    amount: Money | None = None
    price: str | None = None
    customer: str | None = None
    email: str | None = field(default=None, repr=False)
    split: Split | None = None
    promo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A page of the provider on which somebody pays. `payment` and `subscription` are its ids, once there are any."""

    id: str
    url: str = field(repr=False)
    status: Literal["open", "complete", "expired"] = "open"
    expires_at: datetime | None = None
    payment: str | None = None
    subscription: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What is true of a subscription at this moment."""

    id: str
    ref: str | None
    status: Literal["active", "past_due", "ended"]
    paid_until: datetime | None
    ends_at_period_end: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """A creator's account at the provider; `due` are the things that they still owe it, in its own words."""

    id: str
    can_charge: bool
    can_pay_out: bool
    due: Sequence[str] = ()
    disabled_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """A payee's money there, by currency."""

    available: Mapping[str, int] = field(default_factory=dict)
    pending: Mapping[str, int] = field(default_factory=dict)


@runtime_checkable
class PaymentProvider(Protocol):
    """Takes payments. Calls for which it lacks the capability raise Unsupported."""

    name: str
    capabilities: frozenset[PayCap]

    async def ensure_customer(self, *, ref: str, email: str | None) -> str:
        """The customer of our `ref`, made when there is none."""
        ...

    async def ensure_price(self, *, ref: str, name: str, price: Money, every: Literal["month", "year"]) -> str:
        """SUBSCRIPTIONS: the recurring price of our `ref`; another amount under the same `ref` is a new price."""
        ...

    async def create_checkout(self, spec: CheckoutSpec, *, idempotency_key: str) -> Checkout:
        """Begin a payment (ONE_OFF) or a subscription; the same key gives the same checkout.

        Raises Invalid for what is no order (`payment_checks.check_checkout`), and Conflict for a key that stood for
        another one.
        """
        ...

    async def get_checkout(self, checkout_id: str) -> Checkout:
        """How a checkout stands. Raises NotFound."""
        ...

    async def portal_url(self, customer: str, *, return_url: str) -> str:
        """PORTAL: the address of the customer's page, for a few minutes."""
        ...

    async def get_subscription(self, subscription_id: str) -> Subscription:
        """SUBSCRIPTIONS: what is true of one. Raises NotFound."""
        ...

    async def cancel_subscription(self, subscription_id: str, *, at_period_end: bool = True) -> Subscription:
        """SUBSCRIPTIONS: end it, now or when what was paid for is over; a second time changes nothing."""
        ...

    async def refund(self, payment_id: str, amount: Money | None, *, reverse_split: bool, idempotency_key: str) -> str:
        """REFUNDS: give money back, all that is left of it or an amount; returns the refund's id.

        `payment_id` is the `payment` of an event. `reverse_split` takes the payee's part back from the payee, in
        proportion. Raises Conflict when there is not as much left, and while the payment is disputed.
        """
        ...

    async def resolve_payment(self, payment_id: str) -> str:
        """The id by which refunds and disputes name a payment that `subscription.active` told; mostly the same one."""
        ...

    async def create_payee(self, *, ref: str, country: str, email: str, idempotency_key: str) -> Payee:
        """PAYEES: an account for a creator; `country` is ISO 3166 in capitals."""
        ...

    async def get_payee(self, payee_id: str) -> Payee:
        """PAYEES: how it stands. Raises NotFound."""
        ...

    async def onboarding_url(self, payee_id: str, *, return_url: str, refresh_url: str) -> str:
        """PAYEES: the address where the creator gives what is due, for a few minutes and once."""
        ...

    async def balance(self, payee_id: str) -> Balance:
        """PAYEES: the payee's money."""
        ...

    async def pay_out(self, payee_id: str, amount: Money, *, idempotency_key: str) -> str:
        """PAYOUT: send money to the creator's bank; returns the payout's id. Raises Conflict beyond the balance."""
        ...

    async def aclose(self) -> None:
        """Give connections back; called once, at the end."""
        ...


@runtime_checkable
class Clocked(Protocol):
    """CLOCK: what time it is there can be moved on."""

    async def advance(self, by: timedelta) -> datetime:
        """Move the provider's time on; what falls due on the way happens, in its order. Returns the new time.

        Raises Invalid for a step back, and for more than two years.
        """
        ...
