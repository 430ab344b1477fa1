"""What happens on the page of a checkout."""

from dataclasses import replace
from datetime import timedelta

import pytest

from aethex_live.errors import Conflict, Invalid, NotFound
from aethex_live.providers import Conflict as ProviderConflict
from aethex_live.providers import Invalid as ProviderInvalid
from aethex_live.providers.payments import CheckoutSpec, Money, Split
from aethex_plugins.payments_sandbox.cards import BY_KEY
from aethex_plugins.payments_sandbox.models import Notice, Payment, Promo
from aethex_plugins.payments_sandbox.words import money

SPEC = CheckoutSpec(
    ref="order-1",
    description="A tip",
    success_url="https://site.example/paid",
    cancel_url="https://site.example/left",
    amount=Money(1000, "eur"),
)


async def types() -> list[str]:
    return [notice.type for notice in await Notice.all().order_by("number")]


async def test_the_page_is_below_the_sites_own_address(provider):
    checkout = await provider.create_checkout(SPEC, idempotency_key="1")
    assert checkout.url == f"https://site.example/p/payments_sandbox/pay/{checkout.id}"


async def test_who_is_asked_by_the_bank_has_paid_nothing_yet(provider, parts):
    checkout = await provider.create_checkout(SPEC, idempotency_key="1")
    assert await parts.checkouts.pay(checkout.id, BY_KEY["asks"]) == "asks"
    assert await Payment.all().count() == 0
    assert (await provider.get_checkout(checkout.id)).status == "open"


@pytest.mark.parametrize(
    ("yes", "state", "told"), [(True, "complete", "payment.completed"), (False, "open", "payment.failed")]
)
async def test_the_answer_to_the_bank_decides(provider, parts, yes, state, told):
    checkout = await provider.create_checkout(SPEC, idempotency_key="1")
    await parts.checkouts.pay(checkout.id, BY_KEY["asks"])
    await parts.checkouts.answer_bank(checkout.id, yes=yes)
    assert (await provider.get_checkout(checkout.id)).status == state
    assert await types() == [told]
    with pytest.raises(Conflict):  # a second click
        await parts.checkouts.answer_bank(checkout.id, yes=True)


async def test_a_second_click_pays_nothing(provider, parts):
    checkout = await provider.create_checkout(SPEC, idempotency_key="1")
    await parts.checkouts.pay(checkout.id, BY_KEY["good"])
    with pytest.raises(Conflict, match="paid already"):
        await parts.checkouts.pay(checkout.id, BY_KEY["good"])
    assert await types() == ["payment.completed"]


@pytest.mark.parametrize("card", ["declined", "funds", "expired", "cvc"])
async def test_a_bad_card_says_why_and_a_good_one_still_pays(provider, parts, card):
    checkout = await provider.create_checkout(SPEC, idempotency_key="1")
    code = await parts.checkouts.pay(checkout.id, BY_KEY[card])
    assert code == BY_KEY[card].code
    assert (await Notice.get()).data["code"] == code
    assert await parts.checkouts.pay(checkout.id, BY_KEY["good"]) == "ok"


async def test_a_page_is_over_after_a_day(provider, parts, clock):
    checkout = await provider.create_checkout(SPEC, idempotency_key="1")
    clock.advance(24 * 3600)
    with pytest.raises(Conflict, match="over"):  # before anything has looked at the clock
        await parts.checkouts.pay(checkout.id, BY_KEY["good"])
    await parts.passing.tick()
    assert (await provider.get_checkout(checkout.id)).status == "expired"


async def test_a_code_makes_it_cheaper_once(provider, parts):
    await Promo.create(code="FRIENDS", percent_off=25)
    checkout = await provider.create_checkout(replace(SPEC, promo=True), idempotency_key="1")
    await parts.checkouts.use_code(checkout.id, " friends ")
    await parts.checkouts.pay(checkout.id, BY_KEY["good"])
    assert (await Notice.get()).data["amount"] == 750
    assert (await Promo.get(code="FRIENDS")).uses == 1


async def test_a_code_can_pay_all_of_it(provider, parts):
    await Promo.create(code="GIFT", percent_off=100)
    checkout = await provider.create_checkout(replace(SPEC, promo=True), idempotency_key="1")
    await parts.checkouts.use_code(checkout.id, "GIFT")
    await parts.checkouts.pay(checkout.id, BY_KEY["good"])
    [notice] = await Notice.all()
    assert notice.data["amount"] == 0
    with pytest.raises(ProviderConflict):
        await provider.refund(notice.subject, None, reverse_split=False, idempotency_key="r")


@pytest.mark.parametrize(("promo", "code"), [(True, "NONE"), (True, "OVER"), (False, "FRIENDS"), (True, "")])
async def test_other_codes_are_refused(provider, parts, promo, code):
    await Promo.create(code="FRIENDS", percent_off=25)
    await Promo.create(code="OVER", percent_off=25, active=False)
    checkout = await provider.create_checkout(replace(SPEC, promo=promo), idempotency_key="1")
    with pytest.raises(Invalid) as refused:
        await parts.checkouts.use_code(checkout.id, code)
    assert refused.value.field == "code"


async def test_what_is_not_there_is_refused(provider, parts):
    with pytest.raises(NotFound):
        await parts.checkouts.pay("co_none", BY_KEY["good"])
    for wrong in (
        replace(SPEC, amount=None, price="price_none"),
        replace(SPEC, customer="cus_none"),
        replace(SPEC, split=Split(payee="acct_none")),
    ):
        with pytest.raises(ProviderInvalid):
            await provider.create_checkout(wrong, idempotency_key=repr(wrong)[:100])


async def test_a_payee_who_owes_answers_gets_no_payments(provider):
    payee = await provider.create_payee(ref="c", country="DE", email="c@example.org", idempotency_key="p")
    with pytest.raises(ProviderConflict):
        await provider.create_checkout(replace(SPEC, split=Split(payee=payee.id)), idempotency_key="1")


async def test_a_card_may_be_disputed_a_day_later(provider, parts):
    checkout = await provider.create_checkout(SPEC, idempotency_key="1")
    await parts.checkouts.pay(checkout.id, BY_KEY["disputed"])
    await provider.advance(timedelta(hours=23))
    assert await types() == ["payment.completed"]
    await provider.advance(timedelta(hours=2))
    assert await types() == ["payment.completed", "dispute.opened"]


async def test_a_payment_that_was_refunded_before_is_not_disputed(provider, parts):
    checkout = await provider.create_checkout(SPEC, idempotency_key="1")
    await parts.checkouts.pay(checkout.id, BY_KEY["disputed"])
    payment = (await provider.get_checkout(checkout.id)).payment
    await provider.refund(payment, None, reverse_split=False, idempotency_key="r")
    await provider.advance(timedelta(days=2))
    assert await types() == ["payment.completed", "payment.refunded"]


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (1230, "eur", "€12.30"),
        (1230, "jpy", "¥1,230"),
        (1230, "kwd", "KWD\xa01.230"),
        (123456, "usd", "$1,234.56"),
        (5, "gbp", "£0.05"),
    ],
)
def test_money_is_written_with_the_decimals_of_its_currency(amount, currency, shown):
    assert money(amount, currency).replace("\xa0", " ") == shown.replace("\xa0", " ")
