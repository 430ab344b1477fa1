"""What is made of Stripe's answers, and what is asked by them."""

from datetime import UTC, datetime

import pytest
from stripe_support import Answer

from aethex_live.providers import Invalid
from aethex_live.providers.payments import Balance, CheckoutSpec, Money, Payee
from aethex_plugins.payments_stripe import answers
from aethex_plugins.payments_stripe.currencies import from_stripe, to_stripe

BACK = "https://site.example/"


@pytest.mark.parametrize(
    ("currency", "ours", "theirs"),
    [
        ("eur", 1230, 1230),
        ("jpy", 1230, 1230),
        ("isk", 500, 50_000),
        ("ugx", 7, 700),
        ("kwd", 1230, 1230),
        ("krw", 5, 5),
    ],
)
def test_amounts_are_counted_as_stripe_counts(currency, ours, theirs):
    assert to_stripe(Money(ours, currency), "x") == theirs
    assert from_stripe(theirs, currency) == ours


def test_thousandths_are_taken_in_tens():
    with pytest.raises(Invalid, match="last digit"):
        to_stripe(Money(1235, "kwd"), "x")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("active", "active"),
        ("trialing", "active"),
        ("incomplete", "past_due"),
        ("past_due", "past_due"),
        ("unpaid", "past_due"),
        ("canceled", "ended"),
        ("incomplete_expired", "ended"),
        ("paused", "past_due"),
    ],
)
def test_a_subscription_is_one_of_three(state, expected):
    found = {
        "id": "sub_1",
        "status": state,
        "metadata": {"ref": "order"},
        "cancel_at_period_end": True,
        "items": {"data": [{"current_period_end": 1_800_000_000}]},
    }
    now = answers.subscription(found)
    assert (now.status, now.ref, now.ends_at_period_end) == (expected, "order", True)
    assert now.paid_until == datetime.fromtimestamp(1_800_000_000, UTC)


def test_a_payee_owes_what_is_late_first():
    account = {
        "id": "acct_1",
        "charges_enabled": True,
        "payouts_enabled": False,
        "requirements": {
            "past_due": ["external_account"],
            "currently_due": ["external_account", "individual.dob"],
            "disabled_reason": "requirements.past_due",
        },
    }
    due = ("external_account", "individual.dob")
    assert answers.payee(account) == Payee(
        id="acct_1", can_charge=True, can_pay_out=False, due=due, disabled_reason="requirements.past_due"
    )


def test_a_balance_is_summed_by_currency():
    found = {
        "available": [
            {"amount": 100, "currency": "eur"},
            {"amount": 50, "currency": "eur"},
            {"amount": 500, "currency": "isk"},
        ],
        "pending": [],
    }
    assert answers.balance(found) == Balance(available={"eur": 150, "isk": 5}, pending={})


async def test_a_customer_is_found_by_reference_among_those_of_the_address(canned):
    rows = [{"id": "cus_1", "metadata": {}}, {"id": "cus_2", "metadata": {"ref": "ada"}}]
    provider, server = await canned(Answer.of({"object": "list", "data": rows}))
    assert await provider.ensure_customer(ref="ada", email="ada@example.org") == "cus_2"
    assert [asked.method for asked in server.asked] == ["GET"]


async def test_a_customer_is_made_once_however_often_it_is_asked(canned):
    provider, server = await canned(
        Answer.of({"object": "list", "data": []}), Answer.of({"id": "cus_3", "object": "customer"}),
        Answer.of({"object": "list", "data": []}), Answer.of({"id": "cus_3", "object": "customer"}),
    )  # fmt: skip
    for _ in range(2):
        assert await provider.ensure_customer(ref="ada", email="ada@example.org") == "cus_3"
    keys = {asked.headers["idempotency-key"] for asked in server.asked if asked.method == "POST"}
    assert len(keys) == 1
    assert "ada" not in keys.pop()


async def test_a_split_is_taken_back_where_there_was_one(canned):
    intent = {"id": "pi_1", "object": "payment_intent", "transfer_data": {"destination": "acct_1"}}
    refund = Answer.of({"id": "re_1", "object": "refund"})
    provider, server = await canned(Answer.of(intent), refund)
    await provider.refund("pi_1", None, reverse_split=True, idempotency_key="r")
    assert server.asked[-1].body == {"payment_intent": "pi_1", "reverse_transfer": "true"}
    provider, server = await canned(Answer.of(intent | {"application_fee_amount": 50}), refund)
    await provider.refund("pi_1", Money(5, "eur"), reverse_split=True, idempotency_key="r")
    assert server.asked[-1].body["refund_application_fee"] == "true"
    provider, server = await canned(Answer.of({"id": "pi_1", "object": "payment_intent"}), refund)
    await provider.refund("pi_1", None, reverse_split=True, idempotency_key="r")
    assert server.asked[-1].body == {"payment_intent": "pi_1"}


async def test_a_part_is_refunded_as_a_part(canned):
    provider, server = await canned(Answer.of({"id": "re_1", "object": "refund"}))
    await provider.refund("pi_1", Money(5, "eur"), reverse_split=False, idempotency_key="r")
    assert server.asked[-1].body == {"payment_intent": "pi_1", "amount": "5"}


async def test_a_payment_of_a_subscription_is_found_through_its_invoice(canned):
    rows = [
        {"status": "canceled", "payment": {"type": "payment_intent", "payment_intent": "pi_0"}},
        {"status": "paid", "payment": {"type": "payment_intent", "payment_intent": "pi_9"}},
    ]
    invoice = {"id": "in_1", "object": "invoice", "payments": {"object": "list", "data": rows}}
    provider, server = await canned(Answer.of(invoice), Answer.of({"id": "re_1", "object": "refund"}))
    await provider.refund("in_1", None, reverse_split=False, idempotency_key="r")
    assert server.asked[0].path.startswith("/v1/invoices/in_1?expand")
    assert server.asked[1].body == {"payment_intent": "pi_9"}


async def test_what_has_ended_is_not_ended_again(canned):
    ended = {"id": "sub_1", "object": "subscription", "status": "canceled", "items": {"data": []}}
    provider, server = await canned(Answer.of(ended))
    assert (await provider.cancel_subscription("sub_1", at_period_end=False)).status == "ended"
    assert [asked.method for asked in server.asked] == ["GET"]


async def test_money_is_drawn_from_the_creators_own_account(canned):
    provider, server = await canned(Answer.of({"id": "po_1", "object": "payout"}))
    await provider.pay_out("acct_1", Money(500, "isk"), idempotency_key="o")
    [asked] = server.asked
    assert (asked.headers["stripe-account"], asked.headers["idempotency-key"]) == ("acct_1", "o")
    assert asked.body == {"amount": "50000", "currency": "isk"}


async def test_no_address_or_secret_stands_in_what_is_printed(canned):
    provider, _ = await canned(
        Answer.of({"id": "cs_1", "object": "checkout.session", "url": "https://c.example/secret"})
    )
    spec = CheckoutSpec(
        ref="o", description="Tip", success_url=BACK, cancel_url=BACK, amount=Money(5, "eur"), email="a@example.org"
    )
    made = await provider.create_checkout(spec, idempotency_key="k")
    assert made.url == "https://c.example/secret"
    assert "secret" not in repr(made)
    assert "sk_test" not in repr(vars(provider))
