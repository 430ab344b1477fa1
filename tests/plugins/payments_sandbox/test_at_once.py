"""Many at once: one key is one deed, money is drawn once."""

import asyncio
from datetime import timedelta

from sandbox_support import parts_on

from aethex_live.clock import ManualClock
from aethex_live.db import Database
from aethex_live.providers import Conflict
from aethex_live.providers.payments import CheckoutSpec, Money, Split
from aethex_plugins.payments_sandbox.cards import BY_KEY
from aethex_plugins.payments_sandbox.models import Checkout, Notice, Payment, Refund
from aethex_plugins.payments_sandbox.payees import GOOD_BANK
from aethex_plugins.payments_sandbox.service import SandboxPayments


def spec(ref: str, payee: str | None = None) -> CheckoutSpec:
    return CheckoutSpec(
        ref=ref,
        description="A tip",
        success_url="https://site.example/",
        cancel_url="https://site.example/",
        amount=Money(1000, "eur"),
        split=Split(payee=payee) if payee else None,
    )


async def test_one_key_at_once_is_one_deed_and_one_payment(database: Database):
    parts = parts_on(database, ManualClock())
    provider = SandboxPayments(parts, "https://site.example")
    made = await asyncio.gather(*(provider.create_checkout(spec("a"), idempotency_key="k") for _ in range(12)))
    assert len({checkout.id for checkout in made}) == await Checkout.all().count() == 1
    clicks = await asyncio.gather(
        *(parts.checkouts.pay(made[0].id, BY_KEY["good"]) for _ in range(12)), return_exceptions=True
    )
    assert clicks.count("ok") == await Payment.all().count() == 1
    payment = (await provider.get_checkout(made[0].id)).payment
    refund = [provider.refund(payment, None, reverse_split=False, idempotency_key="r") for _ in range(12)]
    assert len(set(await asyncio.gather(*refund))) == await Refund.all().count() == 1
    assert [row.type for row in await Notice.all().order_by("number")] == ["payment.completed", "payment.refunded"]


async def test_a_balance_is_drawn_once(database: Database):
    parts = parts_on(database, ManualClock())
    provider = SandboxPayments(parts, "https://site.example")
    payee = await provider.create_payee(ref="c", country="DE", email="c@example.org", idempotency_key="p")
    await parts.payees.onboard(payee.id, "Ada", "1990-12-31", GOOD_BANK)
    checkout = await provider.create_checkout(spec("a", payee.id), idempotency_key="k")
    await parts.checkouts.pay(checkout.id, BY_KEY["good"])
    await provider.advance(timedelta(days=3))
    # connections are there already, or the first would be done before the others have one
    await asyncio.gather(*(database.fetch("select pg_sleep(0.1)", []) for _ in range(8)))
    drawn = await asyncio.gather(
        *(provider.pay_out(payee.id, Money(600, "eur"), idempotency_key=str(n)) for n in range(8)),
        return_exceptions=True,
    )
    assert [type(result) for result in drawn if not isinstance(result, str)] == [Conflict] * 7
    assert (await provider.balance(payee.id)).available == {"eur": 400}


async def test_two_clocks_at_once_renew_once(database: Database):
    parts = parts_on(database, ManualClock())
    provider = SandboxPayments(parts, "https://site.example")
    price = await provider.ensure_price(ref="fan", name="Fan", price=Money(500, "eur"), every="month")
    order = CheckoutSpec(
        ref="s", description="Fan", success_url="https://s.example/", cancel_url="https://s.example/", price=price
    )
    checkout = await provider.create_checkout(order, idempotency_key="k")
    await parts.checkouts.pay(checkout.id, BY_KEY["good"])
    await asyncio.gather(provider.advance(timedelta(days=31)), *(parts.passing.tick() for _ in range(6)))
    assert await Notice.filter(type="subscription.active").count() == 2
