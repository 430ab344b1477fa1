"""Signatures: the known vector, and all that is tampered, stale, of the future or somebody else's."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from aethex_live.providers.webhooks import WebhookRejected, WebhookRequest
from aethex_plugins.payments_stripe.events import Webhooks
from payment_hands import signed


@pytest.fixture
def vector(need):
    return json.loads((need("specs") / "webhook-vectors.json").read_text("utf-8"))["stripe"]


def parse(vector, *, header=None, body=None, late=0.0, secrets=None, connect=()):
    at = datetime.fromtimestamp(vector["timestamp"] + late, UTC)
    headers = {"stripe-signature": header if header is not None else f"t={vector['timestamp']},v1={vector['v1']}"}
    secrets = secrets if secrets is not None else [vector["secret"]]
    body = vector["body"].encode() if body is None else body
    return Webhooks(secrets, connect, live=None).parse(WebhookRequest(headers=headers, body=body, received_at=at))


def reason(call) -> str:
    with pytest.raises(WebhookRejected) as refused:
        call()
    return refused.value.reason


def test_the_known_vector_is_genuine_and_no_event_of_ours(vector):
    # its body has no type: what is refused is the event, not the signature
    assert reason(lambda: parse(vector)) == "malformed"


def test_the_librarys_own_check_agrees(vector):
    stripe = pytest.importorskip("stripe")
    at = datetime.now(UTC)
    body = b'{"id": "evt_1", "object": "event"}'
    header = signed(vector["secret"], body, at)
    assert stripe.WebhookSignature.verify_header(body.decode(), header, vector["secret"], tolerance=300)


@pytest.mark.parametrize("late", [301, -301, 10_000, -10_000])
def test_old_stamps_and_those_of_the_future_are_refused(vector, late):
    assert reason(lambda: parse(vector, late=late)) == "stale"


@pytest.mark.parametrize("late", [300, -300])
def test_five_minutes_are_fine(vector, late):
    assert reason(lambda: parse(vector, late=late)) == "malformed"


def test_a_changed_body_is_refused(vector):
    assert reason(lambda: parse(vector, body=vector["body"].encode() + b" ")) == "signature"
    assert reason(lambda: parse(vector, body=b"")) == "signature"


def test_a_changed_time_is_refused(vector):
    assert reason(lambda: parse(vector, header=f"t={vector['timestamp'] + 1},v1={vector['v1']}")) == "signature"


def test_a_foreign_secret_signs_nothing(vector):
    assert reason(lambda: parse(vector, secrets=["whsec_other"])) == "signature"
    assert reason(lambda: parse(vector, secrets=[])) == "signature"


@pytest.mark.parametrize(
    "header", ["", "t=1", "v1=abc", "t=x,v1=abc", "t=1,t=2,v1=abc", "nonsense", "t=1492774577,v0=abc"]
)
def test_what_is_no_header_is_refused(vector, header):
    assert reason(lambda: parse(vector, header=header)) in {"missing", "malformed"}


def test_a_new_secret_holds_beside_the_old_one_and_that_of_creators_too(vector):
    assert reason(lambda: parse(vector, secrets=["whsec_new", vector["secret"]])) == "malformed"
    assert reason(lambda: parse(vector, secrets=["whsec_new"], connect=[vector["secret"]])) == "malformed"
    two = f"t={vector['timestamp']},v1={'0' * 64},v1={vector['v1']}"
    assert reason(lambda: parse(vector, header=two)) == "malformed"


def test_a_header_from_elsewhere_does_not_count(vector):
    body, at = vector["body"].encode(), datetime.fromtimestamp(vector["timestamp"], UTC)
    request = WebhookRequest(headers={"mux-signature": signed(vector["secret"], body, at)}, body=body, received_at=at)
    with pytest.raises(WebhookRejected, match="missing"):
        Webhooks([vector["secret"]], [], live=None).parse(request)


def test_it_takes_little_time(vector):
    begun = datetime.now(UTC)
    for _ in range(200):
        reason(lambda: parse(vector))
    assert datetime.now(UTC) - begun < timedelta(seconds=1)
