"""The payment provider "sandbox"."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, cast

from aethex_live.providers.payment_checks import LONGEST_REF, check_address, check_money
from aethex_live.providers.payments import (
    Balance,
    Checkout,
    CheckoutSpec,
    Money,
    PayCap,
    Payee,
    Subscription,
)
from aethex_live.providers.webhooks import ProviderEvent, WebhookRequest

from . import payees as payee_words
from .checkouts import shown
from .desk import new_id
from .errors import NAME, invalid, missing
from .links import ONBOARDING, PORTAL
from .models import Customer, Payment, Price
from .models import Subscription as SubscriptionRow
from .parts import Parts

Status = Literal["active", "past_due", "ended"]


class SandboxPayments:
    """A pretend vendor: everything that a real one does, and no money."""

    name = NAME
    capabilities = frozenset(PayCap)

    def __init__(self, parts: Parts, base: str) -> None:
        self._parts = parts
        self._base = base

    async def ensure_customer(self, *, ref: str, email: str | None) -> str:
        """The customer of our `ref`."""
        if not 0 < len(ref) <= LONGEST_REF or len(email or "") > 254:
            raise invalid("A customer has a reference, and an address of at most 254 characters.", "ensure_customer")
        async with self._parts.desk.changing():
            row = await Customer.get_or_none(ref=ref)
            if row is None:
                now = await self._parts.desk.now()
                row = await Customer.create(id=new_id("cus"), ref=ref, email=email, created_at=now)
            elif email is not None and row.email != email:
                row.email = email
                await row.save()
        return row.id

    async def ensure_price(self, *, ref: str, name: str, price: Money, every: Literal["month", "year"]) -> str:
        """The recurring price of our `ref`."""
        check_money(price, NAME, "ensure_price")
        if every not in {"month", "year"} or not 0 < len(ref) <= LONGEST_REF or not 0 < len(name) <= 250:
            raise invalid("A price has a reference and a name, and is paid every month or year.", "ensure_price")
        async with self._parts.desk.changing():
            row, _ = await Price.get_or_create(
                {"id": new_id("price"), "name": name},
                ref=ref,
                amount=price.amount,
                currency=price.currency,
                every=every,
            )
        return row.id

    async def create_checkout(self, spec: CheckoutSpec, *, idempotency_key: str) -> Checkout:
        """Begin a payment or a subscription."""
        row = await self._parts.checkouts.create(spec, idempotency_key)
        return shown(row, self._page("pay", row.id))

    async def get_checkout(self, checkout_id: str) -> Checkout:
        """How a checkout stands."""
        row = await self._parts.checkouts.get(checkout_id)
        return shown(row, self._page("pay", row.id))

    async def portal_url(self, customer: str, *, return_url: str) -> str:
        """The address of the customer's page, for ten minutes."""
        check_address(return_url, NAME, "portal_url")
        self._parts.desk.db.bind()
        if not await Customer.exists(id=customer):
            raise missing("customer", "portal_url")
        return self._page(PORTAL, await self._parts.links.make(PORTAL, customer, return_url))

    async def get_subscription(self, subscription_id: str) -> Subscription:
        """What is true of one."""
        return _subscription(await self._parts.subscriptions.get(subscription_id))

    async def cancel_subscription(self, subscription_id: str, *, at_period_end: bool = True) -> Subscription:
        """End it, now or later."""
        return _subscription(await self._parts.subscriptions.cancel(subscription_id, at_period_end=at_period_end))

    async def refund(self, payment_id: str, amount: Money | None, *, reverse_split: bool, idempotency_key: str) -> str:
        """Give money back."""
        return await self._parts.returns.refund(payment_id, amount, idempotency_key, reverse_split=reverse_split)

    async def resolve_payment(self, payment_id: str) -> str:
        """The same id."""
        self._parts.desk.db.bind()
        if not await Payment.exists(id=payment_id, state="succeeded"):
            raise missing("payment", "resolve_payment")
        return payment_id

    async def create_payee(self, *, ref: str, country: str, email: str, idempotency_key: str) -> Payee:
        """An account for a creator."""
        return payee_words.shown(await self._parts.payees.create(ref, country, email, idempotency_key))

    async def get_payee(self, payee_id: str) -> Payee:
        """How it stands."""
        return payee_words.shown(await self._parts.payees.get(payee_id, "get_payee"))

    async def onboarding_url(self, payee_id: str, *, return_url: str, refresh_url: str) -> str:
        """The address where the creator gives what is due, for ten minutes and once."""
        check_address(return_url, NAME, "onboarding_url")
        check_address(refresh_url, NAME, "onboarding_url")
        payee = await self._parts.payees.get(payee_id, "onboarding_url")
        return self._page(ONBOARDING, await self._parts.links.make(ONBOARDING, payee.id, return_url, refresh_url))

    async def balance(self, payee_id: str) -> Balance:
        """The payee's money; a payment is available two days after it was made."""
        return await self._parts.payees.balance(payee_id)

    async def pay_out(self, payee_id: str, amount: Money, *, idempotency_key: str) -> str:
        """Send money to the creator's bank, where it is a day later."""
        return await self._parts.payees.pay_out(payee_id, amount, idempotency_key)

    async def advance(self, by: timedelta) -> datetime:
        """CLOCK: move the sandbox's time on."""
        return await self._parts.passing.advance(by)

    def parse_webhook(self, request: WebhookRequest) -> Sequence[ProviderEvent]:
        """Verify and translate."""
        return self._parts.post.parse(request)

    async def aclose(self) -> None:
        """There is nothing to give back."""

    def _page(self, kind: str, token: str) -> str:
        return f"{self._base}/p/payments_sandbox/{kind}/{token}"


def _subscription(row: SubscriptionRow) -> Subscription:
    return Subscription(
        id=row.id,
        ref=row.ref,
        status=cast("Status", row.state),
        paid_until=row.paid_until,
        ends_at_period_end=row.ends_at_period_end,
    )
