"""Every request that the plugin can make is one that Stripe describes; wrong ones are refused by the judge."""

import re
from pathlib import Path

import pytest

import aethex_plugins.payments_stripe as plugin
from aethex_live.providers import Invalid, ProviderError
from aethex_live.providers.payments import Money
from aethex_plugins.payments_stripe import requests
from vendor_calls import BACK, ORDERS, STRIPE

SOURCE = (Path(plugin.__file__).parent / "service.py").read_text("utf-8")
# what stands in the source -> what Stripe calls it
CALLS = {
    "customers.list": "GET /v1/customers",
    "customers.create": "POST /v1/customers",
    "prices.list": "GET /v1/prices",
    "prices.create": "POST /v1/prices",
    "sessions.create": "POST /v1/checkout/sessions",
    "sessions.retrieve": "GET /v1/checkout/sessions/{session}",
    "portals.create": "POST /v1/billing_portal/sessions",
    "subscriptions.retrieve": "GET /v1/subscriptions/{subscription_exposed_id}",
    "subscriptions.update": "POST /v1/subscriptions/{subscription_exposed_id}",
    "subscriptions.cancel": "DELETE /v1/subscriptions/{subscription_exposed_id}",
    "refunds.create": "POST /v1/refunds",
    "intents.retrieve": "GET /v1/payment_intents/{intent}",
    "invoices.retrieve": "GET /v1/invoices/{invoice}",
    "accounts.create": "POST /v1/accounts",
    "accounts.retrieve": "GET /v1/accounts/{account}",
    "links.create": "POST /v1/account_links",
    "balances.retrieve": "GET /v1/balance",
    "payouts.create": "POST /v1/payouts",
}


def test_the_list_has_every_call_of_the_source():
    assert set(CALLS.values()) == STRIPE.calls
    assert {f"{thing}.{verb}" for thing, verb in re.findall(r"(\w+)\.(\w+)_async\(", SOURCE)} == set(CALLS)


async def test_every_call_is_valid_against_stripes_own_description(guard, judge):
    await STRIPE.make(judge[1])
    seen = {f"{call.method} {guard.find(call.method, call.path).path}" for call in guard.seen}
    assert [(call.path, call.errors) for call in guard.seen if call.errors] == []
    assert seen == set(CALLS.values())


BROKEN = [
    ("session", lambda params: params | {"succes_url": BACK}),
    ("session", lambda params: params | {"mode": "gift"}),
    ("session", lambda params: params | {"line_items": [{"price_data": {"currency": "eur"}, "quantity": "many"}]}),
    ("session", lambda params: params | {"payment_intent_data": {"aplication_fee_amount": 5}}),
    ("account", lambda params: params | {"type": "personal"}),
    ("account", lambda params: params | {"capabilities": {"card_payments": {"requested": "maybe"}}}),
    ("price", lambda params: params | {"recurring": {"interval": "fortnight"}}),
    ("price", lambda params: {name: value for name, value in params.items() if name != "currency"}),
]


@pytest.mark.parametrize(("what", "broken"), BROKEN)
async def test_a_broken_request_is_refused_by_the_judge(judged, monkeypatch, what, broken):
    whole = getattr(requests, what)
    monkeypatch.setattr(requests, what, lambda *args, **more: broken(whole(*args, **more)))
    calls = {
        "session": lambda: judged.create_checkout(ORDERS[0], idempotency_key="k"),
        "account": lambda: judged.create_payee(ref="c", country="DE", email="c@example.org", idempotency_key="p"),
        "price": lambda: judged.ensure_price(ref="fan", name="Fan", price=Money(500, "eur"), every="month"),
    }
    with pytest.raises(ProviderError) as refused:
        await calls[what]()
    assert isinstance(refused.value, Invalid), refused.value


def test_our_reference_stands_on_the_session_and_on_what_it_makes():
    payment = requests.session(ORDERS[0], automatic_tax=False)
    subscription = requests.session(ORDERS[4], automatic_tax=False)
    for params, part in ((payment, "payment_intent_data"), (subscription, "subscription_data")):
        assert (
            params["client_reference_id"] == params["metadata"]["ref"] == params[part]["metadata"]["ref"] == "order-1"
        )


def test_a_price_is_looked_up_by_what_it_is():
    one = requests.lookup_key("fan", Money(500, "eur"), "month")
    assert one == requests.lookup_key("fan", Money(500, "eur"), "month")
    others = {
        requests.lookup_key("fan", Money(500, "usd"), "month"),
        requests.lookup_key("fan", Money(501, "eur"), "month"),
        requests.lookup_key("fan", Money(500, "eur"), "year"),
        requests.lookup_key("fa", Money(500, "eur"), "month"),
    }
    assert len(others | {one}) == 5
    assert len(requests.lookup_key("x" * 200, Money(500, "eur"), "month")) <= 200
