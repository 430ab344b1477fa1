"""Tip, refund, dispute, payout: the same text on every payment provider, and the provider switched half-way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin

import pytest
import pytest_asyncio
from pay_stands import FakeHands, SandboxHands, pay_stands
from swap_kit import House, Stand, post, until

from aethex_live.models import WebhookEvent
from aethex_live.providers import Conflict, Kind, Offer
from aethex_live.providers.payments import CheckoutSpec, Clocked, Money, PayCap, PaymentProvider, Split
from aethex_live.providers.webhooks import Receiving
from aethex_live.testing.conformance.payments import Vendor, new, tip
from aethex_live.testing.fakes import FakePayments
from sites import LiveSite
from swap_report import Steps

PROVIDERS = ("sandbox", "stripe", "fake")
SWITCHES = [("sandbox", "stripe"), ("stripe", "sandbox")]
# the sandbox is there where it is chosen or enabled, never by chance
SETTINGS: Mapping[str, Any] = {"enable": ("payments_sandbox",)}
BACK = "https://site.example/paid"


async def opened(house: House, chosen: str) -> LiveSite:
    """The site with this provider chosen, and the sandbox's hands at its parts."""
    site = await house.start(chosen)
    hands = house.stand("sandbox").hands
    assert isinstance(hands, SandboxHands)
    hands.at(site.platform.providers.payments("sandbox"))
    return site


@pytest_asyncio.fixture(scope="module")
async def house(database_copy: Any, tmp_path_factory: Any) -> AsyncIterator[House]:
    """A site with every payment provider set up, the one in memory among them."""
    with pay_stands() as stands:
        folder = tmp_path_factory.mktemp("swap")
        async with House("payments", await database_copy(), folder, stands, SETTINGS) as made:
            site, fake = await opened(made, "sandbox"), FakePayments()
            site.platform.providers.install(
                "payments_sandbox", Kind.PAYMENTS, Offer("fake", lambda: fake), announced=True
            )
            made.stands = [*stands, Stand("fake", "", hands=FakeHands(fake))]
            yield made


class Till:
    """A creator, and what fans pay to them by one provider."""

    def __init__(self, provider: Any, hands: Any) -> None:
        self.provider, self.vendor = provider, Vendor(provider, hands)
        self.payee = ""
        self.tips: list[str] = []
        self.subscription = ""

    def order(self) -> CheckoutSpec:
        return tip(1000, split=Split(payee=self.payee, fee=Money(100, "eur")))

    async def onboard(self) -> None:
        assert isinstance(self.provider, PaymentProvider)
        self.payee = await self.vendor.payee(onboarded=False)
        assert (await self.provider.get_payee(self.payee)).due
        assert await self.provider.onboarding_url(self.payee, return_url=BACK, refresh_url=BACK)
        await self.vendor.hands.onboard(self.payee)
        assert (await self.provider.get_payee(self.payee)).can_pay_out

    async def tip(self) -> None:
        self.tips = [await self.vendor.paid(self.order()) for _ in range(3)]
        assert await self.holds() == 2700

    async def holds(self) -> int:
        held = await self.provider.balance(self.payee)
        return int(held.available.get("eur", 0) + held.pending.get("eur", 0))

    async def subscribe(self) -> None:
        price = await self.provider.ensure_price(ref=new(), name="Fan", price=Money(500, "eur"), every="month")
        customer = await self.provider.ensure_customer(ref=new(), email="fan@example.org")
        ref = new()
        order = CheckoutSpec(
            ref=ref, description="Fan", success_url=BACK, cancel_url=BACK, price=price, customer=customer
        )
        await self.vendor.paid(order)
        [begun] = [event for event in await self.vendor.events("subscription.active") if event.ref == ref]
        self.subscription = begun.subject
        assert (await self.provider.get_subscription(self.subscription)).status == "active"

    async def visit_portal(self) -> None:
        customer = await self.provider.ensure_customer(ref=new(), email="fan@example.org")
        assert await self.provider.portal_url(customer, return_url=BACK)

    async def refund(self) -> None:
        key, back = new(), self.provider.refund
        first = await back(self.tips[0], None, reverse_split=True, idempotency_key=key)
        assert await back(self.tips[0], None, reverse_split=True, idempotency_key=key) == first
        [told] = [e for e in await self.vendor.events("payment.refunded") if e.data["refund"] == first]
        assert (told.data["payment"], told.data["amount"]) == (self.tips[0], 1000)
        assert await self.holds() == 1800
        with pytest.raises(Conflict):
            await back(self.tips[0], Money(1, "eur"), reverse_split=False, idempotency_key=new())

    async def dispute(self) -> None:
        dispute = await self.vendor.hands.dispute(self.tips[1])
        with pytest.raises(Conflict):
            await self.provider.refund(self.tips[1], None, reverse_split=True, idempotency_key=new())
        await self.vendor.hands.close_dispute(dispute, self.tips[1], won=True)
        told = [event for event in await self.vendor.events() if event.subject == dispute]
        assert [event.type for event in told] == ["dispute.opened", "dispute.closed"]
        assert told[-1].data["outcome"] == "won"

    async def pass_time(self) -> None:
        assert isinstance(self.provider, Clocked)
        before = await self.provider.advance(timedelta(0))
        assert await self.provider.advance(timedelta(days=8)) - before >= timedelta(days=8)

    async def pay_out(self) -> None:
        key = new()
        payout = await self.provider.pay_out(self.payee, Money(1500, "eur"), idempotency_key=key)
        assert await self.provider.pay_out(self.payee, Money(1500, "eur"), idempotency_key=key) == payout
        with pytest.raises(Conflict):
            await self.provider.pay_out(self.payee, Money(301, "eur"), idempotency_key=new())
        assert await self.holds() == 300

    async def cancel(self) -> None:
        for _ in range(2):
            ended = await self.provider.cancel_subscription(self.subscription, at_period_end=False)
            assert ended.status == "ended"

    async def promote(self) -> None:
        order = tip(1000)
        checkout = await self.provider.create_checkout(
            CheckoutSpec(
                ref=order.ref,
                description="A tip",
                success_url=BACK,
                cancel_url=BACK,
                amount=order.amount,
                promo=True,
            ),
            idempotency_key=new(),
        )
        assert checkout.status == "open"


async def take_money(steps: Steps, till: Till) -> None:
    """The first half."""
    await steps.take("a creator joins", till.onboard, PayCap.PAYEES)
    await steps.take("tip", till.tip, PayCap.ONE_OFF, PayCap.PAYEES)
    await steps.take("subscribe", till.subscribe, PayCap.SUBSCRIPTIONS)


async def give_money(steps: Steps, till: Till) -> None:
    """The second half."""
    await steps.take("refund", till.refund, PayCap.REFUNDS)
    await steps.take("dispute", till.dispute, PayCap.DISPUTES)
    await steps.take("move its time", till.pass_time, PayCap.CLOCK)
    await steps.take("payout", till.pay_out, PayCap.PAYOUT)
    await steps.take("cancel the subscription", till.cancel, PayCap.SUBSCRIPTIONS)
    await steps.take("the customer's page", till.visit_portal, PayCap.PORTAL)
    await steps.take("a checkout that takes codes", till.promote, PayCap.PROMO)


@pytest.mark.parametrize("name", PROVIDERS)
async def test_money_goes_its_way_at_any_provider(house: House, name: str, steps_of: Callable[..., Steps]) -> None:
    assert house.site is not None
    provider = house.site.platform.providers.payments(name)
    steps, till = steps_of("payments", provider), Till(provider, house.stand(name).hands)
    await take_money(steps, till)
    await give_money(steps, till)
    steps.rest(PayCap)


@pytest.mark.parametrize(("old", "new_one"), SWITCHES)
async def test_the_payment_provider_is_switched_half_way(
    old: str, new_one: str, whole_dsn: Any, tmp_path: Any, steps_of: Callable[..., Steps]
) -> None:
    with pay_stands() as stands:
        async with House("payments", await whole_dsn(), tmp_path, stands, SETTINGS) as house:
            await _switch(house, old, new_one, steps_of)


async def _switch(house: House, old: str, new_one: str, steps_of: Callable[..., Steps]) -> None:
    # Given a creator, tips and a subscription at one provider
    site = await opened(house, old)
    before = Till(site.platform.providers.payments(), house.stand(old).hands)
    steps = steps_of("payments", before.provider, f"{old} -> {new_one}")
    await take_money(steps, before)

    # When the site starts with another one chosen
    site = await opened(house, new_one)
    # Then refunds, disputes and payouts of before go to the one that took the money
    before.provider = site.platform.providers.payments(old)
    before.vendor = Vendor(before.provider, house.stand(old).hands)
    assert before.provider.name == old
    await give_money(steps, before)
    await steps.take("what the old one tells is heard", lambda: _heard(site, before))
    # and new money is taken and given by the new one
    after = Till(site.platform.providers.payments(), house.stand(new_one).hands)
    assert after.provider.name == new_one
    more = steps_of("payments", after.provider, f"{old} -> {new_one}")
    await take_money(more, after)
    await give_money(more, after)
    await more.take("what the new one tells is heard", lambda: _heard(site, after))


async def _heard(site: LiveSite, till: Till) -> None:
    """Every webhook is taken at the provider's own address, and each event kept once."""
    name = till.provider.name
    told = await till.vendor.hands.told()
    assert isinstance(till.provider, Receiving)
    if name != "sandbox":  # which posts by itself
        for request in told:
            await post(urljoin(site.url, f"webhooks/payments/{name}"), request.body, request.headers)
    ids = {event.id for request in told for event in till.provider.parse_webhook(request)}
    assert ids

    async def all_kept() -> bool:
        rows = await WebhookEvent.filter(kind="payments", provider=name).values("event_id")
        return {row["event_id"] for row in rows} >= ids

    await until(all_kept, 30)
