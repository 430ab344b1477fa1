"""Subscriptions: months of a calendar, cards that decline, customers who change their minds."""

from datetime import UTC, datetime, timedelta

import pytest

from aethex_live.clock import ManualClock
from aethex_live.errors import NotFound
from aethex_live.providers import Invalid
from aethex_live.providers.payments import CheckoutSpec, Money
from aethex_plugins.payments_sandbox.cards import BY_KEY
from aethex_plugins.payments_sandbox.models import Notice
from aethex_plugins.payments_sandbox.subscriptions import months_later


@pytest.fixture
def clock():
    return ManualClock(datetime(2026, 1, 31, 12, tzinfo=UTC))


async def begun(provider, parts, card="good", every="month"):
    """A subscription whose first period is paid, and its customer."""
    price = await provider.ensure_price(ref="fan", name="Fan", price=Money(500, "eur"), every=every)
    customer = await provider.ensure_customer(ref="ada", email="ada@example.org")
    spec = CheckoutSpec(
        ref="order",
        description="Fan",
        success_url="https://site.example/",
        cancel_url="https://site.example/",
        price=price,
        customer=customer,
    )
    checkout = await provider.create_checkout(spec, idempotency_key="1")
    await parts.checkouts.pay(checkout.id, BY_KEY[card])
    return (await provider.get_checkout(checkout.id)).subscription, customer


async def told(*types):
    rows = await Notice.all().order_by("number")
    return [
        (row.type.split(".")[1], row.occurred_at.date().isoformat()) for row in rows if not types or row.type in types
    ]


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ((2026, 1, 31), 1, (2026, 2, 28)),
        ((2026, 1, 31), 2, (2026, 3, 31)),
        ((2027, 12, 31), 2, (2028, 2, 29)),
        ((2026, 1, 31), 12, (2027, 1, 31)),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last_one(start, months, end):
    assert months_later(datetime(*start, tzinfo=UTC), months) == datetime(*end, tzinfo=UTC)


async def test_renewals_come_on_the_day_it_began_each_told_at_its_time(provider, parts):
    await begun(provider, parts)
    await provider.advance(timedelta(days=95))
    assert await told() == [
        ("active", "2026-01-31"),
        ("active", "2026-02-28"),
        ("active", "2026-03-31"),
        ("active", "2026-04-30"),
    ]


async def test_a_year_is_a_year(provider, parts):
    subscription, _ = await begun(provider, parts, every="year")
    assert (await provider.get_subscription(subscription)).paid_until == datetime(2027, 1, 31, 12, tzinfo=UTC)


async def test_steps_of_the_clock_do_not_matter(provider, parts):
    await begun(provider, parts)
    for _ in range(95):
        await provider.advance(timedelta(days=1))
    assert len(await told("subscription.active")) == 4


async def test_what_is_declined_is_tried_three_times_more_then_it_ends(provider, parts):
    await begun(provider, parts, "once")
    await provider.advance(timedelta(days=60))
    assert await told() == [
        ("active", "2026-01-31"),
        ("past_due", "2026-02-28"),
        ("past_due", "2026-03-03"),
        ("past_due", "2026-03-08"),
        ("ended", "2026-03-15"),
    ]


async def test_another_card_pays_at_once_and_months_count_from_then(provider, parts):
    subscription, customer = await begun(provider, parts, "once")
    await provider.advance(timedelta(days=30))
    await parts.subscriptions.change_card(customer, BY_KEY["good"])
    now = await provider.get_subscription(subscription)
    assert (now.status, now.paid_until.date().isoformat()) == ("active", "2026-04-02")
    await provider.advance(timedelta(days=32))
    assert (await told("subscription.active"))[-1] == ("active", "2026-04-02")


async def test_who_cancels_keeps_what_was_paid_and_may_come_back(provider, parts):
    subscription, customer = await begun(provider, parts)
    await parts.subscriptions.cancel_of(subscription, customer)
    await parts.subscriptions.resume(subscription, customer)
    await provider.advance(timedelta(days=32))
    assert (await provider.get_subscription(subscription)).status == "active"
    await parts.subscriptions.cancel_of(subscription, customer)
    await provider.advance(timedelta(days=32))
    assert (await provider.get_subscription(subscription)).status == "ended"
    await parts.subscriptions.resume(subscription, customer)
    assert (await provider.get_subscription(subscription)).status == "ended"


async def test_nobody_ends_what_is_somebody_elses(provider, parts):
    subscription, _ = await begun(provider, parts)
    with pytest.raises(NotFound):
        await parts.subscriptions.cancel_of(subscription, "cus_other")
    with pytest.raises(NotFound):
        await parts.subscriptions.resume(subscription, "cus_other")


@pytest.mark.parametrize("by", [timedelta(seconds=-1), timedelta(days=800)])
async def test_the_clock_goes_on_and_not_too_far(provider, by):
    with pytest.raises(Invalid):
        await provider.advance(by)


async def test_the_clock_of_the_site_counts_too(provider, parts, clock):
    await begun(provider, parts)
    clock.advance(32 * 24 * 3600)
    await parts.passing.tick()
    assert len(await told("subscription.active")) == 2
