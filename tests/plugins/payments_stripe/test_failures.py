"""When Stripe fails: each way has a name, nothing of Stripe's sentences gets out, and a repeat carries the same key."""

import logging
import time

import pytest
from stripe_support import KEY, Answer, provider_at

from aethex_live.clock import ManualClock
from aethex_live.providers import (
    AccessDenied,
    Conflict,
    Declined,
    Invalid,
    NotFound,
    RateLimited,
    Unavailable,
)
from aethex_live.providers.payments import CheckoutSpec, Money

BACK = "https://site.example/"
SPEC = CheckoutSpec(ref="o", description="Tip", success_url=BACK, cancel_url=BACK, amount=Money(500, "eur"))
SESSION = {"id": "cs_1", "object": "checkout.session", "url": "https://checkout.stripe.com/c/1", "status": "open"}
MATRIX = [
    ("refused", None, Unavailable, None),
    ("slow", Answer.of(SESSION, slow=2.0), Unavailable, "timeout"),
    ("lost", Answer(b"", lost=True), Unavailable, None),
    ("half an answer", Answer.of(SESSION, cut=True), Unavailable, None),
    ("500", Answer.error(500, "api_error"), Unavailable, None),
    ("502 of a proxy", Answer(b"<html>Bad gateway</html>", 502), Unavailable, None),
    ("429", Answer.error(429, code="rate_limit", headers={"Retry-After": "7"}), RateLimited, "rate_limit"),
    ("409 in flight", Answer.error(409, code="idempotency_key_in_use"), Unavailable, "idempotency_key_in_use"),
    ("no JSON", Answer(b"Hello"), Unavailable, None),
    ("another JSON", Answer.of(["cs_1"]), Unavailable, None),
    ("a session without an id", Answer.of({"object": "checkout.session"}), Unavailable, "strange_answer"),
    ("an unknown state", Answer.of(SESSION | {"status": "maybe"}), Unavailable, "strange_answer"),
    ("an error that is a text", Answer.of({"error": "text"}, 500), Unavailable, None),
    ("an expired key", Answer.error(401, code="api_key_expired"), AccessDenied, "api_key_expired"),
    ("a key that may not", Answer.error(403, code="more_permissions_required"), AccessDenied, None),
    ("not there", Answer.error(404, code="resource_missing", param="id"), NotFound, "resource_missing"),
    ("malformed", Answer.error(400, code="parameter_unknown", param="mode"), Invalid, "parameter_unknown"),
    ("another request's key", Answer.error(400, "idempotency_error"), Conflict, "idempotency_error"),
    ("declined", Answer.error(402, "card_error", decline_code="do_not_honor"), Declined, "do_not_honor"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "answer", "kind", "code"), MATRIX, ids=[row[0] for row in MATRIX])
async def test_every_failure_has_a_name(canned, caplog, name, answer, kind, code):
    caplog.set_level(logging.DEBUG)
    if answer is None:
        provider = provider_at("http://127.0.0.1:9")
    else:
        provider, _ = await canned(answer, timeout_s=0.5)
    begun = time.monotonic()
    with pytest.raises(kind) as failed:
        await provider.create_checkout(SPEC, idempotency_key="k")
    assert time.monotonic() - begun < 2
    error = failed.value
    assert (error.provider, error.operation) == ("stripe", "create_checkout")
    assert code is None or error.code == code
    said = f"{error} {error!r} {error.__cause__!r} {caplog.text}"
    for canary in ("person@example.org", "sk_live_secret", KEY, "Somebody"):
        assert canary not in said
    if answer is None:
        await provider.aclose()


async def test_the_pause_that_stripe_asks_for_is_told(canned):
    provider, _ = await canned(Answer.error(429, headers={"Retry-After": "7"}))
    with pytest.raises(RateLimited) as failed:
        await provider.get_checkout("cs_1")
    assert failed.value.retry_after == 7


async def test_the_request_id_is_told_to_who_asks_stripe_about_it(canned):
    provider, _ = await canned(Answer.error(500, "api_error"))
    with pytest.raises(Unavailable, match="req_7"):
        await provider.get_checkout("cs_1")
    provider, _ = await canned(Answer.of({"object": "checkout.session"}))
    with pytest.raises(Unavailable, match="req_1"):
        await provider.get_checkout("cs_1")


async def test_a_call_whose_answer_was_lost_is_repeated_with_the_same_key(canned):
    """The key is the caller's, so that also a later repeat by the caller is the same request."""
    provider, server = await canned(
        *([Answer.of(SESSION)] * 30), Answer(b"", lost=True), Answer.error(500, "api_error"), Answer.of(SESSION)
    )
    for _ in range(30):
        await provider.get_checkout("cs_1")  # repeats come out of a budget that calls fill
    checkout = await provider.create_checkout(SPEC, idempotency_key="order-7")
    assert checkout.id == "cs_1"
    posts = [asked for asked in server.asked if asked.method == "POST"]
    assert [asked.headers["idempotency-key"] for asked in posts] == ["order-7"] * 3
    assert posts[0].body == posts[1].body == posts[2].body


async def test_a_call_without_a_callers_key_has_one_of_its_own_for_all_repeats(canned):
    portal = Answer.of({"id": "bps_1", "object": "billing_portal.session", "url": "https://billing.stripe.com/1"})
    provider, server = await canned(*([Answer.of(SESSION)] * 20), Answer(b"", lost=True), portal)
    for _ in range(20):
        await provider.get_checkout("cs_1")
    await provider.portal_url("cus_1", return_url=BACK)
    await provider.portal_url("cus_1", return_url=BACK)
    keys = [asked.headers["idempotency-key"] for asked in server.asked if asked.method == "POST"]
    assert keys[0] == keys[1] != keys[2]


async def test_a_declined_card_is_not_tried_again(canned):
    provider, server = await canned(Answer.error(402, "card_error", code="card_declined"))
    with pytest.raises(Declined):
        await provider.create_checkout(SPEC, idempotency_key="k")
    assert len(server.asked) == 1


async def test_a_vendor_that_is_down_is_spared_and_found_again(canned):
    clock = ManualClock()
    provider, server = await canned(*([Answer.error(500, "api_error")] * 5), Answer.of(SESSION), clock=clock)
    for _ in range(5):
        with pytest.raises(Unavailable):
            await provider.get_checkout("cs_1")
    assert not provider.calls.condition.healthy
    with pytest.raises(Unavailable) as spared:
        await provider.get_checkout("cs_1")
    assert (spared.value.code, len(server.asked)) == ("spared", 5)
    clock.advance(10)
    assert (await provider.get_checkout("cs_1")).id == "cs_1"
    assert provider.calls.condition.healthy


@pytest.mark.parametrize("code", ["charge_already_refunded", "charge_disputed"])
async def test_what_can_not_be_refunded_is_a_conflict(canned, code):
    provider, _ = await canned(Answer.error(400, code=code))
    with pytest.raises(Conflict):
        await provider.refund("pi_1", None, reverse_split=False, idempotency_key="r")


async def test_more_than_is_left_is_a_conflict(canned):
    provider, _ = await canned(Answer.error(400, param="amount"))
    with pytest.raises(Conflict):
        await provider.refund("pi_1", Money(9000, "eur"), reverse_split=False, idempotency_key="r")


async def test_more_than_the_balance_is_a_conflict(canned):
    provider, _ = await canned(Answer.error(400, code="balance_insufficient"))
    with pytest.raises(Conflict):
        await provider.pay_out("acct_1", Money(9000, "eur"), idempotency_key="o")
