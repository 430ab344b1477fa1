"""Conformance kit of payment providers.

A vendor is held to all of it where the test can act there as people and banks do (`hands`). At a stand-in that keeps
no state the same tests make the same calls, and look at what a call alone can show.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol
from uuid import uuid4

import pytest

from aethex_live.providers import Conflict, Invalid, NotFound, Unsupported
from aethex_live.providers.payments import (
    FACTS,
    Checkout,
    CheckoutSpec,
    Clocked,
    Money,
    PayCap,
    PaymentProvider,
    Split,
)
from aethex_live.providers.webhooks import TYPES, ProviderEvent, Receiving, WebhookRejected, WebhookRequest
from aethex_live.testing.conformance._needs import has, need

SUCCESS = "https://site.example/paid"
CANCEL = "https://site.example/left"


class Hands(Protocol):
    """What people and banks do at the vendor, and what it sends out."""

    async def pay(self, checkout_id: str, *, declined: bool = False, renewals_decline: bool = False) -> None:
        """Somebody fills in the page of a checkout, with a good card or one that declines, now or at renewals."""
        ...

    async def onboard(self, payee_id: str) -> None:
        """The creator gives what is due."""
        ...

    async def dispute(self, payment_id: str) -> str:
        """A cardholder wants the money back; returns the dispute's id."""
        ...

    async def close_dispute(self, dispute_id: str, payment_id: str, *, won: bool) -> None:
        """The bank decides."""
        ...

    async def told(self) -> Sequence[WebhookRequest]:
        """All webhooks so far, oldest first, as they are received now."""
        ...


@dataclass(frozen=True, slots=True)
class Vendor:
    """A provider and, where there are any, the hands at its other side."""

    provider: PaymentProvider
    hands: Hands | None

    async def events(self, *types: str) -> list[ProviderEvent]:
        """What was told, of these types."""
        assert self.hands is not None
        assert isinstance(self.provider, Receiving)
        requests = await self.hands.told()
        found = [event for request in requests for event in self.provider.parse_webhook(request)]
        for event in found:
            assert event.type in TYPES["payments"]
            assert FACTS[event.type] | {"fact"} <= event.data.keys(), event
        return [event for event in found if not types or event.type in types]

    async def paid(self, spec: CheckoutSpec, **how: bool) -> str:
        """The payment of a checkout that somebody paid; some id where nobody can."""
        checkout = await self.provider.create_checkout(spec, idempotency_key=new())
        if self.hands is None:
            return "pi_conformance"
        await self.hands.pay(checkout.id, **how)
        [event] = [e for e in await self.events("payment.completed", "subscription.active") if e.ref == spec.ref]
        return str(event.data["payment"])

    async def payee(self, *, onboarded: bool = True) -> str:
        """A creator's account, with nothing due."""
        provider = self.provider
        email = "creator@example.org"
        payee = await provider.create_payee(ref=new(), country="DE", email=email, idempotency_key=new())
        if onboarded and self.hands is not None:
            await self.hands.onboard(payee.id)
        return payee.id


def new() -> str:
    """A reference or key that was never used."""
    return uuid4().hex


def tip(amount: int = 1000, currency: str = "eur", split: Split | None = None) -> CheckoutSpec:
    """An order of a payment."""
    money = Money(amount, currency)
    return CheckoutSpec(
        ref=new(), description="A tip", success_url=SUCCESS, cancel_url=CANCEL, amount=money, split=split
    )


class PaymentConformance:
    """What every payment provider does. Override `provider`, and `hands` where the vendor keeps state."""

    @pytest.fixture
    def provider(self) -> PaymentProvider:
        """The provider under test."""
        raise NotImplementedError("override the fixture `provider`")

    @pytest.fixture
    def hands(self) -> Hands | None:
        """What people and banks do there; None at a stand-in without state."""
        return None

    @pytest.fixture
    def vendor(self, provider: PaymentProvider, hands: Hands | None) -> Vendor:
        """Both."""
        return Vendor(provider, hands)

    async def _plan(self, vendor: Vendor, amount: int = 500, **more: object) -> CheckoutSpec:
        """An order of a subscription."""
        provider = vendor.provider
        price = await provider.ensure_price(ref=new(), name="Fan", price=Money(amount, "eur"), every="month")
        customer = await provider.ensure_customer(ref=new(), email="fan@example.org")
        spec = tip()
        return replace(spec, amount=None, price=price, customer=customer, **more)  # type: ignore[arg-type]  # as the caller says

    # --- customers and checkouts

    async def test_a_customer_is_the_same_for_a_reference(self, provider: PaymentProvider) -> None:
        ref = new()
        first = await provider.ensure_customer(ref=ref, email="fan@example.org")
        assert first
        assert await provider.ensure_customer(ref=ref, email="fan@example.org") == first

    async def test_a_checkout_has_a_page_and_is_found_again(self, provider: PaymentProvider) -> None:
        need(provider, PayCap.ONE_OFF)
        checkout = await provider.create_checkout(tip(), idempotency_key=new())
        assert checkout.id
        assert isinstance(checkout, Checkout)
        assert (await provider.get_checkout(checkout.id)).id == checkout.id

    async def test_a_checkout_keeps_its_address_out_of_logs(self, provider: PaymentProvider) -> None:
        need(provider, PayCap.ONE_OFF)
        checkout = await provider.create_checkout(tip(), idempotency_key=new())
        assert checkout.url not in repr(checkout)
        assert "fan@example.org" not in repr(replace(tip(), email="fan@example.org"))

    async def test_a_key_is_one_checkout(self, vendor: Vendor) -> None:
        need(vendor.provider, PayCap.ONE_OFF)
        spec, key = tip(), new()
        first = await vendor.provider.create_checkout(spec, idempotency_key=key)
        assert (await vendor.provider.create_checkout(spec, idempotency_key=key)).id == first.id
        if vendor.hands is not None:
            assert (await vendor.provider.create_checkout(spec, idempotency_key=new())).id != first.id
            with pytest.raises(Conflict):
                await vendor.provider.create_checkout(tip(2000), idempotency_key=key)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"amount": None},
            {"price": "price_1"},
            {"amount": Money(0, "eur")},
            {"amount": Money(-5, "eur")},
            {"amount": Money(500, "EUR")},
            {"amount": Money(500, "euro")},
            {"amount": Money(10**12, "eur")},
            {"ref": ""},
            {"ref": "x" * 201},
            {"description": ""},
            {"success_url": "javascript:alert(1)"},
            {"cancel_url": "/relative"},
            {"customer": "cus_1", "email": "fan@example.org"},
            {"split": Split(payee="acct_1", fee=Money(1001, "eur"))},
            {"split": Split(payee="acct_1", fee=Money(10, "usd"))},
            {"split": Split(payee="acct_1", percent=10)},
            {"split": Split(payee="acct_1", fee=Money(10, "eur")), "promo": True},
        ],
        ids=repr,
    )
    async def test_what_is_no_order_is_refused(self, provider: PaymentProvider, wrong: dict[str, object]) -> None:
        need(provider, PayCap.ONE_OFF)
        with pytest.raises(Invalid):
            await provider.create_checkout(
                replace(tip(), **wrong),  # type: ignore[arg-type]  # wrong on purpose
                idempotency_key=new(),
            )

    @pytest.mark.parametrize("currency", ["eur", "jpy", "kwd", "isk"])
    async def test_amounts_are_minor_units_in_every_currency(self, vendor: Vendor, currency: str) -> None:
        need(vendor.provider, PayCap.ONE_OFF)
        spec = tip(1230, currency)
        await vendor.paid(spec)
        if vendor.hands is not None:
            [event] = await vendor.events("payment.completed")
            assert (event.data["amount"], event.data["currency"]) == (1230, currency)

    async def test_what_is_paid_is_told_with_our_reference(self, vendor: Vendor) -> None:
        need(vendor.provider, PayCap.ONE_OFF)
        spec = tip()
        payment = await vendor.paid(spec)
        if vendor.hands is None:
            return
        [event] = await vendor.events("payment.completed")
        assert (event.ref, event.subject, event.data["amount"]) == (spec.ref, payment, 1000)
        checkout = await vendor.provider.get_checkout(event.data["checkout"])
        assert (checkout.status, checkout.payment) == ("complete", payment)

    async def test_a_declined_card_pays_nothing_and_the_checkout_stays_open(self, vendor: Vendor) -> None:
        need(vendor.provider, PayCap.ONE_OFF)
        checkout = await vendor.provider.create_checkout(tip(), idempotency_key=new())
        if vendor.hands is None:
            return
        await vendor.hands.pay(checkout.id, declined=True)
        assert (await vendor.provider.get_checkout(checkout.id)).status == "open"
        [failed] = await vendor.events()
        assert (failed.type, failed.data["code"]) == ("payment.failed", "card_declined")
        await vendor.hands.pay(checkout.id)
        assert (await vendor.provider.get_checkout(checkout.id)).status == "complete"

    # --- subscriptions

    async def test_a_price_is_the_same_for_a_reference_and_an_amount(self, vendor: Vendor) -> None:
        need(vendor.provider, PayCap.SUBSCRIPTIONS)
        ref, ensure = new(), vendor.provider.ensure_price
        first = await ensure(ref=ref, name="Fan", price=Money(500, "eur"), every="month")
        assert first
        assert await ensure(ref=ref, name="Fan", price=Money(500, "eur"), every="month") == first
        other = await ensure(ref=ref, name="Fan", price=Money(700, "eur"), every="month")
        assert other != first or vendor.hands is None

    async def test_a_subscription_begins_renews_and_ends(self, vendor: Vendor) -> None:
        need(vendor.provider, PayCap.SUBSCRIPTIONS)
        provider, spec = vendor.provider, await self._plan(vendor)
        await vendor.paid(spec)
        if vendor.hands is None:
            return
        [begun] = await vendor.events("subscription.active")
        assert await provider.resolve_payment(begun.data["payment"])
        now = await provider.get_subscription(begun.subject)
        assert (now.status, now.ref, now.ends_at_period_end) == ("active", spec.ref, False)
        if has(provider, PayCap.CLOCK):
            assert isinstance(provider, Clocked)
            await provider.advance(timedelta(days=32))
            renewed = await vendor.events("subscription.active")
            assert len({event.data["fact"] for event in renewed}) == 2
            assert (await provider.get_subscription(begun.subject)).paid_until > now.paid_until  # type: ignore[operator]  # it is paid
        assert (await provider.cancel_subscription(begun.subject)).ends_at_period_end
        assert (await provider.cancel_subscription(begun.subject)).status == "active"
        if has(provider, PayCap.CLOCK):
            assert isinstance(provider, Clocked)
            await provider.advance(timedelta(days=32))
            assert (await provider.get_subscription(begun.subject)).status == "ended"
            assert len(await vendor.events("subscription.ended")) == 1

    async def test_a_subscription_can_end_at_once_and_only_once(self, vendor: Vendor) -> None:
        need(vendor.provider, PayCap.SUBSCRIPTIONS)
        await vendor.paid(await self._plan(vendor))
        if vendor.hands is None:
            assert (await vendor.provider.cancel_subscription("sub_conformance", at_period_end=False)).id
            return
        [begun] = await vendor.events("subscription.active")
        for _ in range(2):
            ended = await vendor.provider.cancel_subscription(begun.subject, at_period_end=False)
            assert ended.status == "ended"
        assert len(await vendor.events("subscription.ended")) == 1

    async def test_a_card_that_declines_at_renewal_makes_it_past_due(self, vendor: Vendor) -> None:
        need(vendor.provider, PayCap.SUBSCRIPTIONS)
        need(vendor.provider, PayCap.CLOCK)
        assert isinstance(vendor.provider, Clocked)
        await vendor.paid(await self._plan(vendor), renewals_decline=True)
        [begun] = await vendor.events("subscription.active")
        await vendor.provider.advance(timedelta(days=32))
        assert (await vendor.provider.get_subscription(begun.subject)).status == "past_due"
        assert await vendor.events("subscription.past_due")
        await vendor.provider.advance(timedelta(days=60))
        assert (await vendor.provider.get_subscription(begun.subject)).status == "ended"
        assert len(await vendor.events("subscription.active")) == 1

    async def test_customers_have_a_page(self, provider: PaymentProvider) -> None:
        need(provider, PayCap.PORTAL)
        customer = await provider.ensure_customer(ref=new(), email="fan@example.org")
        assert await provider.portal_url(customer, return_url=SUCCESS)

    # --- money back

    async def test_a_refund_gives_back_what_is_left_and_no_more(self, vendor: Vendor) -> None:
        need(vendor.provider, PayCap.REFUNDS)
        provider, payment = vendor.provider, await vendor.paid(tip())
        part = await provider.refund(payment, Money(300, "eur"), reverse_split=False, idempotency_key=new())
        assert part
        rest = await provider.refund(payment, None, reverse_split=False, idempotency_key=new())
        if vendor.hands is None:
            return
        told = await vendor.events("payment.refunded")
        assert [(event.data["refund"], event.data["amount"]) for event in told] == [(part, 300), (rest, 700)]
        with pytest.raises(Conflict):
            await provider.refund(payment, Money(1, "eur"), reverse_split=False, idempotency_key=new())

    async def test_a_key_is_one_refund(self, vendor: Vendor) -> None:
        need(vendor.provider, PayCap.REFUNDS)
        payment, key = await vendor.paid(tip()), new()
        refund = vendor.provider.refund
        first = await refund(payment, Money(600, "eur"), reverse_split=False, idempotency_key=key)
        assert await refund(payment, Money(600, "eur"), reverse_split=False, idempotency_key=key) == first
        if vendor.hands is not None:
            assert len(await vendor.events("payment.refunded")) == 1

    async def test_a_dispute_is_told_and_its_end_too(self, vendor: Vendor) -> None:
        need(vendor.provider, PayCap.DISPUTES)
        assert isinstance(vendor.provider, Receiving)
        payment = await vendor.paid(tip())
        if vendor.hands is None:
            return
        dispute = await vendor.hands.dispute(payment)
        [opened] = await vendor.events("dispute.opened")
        assert (opened.subject, opened.data["payment"], opened.data["amount"]) == (dispute, payment, 1000)
        if has(vendor.provider, PayCap.REFUNDS):
            with pytest.raises(Conflict):
                await vendor.provider.refund(payment, None, reverse_split=False, idempotency_key=new())
        await vendor.hands.close_dispute(dispute, payment, won=False)
        [closed] = await vendor.events("dispute.closed")
        assert closed.data["outcome"] == "lost"

    # --- payees

    async def test_a_payee_owes_answers_until_they_are_given(self, vendor: Vendor) -> None:
        need(vendor.provider, PayCap.PAYEES)
        provider, payee_id = vendor.provider, await vendor.payee(onboarded=False)
        assert await provider.onboarding_url(payee_id, return_url=SUCCESS, refresh_url=CANCEL)
        if vendor.hands is None:
            assert (await provider.get_payee(payee_id)).id
            return
        before = await provider.get_payee(payee_id)
        assert before.due
        assert not before.can_pay_out
        await vendor.hands.onboard(payee_id)
        after = await provider.get_payee(payee_id)
        assert (after.can_charge, after.can_pay_out, tuple(after.due)) == (True, True, ())
        assert (await vendor.events("payee.updated"))[-1].data["can_pay_out"] is True

    async def test_a_key_is_one_payee(self, provider: PaymentProvider) -> None:
        need(provider, PayCap.PAYEES)
        ref, key, email = new(), new(), "creator@example.org"
        first = await provider.create_payee(ref=ref, country="DE", email=email, idempotency_key=key)
        assert (await provider.create_payee(ref=ref, country="DE", email=email, idempotency_key=key)).id == first.id

    async def test_a_payee_gets_the_payment_but_for_the_fee(self, vendor: Vendor) -> None:
        need(vendor.provider, PayCap.PAYEES)
        payee = await vendor.payee()
        payment = await vendor.paid(tip(1000, split=Split(payee=payee, fee=Money(150, "eur"))))
        held = await vendor.provider.balance(payee)
        if vendor.hands is None:
            return
        assert held.available.get("eur", 0) + held.pending.get("eur", 0) == 850
        await vendor.provider.refund(payment, None, reverse_split=True, idempotency_key=new())
        held = await vendor.provider.balance(payee)
        assert held.available.get("eur", 0) + held.pending.get("eur", 0) == 0

    # --- all of it, one after the other

    async def test_the_whole_way_of_money(self, vendor: Vendor) -> None:
        """checkout, paid, refund, dispute, payout: the scenario that a site lives through with any vendor."""
        provider, hands = vendor.provider, vendor.hands
        for capability in (PayCap.ONE_OFF, PayCap.PAYEES, PayCap.REFUNDS, PayCap.PAYOUT):
            need(provider, capability)
        payee = await vendor.payee()
        split = Split(payee=payee, fee=Money(100, "eur"))
        first, second, third = [await vendor.paid(tip(1000, split=split)) for _ in range(3)]
        assert await provider.refund(first, None, reverse_split=True, idempotency_key=new())
        if hands is not None:
            dispute = await hands.dispute(second)
            await hands.close_dispute(dispute, second, won=True)
        if has(provider, PayCap.CLOCK):
            assert isinstance(provider, Clocked)
            await provider.advance(timedelta(days=8))
        key = new()
        payout = await provider.pay_out(payee, Money(1500, "eur"), idempotency_key=key)
        assert await provider.pay_out(payee, Money(1500, "eur"), idempotency_key=key) == payout
        if hands is None:
            return
        assert first != second != third
        with pytest.raises(Conflict):
            await provider.pay_out(payee, Money(301, "eur"), idempotency_key=new())
        if has(provider, PayCap.CLOCK):
            assert isinstance(provider, Clocked)
            await provider.advance(timedelta(days=8))
        held = await provider.balance(payee)
        assert (held.available.get("eur"), held.pending.get("eur", 0)) == (300, 0)
        types = [event.type for event in await vendor.events()]
        assert types.count("payment.completed") == 3
        assert [types.count(each) for each in ("payment.refunded", "dispute.opened", "dispute.closed")] == [1, 1, 1]
        assert types.count("payout.paid") == 1

    # --- what is not there, what is not theirs

    async def test_what_is_not_there_is_not_found(self, vendor: Vendor) -> None:
        if vendor.hands is None:
            return
        provider = vendor.provider
        calls = [
            provider.get_checkout("co_none"),
            provider.get_subscription("sub_none"),
            provider.get_payee("acct_none"),
        ]
        for call in calls:
            with pytest.raises(NotFound):
                await call

    async def test_events_are_told_once_each_and_signed(self, vendor: Vendor) -> None:
        if vendor.hands is None or not isinstance(vendor.provider, Receiving):
            return
        await vendor.paid(tip())
        [request] = await vendor.hands.told()
        assert vendor.provider.parse_webhook(request) == vendor.provider.parse_webhook(request)
        day = timedelta(days=1)
        for wrong in (
            replace(request, body=request.body.replace(b"1000", b"9000")),
            replace(request, headers={}),
            replace(request, received_at=request.received_at + day),
            replace(request, received_at=request.received_at - day),
        ):
            with pytest.raises(WebhookRejected):
                vendor.provider.parse_webhook(wrong)

    async def test_what_is_not_declared_is_refused(self, provider: PaymentProvider) -> None:
        money = Money(100, "eur")
        email = "creator@example.org"
        calls: dict[PayCap, Callable[[], Awaitable[object]]] = {
            PayCap.ONE_OFF: lambda: provider.create_checkout(tip(), idempotency_key=new()),
            PayCap.SUBSCRIPTIONS: lambda: provider.ensure_price(ref="a", name="A", price=money, every="year"),
            PayCap.PORTAL: lambda: provider.portal_url("cus_1", return_url=SUCCESS),
            PayCap.REFUNDS: lambda: provider.refund("pay_1", None, reverse_split=False, idempotency_key=new()),
            PayCap.PAYEES: lambda: provider.create_payee(ref="a", country="DE", email=email, idempotency_key=new()),
            PayCap.PAYOUT: lambda: provider.pay_out("acct_1", money, idempotency_key=new()),
        }
        for capability, call in calls.items():
            if not has(provider, capability):
                with pytest.raises(Unsupported):
                    await call()
        assert has(provider, PayCap.CLOCK) == isinstance(provider, Clocked)
        assert has(provider, PayCap.DISPUTES) <= isinstance(provider, Receiving)
