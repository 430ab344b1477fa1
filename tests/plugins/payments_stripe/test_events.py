"""Stripe's events in the words of the contract."""

import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe_support import ACCOUNT_SECRET, CONNECT_SECRET

from aethex_live.providers.payments import FACTS
from aethex_live.providers.webhooks import TYPES, WebhookRejected, WebhookRequest
from aethex_plugins.payments_stripe.events import Webhooks
from aethex_plugins.payments_stripe.told import AT_CREATORS, AT_PLATFORM, SILENT
from payment_hands import signed

NOW = datetime(2026, 9, 1, tzinfo=UTC)
CREATED = 1_788_000_000
HOOKS = Webhooks([ACCOUNT_SECRET], [CONNECT_SECRET], live=False)
# every type that the platform's endpoints are set up for
LISTED = [
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.finalized",
    "invoice.upcoming",
    "invoice.voided",
    "invoice.marked_uncollectible",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "transfer.created",
    "transfer.reversed",
    "transfer.updated",
    "radar.early_fraud_warning.created",
    "account.updated",
    "account.application.deauthorized",
    "capability.updated",
    "account.external_account.created",
    "account.external_account.updated",
    "account.external_account.deleted",
    "payout.created",
    "payout.paid",
    "payout.failed",
    "payout.canceled",
    "balance.available",
]


def event(type_, thing, *, account=None, **more):
    body = {"id": "evt_1", "object": "event", "type": type_, "created": CREATED, "livemode": False}
    return body | {"data": {"object": thing}} | ({"account": account} if account else {}) | more


def told(type_, thing, *, account=None, secret=None, **more):
    body = json.dumps(event(type_, thing, account=account, **more)).encode()
    secret = secret or (CONNECT_SECRET if account else ACCOUNT_SECRET)
    request = WebhookRequest(headers={"stripe-signature": signed(secret, body, NOW)}, body=body, received_at=NOW)
    found = HOOKS.parse(request)
    for each in found:
        assert each.type in TYPES["payments"]
        assert FACTS[each.type] | {"fact"} <= each.data.keys()
        assert json.loads(json.dumps(each.data)) == each.data
    return found


SESSION = {
    "id": "cs_1",
    "mode": "payment",
    "payment_status": "paid",
    "payment_intent": "pi_1",
    "client_reference_id": "order-1",
    "metadata": {"ref": "order-1"},
    "amount_total": 1190,
    "currency": "eur",
    "customer": "cus_1",
    "total_details": {"amount_tax": 190},
}
INVOICE = {
    "id": "in_1",
    "amount_paid": 500,
    "currency": "eur",
    "customer": "cus_1",
    "billing_reason": "subscription_cycle",
    "attempt_count": 2,
    "lines": {"data": [{"period": {"end": 1_790_000_000}}, {"period": {"end": 1_780_000_000}}]},
    "parent": {"subscription_details": {"subscription": "sub_1", "metadata": {"ref": "order-2"}}},
}
DISPUTE = {
    "id": "dp_1",
    "payment_intent": "pi_1",
    "charge": "ch_1",
    "amount": 1000,
    "currency": "eur",
    "reason": "fraudulent",
}
REFUND = {
    "id": "re_1",
    "payment_intent": "pi_1",
    "charge": "ch_1",
    "amount": 300,
    "currency": "eur",
    "status": "succeeded",
}
PAYOUT = {"id": "po_1", "amount": 800, "currency": "eur", "status": "paid", "metadata": {}}
ACCOUNT = {
    "id": "acct_1",
    "charges_enabled": True,
    "payouts_enabled": False,
    "metadata": {"ref": "creator"},
    "requirements": {"currently_due": ["external_account"], "past_due": [], "disabled_reason": None},
}


def test_every_type_of_the_endpoints_is_told_or_named_as_silent():
    known = {*AT_PLATFORM, *AT_CREATORS, *SILENT}
    assert set(LISTED) == known
    assert not {*AT_PLATFORM, *AT_CREATORS} & set(SILENT)


def test_the_types_are_stripes_own(need):
    text = (need("specs") / "stripe-openapi.json").read_text("utf-8")
    assert [type_ for type_ in LISTED if f'"{type_}"' not in text] == []


@pytest.mark.parametrize("type_", [*SILENT, "customer.created", "some.new.type"])
def test_what_adds_nothing_is_nothing(type_):
    assert told(type_, {"id": "x"}) == []
    assert told(type_, {"id": "x"}, account="acct_1") == []


def test_a_paid_session_is_a_payment_with_our_reference():
    [paid] = told("checkout.session.completed", SESSION)
    assert (paid.type, paid.subject, paid.ref, paid.id) == ("payment.completed", "pi_1", "order-1", "evt_1")
    assert paid.occurred_at == datetime.fromtimestamp(CREATED, UTC)
    assert paid.data == {
        "payment": "pi_1",
        "checkout": "cs_1",
        "customer": "cus_1",
        "amount": 1190,
        "currency": "eur",
        "tax": 190,
        "fact": "pi_1:completed",
    }


def test_money_on_its_way_is_paid_when_it_arrives():
    assert told("checkout.session.completed", SESSION | {"payment_status": "unpaid"}) == []
    [late] = told("checkout.session.async_payment_succeeded", SESSION)
    assert late.data["fact"] == "pi_1:completed"
    [failed] = told("checkout.session.async_payment_failed", SESSION | {"payment_status": "unpaid"})
    assert (failed.type, failed.ref) == ("payment.failed", "order-1")


def test_a_session_of_a_subscription_gives_nothing_by_itself():
    assert told("checkout.session.completed", SESSION | {"mode": "subscription"}) == []


def test_a_free_session_is_paid_without_an_intent():
    free = SESSION | {"payment_intent": None, "payment_status": "no_payment_required", "amount_total": 0}
    [paid] = told("checkout.session.completed", free)
    assert (paid.subject, paid.data["amount"]) == ("cs_1", 0)


def test_a_declined_card_is_told_where_it_is_an_order_of_ours():
    intent = {
        "id": "pi_1",
        "amount": 500,
        "currency": "jpy",
        "metadata": {"ref": "order-1"},
        "last_payment_error": {"code": "card_declined", "decline_code": "insufficient_funds", "charge": "ch_1"},
    }
    [failed] = told("payment_intent.payment_failed", intent)
    assert (failed.type, failed.ref, failed.data["code"]) == ("payment.failed", "order-1", "insufficient_funds")
    assert told("payment_intent.payment_failed", intent | {"metadata": {}}) == []


@pytest.mark.parametrize("payments", [None, {"data": [{"status": "paid", "payment": {"payment_intent": "pi_7"}}]}])
def test_a_paid_invoice_makes_a_subscription_active(payments):
    [active] = told("invoice.paid", INVOICE | {"payments": payments})
    assert (active.type, active.subject, active.ref) == ("subscription.active", "sub_1", "order-2")
    assert active.data["payment"] == ("pi_7" if payments else "in_1")
    assert active.data["paid_until"] == datetime.fromtimestamp(1_790_000_000, UTC).isoformat()
    assert active.data["fact"] == "in_1:paid"


def test_an_invoice_of_something_else_is_nothing_to_us():
    for type_ in ("invoice.paid", "invoice.payment_failed"):
        assert told(type_, INVOICE | {"parent": None}) == []


def test_a_renewal_that_fails_is_past_due_each_time_and_a_first_payment_is_not():
    [late] = told("invoice.payment_failed", INVOICE)
    assert (late.type, late.data["fact"]) == ("subscription.past_due", "in_1:failed:2")
    [first] = told("invoice.payment_failed", INVOICE | {"billing_reason": "subscription_create"})
    assert first.type == "payment.failed"


def test_a_subscription_ends():
    found = {"id": "sub_1", "metadata": {"ref": "order-2"}, "status": "canceled"}
    [ended] = told("customer.subscription.deleted", found)
    assert (ended.type, ended.ref, ended.data["fact"]) == ("subscription.ended", "order-2", "sub_1:ended")
    assert told("customer.subscription.paused", found)[0].type == "subscription.past_due"


def test_refunds_are_told_one_by_one_and_the_same_fact_once():
    facts = [told(type_, REFUND)[0].data["fact"] for type_ in ("refund.created", "refund.updated")]
    assert facts == ["re_1:succeeded"] * 2
    assert told("refund.created", REFUND | {"status": "pending"}) == []
    [failed] = told("refund.failed", REFUND | {"status": "failed"})
    assert (failed.type, failed.data["fact"]) == ("refund.failed", "re_1:failed")
    assert told("charge.refunded", {"id": "ch_1", "amount_refunded": 300}) == []


def test_a_dispute_and_the_withdrawal_of_its_money_are_one_fact_in_any_order():
    needs = DISPUTE | {"status": "needs_response"}
    facts = {
        told(type_, needs)[0].data["fact"] for type_ in ("charge.dispute.created", "charge.dispute.funds_withdrawn")
    }
    assert facts == {"dp_1:opened"}
    [asked] = told("charge.dispute.created", DISPUTE | {"status": "warning_needs_response"})
    assert (asked.data["inquiry"], asked.data["fact"]) == (True, "dp_1:inquiry")


@pytest.mark.parametrize(
    ("state", "outcome"),
    [("won", "won"), ("lost", "lost"), ("warning_closed", "withdrawn"), ("prevented", "withdrawn")],
)
def test_a_dispute_ends_once_however_often_money_is_given_back(state, outcome):
    types = ("charge.dispute.closed", "charge.dispute.funds_reinstated", "charge.dispute.funds_reinstated")
    found = [told(type_, DISPUTE | {"status": state})[0] for type_ in types]
    assert {each.data["fact"] for each in found} == {f"dp_1:{outcome}"}
    assert {each.data["outcome"] for each in found} == {outcome}


def test_money_that_comes_back_before_the_end_is_no_end():
    assert told("charge.dispute.funds_reinstated", DISPUTE | {"status": "needs_response"}) == []


def test_a_creators_account_is_told_as_it_stands():
    [now] = told("account.updated", ACCOUNT, account="acct_1")
    assert (now.type, now.subject, now.ref) == ("payee.updated", "acct_1", "creator")
    assert (now.data["can_charge"], now.data["can_pay_out"], now.data["due"]) == (True, False, ["external_account"])
    [gone] = told("account.application.deauthorized", {"id": "ca_1"}, account="acct_1")
    assert (gone.subject, gone.data["can_charge"], gone.data["disabled_reason"]) == ("acct_1", False, "deauthorized")


@pytest.mark.parametrize(
    ("type_", "state", "expected"),
    [
        ("payout.paid", "paid", "payout.paid"),
        ("payout.failed", "failed", "payout.failed"),
        ("payout.canceled", "canceled", "payout.failed"),
    ],
)
def test_payouts_of_creators_arrive_or_do_not(type_, state, expected):
    [found] = told(type_, PAYOUT | {"status": state}, account="acct_1")
    assert (found.type, found.data["payee"], found.data["amount"]) == (expected, "acct_1", 800)
    assert found.data["fact"] == f"po_1:{state}"


@pytest.mark.parametrize(("type_", "thing"), [("payout.paid", PAYOUT), ("account.updated", ACCOUNT)])
def test_what_happens_at_our_own_account_is_no_creators(type_, thing):
    assert told(type_, thing) == []


def test_a_creators_events_come_by_the_endpoint_for_creators_alone():
    with pytest.raises(WebhookRejected, match="signature"):
        told("payout.paid", PAYOUT, account="acct_1", secret=ACCOUNT_SECRET)


def test_a_creators_own_payments_are_not_ours():
    assert told("checkout.session.completed", SESSION, account="acct_1") == []


def test_events_of_the_other_mode_are_not_for_us():
    assert told("checkout.session.completed", SESSION, livemode=True) == []


def test_amounts_of_odd_currencies_come_in_our_units():
    [paid] = told("checkout.session.completed", SESSION | {"currency": "isk", "amount_total": 50_000})
    assert (paid.data["amount"], paid.data["tax"]) == (500, 1)


BROKEN = [
    ("checkout.session.completed", {}),
    ("checkout.session.completed", SESSION | {"amount_total": "much"}),
    ("checkout.session.completed", SESSION | {"amount_total": True}),
    ("checkout.session.completed", SESSION | {"payment_intent": 7}),
    ("invoice.paid", INVOICE | {"lines": {"data": []}}),
    ("invoice.paid", INVOICE | {"parent": {"subscription_details": {}}}),
    ("charge.dispute.created", {"id": "dp_1"}),
    ("refund.created", {"status": "succeeded"}),
    ("customer.subscription.deleted", []),
]


@pytest.mark.parametrize(("type_", "thing"), BROKEN)
def test_what_is_not_as_described_is_malformed(type_, thing):
    with pytest.raises(WebhookRejected, match="malformed"):
        told(type_, thing)


NAMES = ["id", "status", "metadata", "parent", "lines", "data", "amount", "currency", "payment_intent"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=12,
)


@given(st.sampled_from(LISTED), JSON, st.sampled_from([None, "acct_1"]))
def test_whatever_is_signed_is_told_or_malformed(type_, thing, account):
    try:
        told(type_, thing, account=account)
    except WebhookRejected as refused:
        assert refused.reason == "malformed"


@given(st.randoms())
def test_the_order_of_arrival_changes_no_fact(chance):
    def all_facts(order):
        return sorted(each.data["fact"] for type_, thing in order for each in told(type_, thing))

    arrived = [
        ("checkout.session.completed", SESSION),
        ("refund.created", REFUND),
        ("refund.updated", REFUND),
        ("charge.dispute.funds_withdrawn", DISPUTE | {"status": "needs_response"}),
        ("charge.dispute.created", DISPUTE | {"status": "needs_response"}),
        ("charge.dispute.closed", DISPUTE | {"status": "won"}),
    ]
    shuffled = random.Random(chance.random()).sample(arrived, len(arrived))
    assert all_facts(shuffled) == all_facts(arrived)


def test_a_day_is_too_long_a_way():
    body = json.dumps(event("checkout.session.completed", SESSION)).encode()
    headers = {"stripe-signature": signed(ACCOUNT_SECRET, body, NOW)}
    with pytest.raises(WebhookRejected, match="stale"):
        HOOKS.parse(WebhookRequest(headers=headers, body=body, received_at=NOW + timedelta(days=1)))
