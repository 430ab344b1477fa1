"""Webhooks of the sandbox: signed, really sent, again and in any order."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sandbox_support import parts_on

from aethex_live.clock import ManualClock, SystemClock
from aethex_live.db import Database
from aethex_live.errors import NotFound
from aethex_live.jobs import Jobs
from aethex_live.jobs import _runner as runner
from aethex_live.models import Outbox
from aethex_live.providers.payments import CheckoutSpec, Money
from aethex_live.providers.webhooks import WebhookRejected, WebhookRequest
from aethex_plugins.payments_sandbox.cards import BY_KEY
from aethex_plugins.payments_sandbox.models import Notice
from aethex_plugins.payments_sandbox.post import PATH
from aethex_plugins.payments_sandbox.service import SandboxPayments
from payment_hands import signed


class Receiver:
    """A small server that keeps what it is sent; `answers` are the statuses of the next requests, then 200."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[int] = []
        kept = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                kept.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(kept.answers.pop(0) if kept.answers else 200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


async def pay(provider, parts, key="1", amount=1000):
    spec = CheckoutSpec(
        ref=f"order-{key}",
        description="A tip",
        success_url="https://site.example/",
        cancel_url="https://site.example/",
        amount=Money(amount, "eur"),
    )
    checkout = await provider.create_checkout(spec, idempotency_key=key)
    await parts.checkouts.pay(checkout.id, BY_KEY["good"])


async def started(database: Database, base: str, monkeypatch):
    """The sandbox with a worker that really sends."""
    monkeypatch.setattr(runner, "BACKOFF_SECONDS", 0.02)
    jobs = Jobs(database)
    parts = parts_on(database, SystemClock(), base, jobs)
    jobs.add_handlers("payments_sandbox", [parts.post.handler()])
    await jobs.start()
    return SandboxPayments(parts, base), parts, jobs


def parsed(provider, got):
    path, headers, body = got
    assert path == PATH
    return provider.parse_webhook(WebhookRequest(headers=headers, body=body, received_at=SystemClock().now()))


async def test_what_happens_arrives_signed_at_the_sites_own_address(database, receiver, monkeypatch):
    provider, parts, jobs = await started(database, receiver.base, monkeypatch)
    try:
        await pay(provider, parts)
        await jobs.settle()
        [event] = parsed(provider, receiver.got[0])
        assert (event.type, event.ref, event.data["amount"]) == ("payment.completed", "order-1", 1000)
        notice = await Notice.get()
        assert (notice.sends, notice.arrived, notice.answer) == (1, 1, "200")
        # whoever asks for it again gets the same event, as a vendor's duplicate is
        await parts.post.again(notice.event_id, 3)
        await jobs.settle()
        assert len(receiver.got) == 4
        assert {parsed(provider, got)[0].id for got in receiver.got} == {event.id}
    finally:
        await jobs.stop(0.5)


async def test_what_is_not_taken_is_sent_again_until_it_is(database, receiver, monkeypatch):
    receiver.answers = [500, 404]
    provider, parts, jobs = await started(database, receiver.base, monkeypatch)
    try:
        await pay(provider, parts)
        await jobs.settle(20)
        notice = await Notice.get()
        assert (len(receiver.got), notice.sends, notice.arrived) == (3, 3, 1)
    finally:
        await jobs.stop(0.5)


async def test_a_site_that_is_down_is_named_in_the_answer(database, monkeypatch):
    provider, parts, jobs = await started(database, "http://127.0.0.1:9", monkeypatch)
    try:
        await pay(provider, parts)
        row = await Outbox.get()
        while not row.last_error:
            row = await Outbox.get()
        assert (await Notice.get()).answer.startswith("no answer")
    finally:
        await jobs.stop(0.5)


async def test_events_are_kept_back_and_let_go_in_any_order(rolled_back, provider, parts):
    await parts.post.hold()
    for number in range(3):
        await pay(provider, parts, str(number))
    assert await Outbox.all().count() == 0
    assert await Notice.filter(held=True).count() == 3
    assert await parts.post.release("last") == 3
    rows = await Outbox.all().order_by("available_at")
    told = [notice.event_id for notice in await Notice.all().order_by("-number")]
    assert [row.payload["event"] for row in rows] == told
    await pay(provider, parts, "after")
    assert await Outbox.all().count() == 4


async def test_shuffled_events_are_all_sent(rolled_back, provider, parts):
    await parts.post.hold()
    for number in range(5):
        await pay(provider, parts, str(number))
    await parts.post.release("shuffled")
    assert {row.payload["event"] for row in await Outbox.all()} == {row.event_id for row in await Notice.all()}


async def test_what_never_happened_can_not_be_sent_again(rolled_back, parts):
    with pytest.raises(NotFound):
        await parts.post.again("evt_none", 1)


async def test_an_event_is_told_with_its_change_or_not_at_all(rolled_back, provider, parts):
    async def lost() -> None:
        async with parts.desk.changing():
            await pay(provider, parts)
            raise RuntimeError("lost")

    with pytest.raises(RuntimeError, match="lost"):
        await lost()
    assert await Notice.all().count() == await Outbox.all().count() == 0


# --- what is not ours


async def one(provider, parts, hands) -> WebhookRequest:
    await pay(provider, parts)
    [request] = await hands.told()
    return request


@pytest.mark.parametrize("seconds", [-301, 301, 10**6, -(10**6)])
async def test_a_stamp_is_of_now_in_both_directions(provider, parts, hands, seconds):
    request = await one(provider, parts, hands)
    with pytest.raises(WebhookRejected, match="stale"):
        provider.parse_webhook(replace(request, received_at=request.received_at + timedelta(seconds=seconds)))


async def test_the_sandboxes_clock_does_not_make_its_events_stale(provider, parts, hands):
    await provider.advance(timedelta(days=300))
    request = await one(provider, parts, hands)
    [event] = provider.parse_webhook(request)
    assert event.occurred_at > request.received_at + timedelta(days=299)


async def test_another_sites_secret_signs_nothing_here(provider, parts, hands, clock):
    request = await one(provider, parts, hands)
    headers = {"sandbox-signature": signed("whsec_other", request.body, clock.now())}
    with pytest.raises(WebhookRejected, match="signature"):
        provider.parse_webhook(replace(request, headers=headers))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b'{"sandbox":true}',
        b"\xff",
        b'{"id":"e","type":"user.deleted","subject":"s","ref":null,"occurred_at":"2026-01-01","data":{},"sandbox":true}',
        b'{"id":"e","type":"payment.failed","subject":"s","ref":null,"occurred_at":7,"data":{},"sandbox":true}',
    ],
)
def test_what_is_signed_and_no_event_is_malformed(provider, parts, body):
    now = ManualClock().now()
    headers = {"sandbox-signature": signed(parts.post._secret, body, now)}
    with pytest.raises(WebhookRejected, match="malformed"):
        provider.parse_webhook(WebhookRequest(headers=headers, body=body, received_at=now))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=80), st.binary(max_size=80))
def test_whatever_comes_is_refused(provider, header, body):
    with pytest.raises(WebhookRejected):
        provider.parse_webhook(
            WebhookRequest(headers={"sandbox-signature": header}, body=body, received_at=ManualClock().now())
        )


def test_the_secret_is_the_sites_own(rolled_back: Database):
    from aethex_live.secrets import Secrets
    from aethex_plugins.payments_sandbox.parts import Parts

    clock = ManualClock()
    made = [
        Parts(rolled_back, Jobs(rolled_back), clock, Secrets(secret * 40, clock), "http://127.0.0.1").post._secret
        for secret in (b"a", b"b", b"a")
    ]
    assert made[0] == made[2] != made[1]
    assert made[0].startswith("whsec_")
