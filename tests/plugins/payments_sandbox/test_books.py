"""Money is neither made nor lost: whatever people, banks and time do, the books say the same as a second count."""

import uuid
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sandbox_support import parts_on

from aethex_live.clock import ManualClock
from aethex_live.db import Database
from aethex_live.errors import Refusal
from aethex_live.providers import ProviderError
from aethex_live.providers.payments import CheckoutSpec, Money, Split
from aethex_plugins.payments_sandbox.books import Line, back_of, balance, book, payee_account, share_of, totals
from aethex_plugins.payments_sandbox.cards import BY_KEY
from aethex_plugins.payments_sandbox.models import Entry, Notice
from aethex_plugins.payments_sandbox.payees import BAD_BANK, GOOD_BANK
from aethex_plugins.payments_sandbox.service import SandboxPayments


@given(st.integers(1, 10**8), st.integers(0, 10**8), st.data())
def test_a_share_and_its_returns_add_up(amount, fee, data):
    share = share_of(amount, min(fee, amount), None)
    parts, before, back = [], 0, 0
    while before < amount and len(parts) < 6:
        more = data.draw(st.integers(1, amount - before)) if len(parts) < 5 else amount - before
        back += back_of(share, amount, before, more)
        before += more
        parts.append(more)
    if before == amount:
        assert back == share
    assert 0 <= back <= share


@given(st.integers(1, 10**8), st.integers(0, 100))
def test_a_percentage_is_rounded_for_the_payee(amount, percent):
    share = share_of(amount, None, percent)
    assert 0 <= amount - share <= amount * percent / 100


async def test_lines_that_do_not_balance_are_refused(rolled_back: Database, clock: ManualClock):
    with pytest.raises(AssertionError):
        await book("x:y", "eur", clock.now(), Line("a", 5), Line("b", -4))


TABLES = ", ".join(f"payments_sandbox_{name}" for name in ("entry", "notice", "payment", "payout", "state"))
ACTS = st.one_of(
    st.tuples(
        st.just("pay"),
        st.integers(1, 5000),
        st.sampled_from(["good", "disputed", "declined"]),
        st.integers(0, 2),
        st.sampled_from(["eur", "jpy"]),
    ),
    st.tuples(st.just("refund"), st.integers(0, 8), st.integers(0, 3000), st.booleans()),
    st.tuples(st.just("dispute"), st.integers(0, 8)),
    st.tuples(st.just("decide"), st.integers(0, 8), st.booleans()),
    st.tuples(st.just("pay_out"), st.integers(0, 1), st.integers(1, 4000), st.sampled_from(["eur", "jpy"])),
    st.tuples(st.just("time"), st.integers(0, 96)),
    st.tuples(st.just("repeat"), st.integers(0, 30)),
)


@dataclass
class World:
    """What the test does and counts by itself, from what was told alone."""

    provider: SandboxPayments
    parts: object
    payees: list[str]
    run: str
    calls: list = field(default_factory=list)

    async def act(self, act: tuple) -> None:
        try:
            await getattr(self, f"do_{act[0]}")(*act[1:])
        except (ProviderError, Refusal) as refused:
            event(f"{act[0]}: {type(refused).__name__}")
        else:
            event(act[0])

    async def do_pay(self, amount, card, who, currency):
        split = Split(payee=self.payees[who], fee=Money(amount // 10, currency)) if who < 2 else None
        spec = CheckoutSpec(
            ref=uuid.uuid4().hex,
            description="Tip",
            success_url="https://site.example/",
            cancel_url="https://site.example/",
            amount=Money(amount, currency),
            split=split,
        )
        checkout = await self.provider.create_checkout(spec, idempotency_key=spec.ref)
        await self.parts.checkouts.pay(checkout.id, BY_KEY[card])

    async def do_refund(self, which, amount, reverse_split):
        paid = await self.told("payment.completed")
        if paid:
            row = paid[which % len(paid)]
            money = Money(amount, row["currency"]) if amount else None
            key = uuid.uuid4().hex
            call = lambda: self.provider.refund(row["payment"], money, reverse_split=reverse_split, idempotency_key=key)  # noqa: E731
            self.calls.append((call, await call()))

    async def do_dispute(self, which):
        paid = await self.told("payment.completed")
        if paid:
            await self.parts.returns.dispute(paid[which % len(paid)]["payment"])

    async def do_decide(self, which, won):
        opened = await self.told("dispute.opened")
        if opened:
            await self.parts.returns.decide(opened[which % len(opened)]["dispute"], won=won)

    async def do_pay_out(self, who, amount, currency):
        key = uuid.uuid4().hex
        call = lambda: self.provider.pay_out(self.payees[who], Money(amount, currency), idempotency_key=key)  # noqa: E731
        self.calls.append((call, await call()))

    async def do_time(self, hours):
        await self.provider.advance(timedelta(hours=hours))

    async def do_repeat(self, which):
        """A call whose answer was lost is made again."""
        if self.calls:
            call, result = self.calls[which % len(self.calls)]
            assert await call() == result

    async def told(self, type_):
        return [row.data for row in await Notice.filter(type=type_).order_by("number")]


async def check(world: World, db: Database) -> None:
    """The books against what was told, currency by currency."""
    sums = await totals(db)
    for currency in ("eur", "jpy"):
        held = sums.get(currency, {})
        total = {
            kind: sum(data["amount"] for data in await world.told(kind) if data["currency"] == currency)
            for kind in ("payment.completed", "payment.refunded", "dispute.opened", "dispute.closed", "payout.paid")
        }
        lost = sum(
            data["amount"]
            for data in await world.told("dispute.closed")
            if data["currency"] == currency and data["outcome"] == "lost"
        )
        assert sum(held.values()) == 0
        assert -held.get("customers", 0) == total["payment.completed"] - total["payment.refunded"] - lost
        assert held.get("disputes", 0) == total["dispute.opened"] - total["dispute.closed"]
        assert held.get("banks", 0) == total["payout.paid"]
        assert min(held.get("transit", 0), held.get("disputes", 0), held.get("banks", 0)) >= 0
    facts = [row.data["fact"] for row in await Notice.all()]
    assert len(facts) == len(set(facts))
    await check_payees(world, db)


async def check_payees(world: World, db: Database) -> None:
    """A payee is below zero only by what was taken back after it had been drawn."""
    for payee in world.payees:
        for currency, held in (await balance(db, payee_account(payee), await world.parts.desk.now())).available.items():
            rows = await Entry.filter(account=payee_account(payee), currency=currency)
            taken_back = -sum(row.amount for row in rows if row.fact.startswith("re_"))
            assert taken_back >= 0
            assert held >= -taken_back


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(ACTS, min_size=4, max_size=14))
async def test_whatever_happens_no_money_is_made_or_lost(rolled_back: Database, acts: list[tuple]):
    # Given two creators, one whose bank sends payouts back
    await rolled_back.execute(f"truncate {TABLES}")
    parts = parts_on(rolled_back, ManualClock())
    provider = SandboxPayments(parts, "https://site.example")
    payees = []
    for bank in (GOOD_BANK, BAD_BANK):
        payee = await provider.create_payee(
            ref="c", country="DE", email="c@example.org", idempotency_key=uuid.uuid4().hex
        )
        await parts.payees.onboard(payee.id, "Ada", "1990-12-31", bank)
        payees.append(payee.id)
    world = World(provider, parts, payees, uuid.uuid4().hex)
    # When anything happens, then the books are right after each act
    for act in acts:
        await world.act(act)
        await check(world, rolled_back)


@pytest.fixture
async def one_payment(rolled_back: Database, clock: ManualClock) -> World:
    """A payment of 1,000 to the platform."""
    parts = parts_on(rolled_back, clock)
    world = World(SandboxPayments(parts, "https://site.example"), parts, [], "")
    await world.do_pay(1000, "good", 2, "eur")
    return world


async def test_a_refund_is_in_the_currency_of_its_payment(one_payment: World):
    [paid] = await one_payment.told("payment.completed")
    for currency in ("usd", "jpy"):
        with pytest.raises(ProviderError, match="currency"):
            await one_payment.provider.refund(
                paid["payment"], Money(100, currency), reverse_split=False, idempotency_key=currency
            )


@pytest.mark.parametrize(("won", "held"), [(True, 1000), (False, 0)], ids=["won", "lost"])
async def test_who_wins_a_dispute_has_the_money(one_payment: World, rolled_back: Database, won: bool, held: int):
    await one_payment.do_dispute(0)
    assert (await totals(rolled_back))["eur"]["platform"] == 0
    await one_payment.do_decide(0, won)
    assert (await totals(rolled_back))["eur"]["platform"] == held
    await check(one_payment, rolled_back)


async def test_the_way_that_owes_money_is_explained(rolled_back: Database, clock: ManualClock):
    # Given a creator who has drawn all of a payment
    parts = parts_on(rolled_back, clock)
    provider = SandboxPayments(parts, "https://site.example")
    payee = await provider.create_payee(ref="c", country="DE", email="c@example.org", idempotency_key="p")
    await parts.payees.onboard(payee.id, "Ada", "1990-12-31", GOOD_BANK)
    world = World(provider, parts, [payee.id], "")
    await world.do_pay(1000, "good", 0, "eur")
    await provider.advance(timedelta(days=3))
    await provider.pay_out(payee.id, Money(900, "eur"), idempotency_key="o")
    # When it is refunded afterwards
    await world.do_refund(0, 0, True)
    # Then the creator owes their part
    assert (await provider.balance(payee.id)).available == {"eur": -900}
    with pytest.raises(ProviderError):
        await provider.pay_out(payee.id, Money(1, "eur"), idempotency_key="o2")
    await provider.advance(timedelta(days=2))
    await check(replace(world), rolled_back)


async def test_money_on_its_way_can_not_be_drawn(rolled_back: Database, clock: ManualClock):
    parts = parts_on(rolled_back, clock)
    provider = SandboxPayments(parts, "https://site.example")
    payee = await provider.create_payee(ref="c", country="DE", email="c@example.org", idempotency_key="p")
    await parts.payees.onboard(payee.id, "Ada", "1990-12-31", GOOD_BANK)
    await World(provider, parts, [payee.id], "").do_pay(1000, "good", 0, "eur")
    for hours, drawn in ((0, False), (47, False), (2, True)):
        await provider.advance(timedelta(hours=hours))
        if drawn:
            assert await provider.pay_out(payee.id, Money(900, "eur"), idempotency_key="late")
        else:
            with pytest.raises(ProviderError, match="at their disposal"):
                await provider.pay_out(payee.id, Money(900, "eur"), idempotency_key=f"early-{hours}")


async def test_a_payout_that_comes_back_can_be_drawn_again(rolled_back: Database, clock: ManualClock):
    parts = parts_on(rolled_back, clock)
    provider = SandboxPayments(parts, "https://site.example")
    payee = await provider.create_payee(ref="c", country="DE", email="c@example.org", idempotency_key="p")
    await parts.payees.onboard(payee.id, "Ada", "1990-12-31", BAD_BANK)
    world = World(provider, parts, [payee.id], "")
    await world.do_pay(1000, "good", 0, "eur")
    assert (await provider.balance(payee.id)).pending == {"eur": 900}
    await provider.advance(timedelta(days=3))
    await provider.pay_out(payee.id, Money(900, "eur"), idempotency_key="o")
    assert (await provider.balance(payee.id)).available == {"eur": 0}
    await provider.advance(timedelta(days=2))
    assert (await provider.balance(payee.id)).available == {"eur": 900}
    [failed] = await world.told("payout.failed")
    assert failed["code"] == "account_closed"


async def test_parts_that_are_refunded_one_by_one_take_back_exactly_the_share(
    rolled_back: Database, clock: ManualClock
):
    # Given a payment of 100, of which the creator has 67
    parts = parts_on(rolled_back, clock)
    provider = SandboxPayments(parts, "https://site.example")
    payee = await provider.create_payee(ref="c", country="DE", email="c@example.org", idempotency_key="p")
    await parts.payees.onboard(payee.id, "Ada", "1990-12-31", GOOD_BANK)
    back = "https://site.example/"
    split = Split(payee=payee.id, fee=Money(33, "eur"))
    spec = CheckoutSpec(
        ref="o", description="Tip", success_url=back, cancel_url=back, amount=Money(100, "eur"), split=split
    )
    checkout = await provider.create_checkout(spec, idempotency_key="k")
    await parts.checkouts.pay(checkout.id, BY_KEY["good"])
    payment = (await provider.get_checkout(checkout.id)).payment
    # When it is refunded in uneven parts
    left = []
    for number, amount in enumerate((1, 1, 49, 48, 1)):
        await provider.refund(payment, Money(amount, "eur"), reverse_split=True, idempotency_key=str(number))
        left.append((await provider.balance(payee.id)).pending.get("eur", 0))
    # Then each part is in proportion, and nothing is left in the end
    assert left == [67, 66, 33, 1, 0]
