"""The webhook inbox: what is genuine is stored once and handled once, in the order in which it happened."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aethex_live.clock import ManualClock
from aethex_live.db import Database
from aethex_live.domain.webhook_desk import Wanted
from aethex_live.domain.webhook_store import MOST_UNREADABLE, Source
from aethex_live.domain.webhooks import HANDLE, Unreadable, check, open_headers
from aethex_live.errors import Conflict, NotFound
from aethex_live.ids import uuid7
from aethex_live.models import (
    AuditEntry,
    Broadcast,
    Event,
    Identity,
    Ingest,
    MailStop,
    Outbox,
    ProviderState,
    Recording,
    Session,
    User,
    WebhookDelivery,
    WebhookEvent,
)
from aethex_live.providers.kinds import Kind
from aethex_live.providers.webhooks import STATES, TYPES, ProviderEvent, WebhookRejected, WebhookRequest
from aethex_live.testing.fakes.vendor import FakeVendor, told
from vendors import SECRET, SOURCE, House, forged

NOW = ManualClock().now()


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def started(number: int = 1, seconds: float = 0.0) -> dict[str, Any]:
    return told(f"evt-{number}", "broadcast.started", "in-ada", at(seconds), data={"recording_id": f"rec-{number}"})


@pytest_asyncio.fixture
async def house(database: Database) -> House:
    return House(database)


@pytest_asyncio.fixture
async def ingest(house: House) -> Ingest:
    return await house.channel()


def test_every_state_is_an_event_that_may_be_told_and_money_is_none() -> None:
    assert set(STATES) <= set().union(*TYPES.values())
    assert not [name for name in STATES if name.split(".")[0] in {"payment", "refund", "subscription", "dispute"}]
    assert "payout.paid" not in STATES


async def test_an_event_is_stored_with_its_request_handled_and_told(house: House, ingest: Ingest) -> None:
    # When the vendor tells that a stream has begun
    assert await house.take(started()) == 1
    assert await house.handle() == []
    # Then the channel is live
    row = await Broadcast.get(ingest_id=ingest.id)
    assert (row.state, row.provider, row.provider_id) == ("live", "vendor", "rec-1")
    assert row.playback == {"provider": "vendor", "id": "in-ada", "live": True}
    # And the log says so, and that the vendor told it
    assert await house.types() == ["broadcast.started", "provider.told"]
    event = await WebhookEvent.get(event_id="evt-1")
    assert (event.state, event.note, event.runs) == ("done", "The broadcast has begun.", 1)
    request = await WebhookDelivery.get(id=event.delivery_id)
    assert b"evt-1" in request.body
    assert set(request.headers) == {"vendor-signature", "content-type"}


async def test_what_is_told_again_is_neither_stored_nor_handled_again(house: House, ingest: Ingest) -> None:
    for _ in range(3):
        await house.take(started())
        await house.handle()
    assert await WebhookEvent.all().count() == await WebhookDelivery.all().count() == await Broadcast.all().count() == 1
    assert await house.types() == ["broadcast.started", "provider.told"]


async def test_many_copies_at_the_same_moment_are_one_event(house: House, ingest: Ingest) -> None:
    async def send() -> int:
        house.db.bind()
        return await house.take(started(1), told("evt-2", "ingest.connected", "in-ada", at(-1)))

    assert sum(await asyncio.gather(*(send() for _ in range(8)))) == 2
    assert await WebhookEvent.all().count() == await Outbox.filter(topic=HANDLE).count() == 2
    assert await WebhookDelivery.all().count() == 1


async def test_events_of_two_vendors_may_have_the_same_id(house: House, ingest: Ingest) -> None:
    other = FakeVendor(house.clock, [SECRET], name="other")
    house.live.more[(Kind.STREAMING, "other")] = other
    request = house.request([started()])
    assert await house.inbox.take(SOURCE, request) == 1
    assert await house.inbox.take(Source("streaming", "other"), request) == 1
    assert await WebhookEvent.all().count() == 2


def test_an_event_and_its_effect_are_one_commit(house: House) -> None:
    """A kill between the two would have the effect twice."""
    assert [handler.transactional for handler in house.inbox.handlers()] == [True]


@pytest.mark.parametrize(
    ("secret", "age", "reason"),
    [
        ("somebody-else", 0, "signature"),
        (SECRET, 301, "stale"),
        (SECRET, -301, "stale"),
    ],
    ids=["foreign", "old", "from the future"],
)
async def test_what_is_not_the_vendors_or_not_of_now_is_refused(
    house: House, secret: str, age: int, reason: str
) -> None:
    request = house.request([started()], secret=secret, at=at(-age))
    with pytest.raises(WebhookRejected) as refused:
        await house.inbox.take(SOURCE, request)
    assert refused.value.reason == reason
    assert await WebhookEvent.all().count() == await WebhookDelivery.all().count() == 0


async def test_a_tampered_and_an_unsigned_request_are_refused(house: House) -> None:
    genuine = house.request([started()])
    tampered = WebhookRequest(headers=genuine.headers, body=genuine.body + b" ", received_at=genuine.received_at)
    for request in (tampered, forged(genuine, None), forged(genuine, "t=1"), forged(genuine, "")):
        with pytest.raises(WebhookRejected):
            await house.inbox.take(SOURCE, request)
    assert await WebhookDelivery.all().count() == 0


async def test_a_secret_that_is_being_replaced_holds_too(house: House) -> None:
    assert await house.inbox.take(SOURCE, house.request([started()], secret="whsec-older")) == 1


@pytest.mark.parametrize(
    ("kind", "provider"),
    [("streaming", "nobody"), ("payments", "vendor"), ("nonsense", "vendor"), ("storage", "deaf")],
)
async def test_nobody_receives_at_other_addresses(house: House, kind: str, provider: str) -> None:
    house.live.more[(Kind.STORAGE, "deaf")] = object()  # a provider that is told nothing
    with pytest.raises(NotFound):
        await house.inbox.take(Source(kind, provider), house.request([started()]))


async def test_a_request_that_breaks_its_plugin_is_kept_and_read_again_once_that_is_mended(
    house: House, ingest: Ingest, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a body that the plugin fails at, sent twice
    odd = house.request([told("evt-1", "broadcast.started", "in-ada", at(0), data={"explode": "explode"})])
    for _ in range(2):
        with pytest.raises(Unreadable):
            await house.inbox.take(SOURCE, odd)
    row = await WebhookDelivery.get()
    assert (row.state, row.times, row.body) == ("unreadable", 2, odd.body)
    assert "the vendor changed something" in row.error
    # And the log names the place, but nothing of what was read
    assert "KeyError at vendor.py" in caplog.text
    assert "something" not in caplog.text
    # When it is read again, much later, by the same plugin
    house.clock.advance(86_400)
    with pytest.raises(Conflict, match="could not read"):
        await house.desk.read_again(row.id, None)
    # And by one that is mended
    monkeypatch.setattr(type(house.vendor), "parse_webhook", lambda _self, _request: [event("mended")])
    assert await house.desk.read_again(row.id, None) == 1
    # Then it is handled as it would have been
    await house.handle()
    assert (await WebhookDelivery.get()).state == "read"
    assert (await WebhookEvent.get()).state == "done"


def event(event_id: str = "evt", **changed: Any) -> ProviderEvent:
    facts = {"id": event_id, "type": "broadcast.started", "subject": "in-ada", "occurred_at": NOW} | changed
    return ProviderEvent(**facts)


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "payment.completed"},
        {"id": ""},
        {"id": "x" * 201},
        {"subject": "a\0b"},
        {"occurred_at": datetime(2026, 1, 1)},  # noqa: DTZ001 - that it has no zone is the point
        {"data": {"text": "a\0b"}},
        {"data": {"thing": object()}},
    ],
    ids=["type of another kind", "no id", "long id", "NUL", "no time zone", "NUL in data", "no JSON"],
)
def test_what_a_plugin_made_wrongly_is_not_stored(changed: dict[str, Any]) -> None:
    check("streaming", [event()])
    with pytest.raises((ValueError, TypeError)):
        check("streaming", [event(**changed)])


async def test_whoever_sends_rubbish_fills_no_disk(house: House) -> None:
    for number in range(MOST_UNREADABLE + 5):
        house.clock.advance(1)
        with pytest.raises(Unreadable):
            await house.inbox.take(SOURCE, house.request(f'{{"n": {number}, "x": "explode"}}'.encode()))
    assert await WebhookDelivery.all().count() == MOST_UNREADABLE


def test_headers_that_may_be_secrets_are_not_kept() -> None:
    kept = open_headers(
        {
            "stripe-signature": "t=1,v1=aa",
            "svix-id": "msg_1",
            "webhook-timestamp": "1",
            "user-agent": "Vendor/1.0",
            "authorization": "Bearer canary",
            "cf-webhook-auth": "canary",
            "cookie": "a=canary",
            "x-api-key": "canary",
            "x-auth-token": "canary",
            "x-forwarded-for": "203.0.113.9",
            "host": "live.example",
        }
    )
    assert set(kept) == {"stripe-signature", "svix-id", "webhook-timestamp", "user-agent"}


async def test_an_older_state_is_dropped_and_said_to_be(house: House, ingest: Ingest) -> None:
    # Given an end that was told before its beginning
    await house.take(told("evt-2", "broadcast.ended", "in-ada", at(10)))
    await house.handle()
    # When the beginning comes
    await house.take(started(1, seconds=5))
    await house.handle()
    # Then nothing goes live
    assert await Broadcast.all().count() == 0
    dropped = await WebhookEvent.get(event_id="evt-1")
    assert dropped.state == "stale"
    assert "newer state" in dropped.note
    assert (await house.types()).count("provider.told") == 1


async def test_states_that_wait_are_handled_in_the_order_of_the_vendors_time(house: House, ingest: Ingest) -> None:
    # Given an end and its beginning, the end stored first, neither handled
    await house.take(told("evt-2", "broadcast.ended", "in-ada", at(10)))
    await house.take(started(1, seconds=5))
    # When the end's turn comes
    await house.handle()
    # Then the beginning was handled before it
    row = await Broadcast.get()
    assert (row.state, row.started_at, row.ended_at) == ("ended", at(5), at(10))
    assert {event.state for event in await WebhookEvent.all()} == {"done"}


async def test_things_of_one_provider_do_not_overtake_one_another(house: House, ingest: Ingest) -> None:
    await house.channel("bea")
    await house.take(told("a", "broadcast.ended", "in-ada", at(10)))
    await house.take(told("b", "broadcast.started", "in-bea", at(5), data={"recording_id": "rec-b"}))
    await house.handle()
    assert (await Broadcast.get()).provider_id == "rec-b"


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["ingest.connected", "broadcast.started", "ingest.disconnected", "broadcast.ended"]),
        st.integers(0, 30),
        st.sampled_from(["r1", "r2"]),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda move: move[1],  # a vendor's clock does not stand still
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES, data=st.data())
async def test_whatever_the_order_the_newest_state_is_what_counts(house: House, moves: Any, data: Any) -> None:
    # Given one stream's states, which come in any order, some of them twice
    for model in (WebhookEvent, WebhookDelivery, ProviderState, Outbox, Recording, Broadcast, Event, Ingest, User):
        await model.all().delete()
    await house.channel()
    sent = data.draw(st.permutations([*moves, *moves[:2]]))
    for kind, second, recording in sent:
        one = told(f"{kind}-{second}", kind, "in-ada", at(second), data={"recording_id": recording})
        await house.take(one)
        if data.draw(st.booleans()):
            assert await house.handle(shuffled=True) == []
    assert await house.handle(shuffled=True) == []
    # Then the newest one is what we believe
    newest = max(moves, key=lambda move: move[1])
    state = await ProviderState.get()
    assert (state.type, state.occurred_at) == (newest[0], at(newest[1]))
    # And at most one broadcast is on; none after an end, the right one after a beginning
    on = await Broadcast.exclude(state="ended")
    assert len(on) <= 1
    if newest[0] == "broadcast.ended":
        assert all(row.provider_id != newest[2] for row in on)
    if newest[0] == "broadcast.started":
        began = await Broadcast.filter(provider_id=newest[2]).first()
        assert began is not None
    # And every event was handled or dropped, each once
    assert {event.state for event in await WebhookEvent.all()} <= {"done", "stale"}
    assert all(event.runs == 1 for event in await WebhookEvent.all())


async def test_money_is_never_dropped_whatever_its_order(house: House) -> None:
    class Till:
        def parse_webhook(self, request: WebhookRequest) -> list[ProviderEvent]:
            return []

    house.live.more[(Kind.PAYMENTS, "till")] = Till()
    source = Source("payments", "till")
    facts = [("payment.refunded", 9), ("payment.completed", 1), ("dispute.closed", 8), ("dispute.opened", 3)]
    for name, second in facts:
        data = {"amount": second, "email": "canary@example.org"}
        events = [event(name, type=name, subject="pay-1", occurred_at=at(second), data=data)]
        house.live.more[(Kind.PAYMENTS, "till")].parse_webhook = lambda _request, found=events: found  # type: ignore[attr-defined]
        await house.inbox.take(source, house.request([{"id": name}]))
        await house.handle()
    told_ = [row.payload for row in await Event.filter(type="provider.told").order_by("recorded_at")]
    assert [row["told"] for row in told_] == [name for name, _ in facts]
    assert told_[0]["data"] == {"amount": 9}
    assert {row["kind"] for row in told_} == {"payments"}


async def test_one_that_fails_is_given_up_shown_with_its_reason_and_handled_again(
    house: House, ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an event whose handling fails
    async def fail(*_: object, **__: object) -> str:
        raise RuntimeError("the disk is full")

    whole = house.streams.began
    monkeypatch.setattr(house.streams, "began", fail)
    await house.take(started())
    assert [str(error) for error in await house.handle()] == ["the disk is full"]
    assert [event.state for event in await house.desk.page()] == ["failing"]
    assert await Event.all().count() == await ProviderState.all().count() == 0
    # When its job is given up
    await Outbox.filter(topic=HANDLE).update(state="dead", attempts=8)
    (dead,) = await house.desk.page(Wanted(state="dead"))
    assert (dead.note, dead.attempts) == ("the disk is full", 8)
    assert (await house.desk.counts())["dead"] == 1
    # And the fault is mended, and an operator has it handled again
    monkeypatch.setattr(house.streams, "began", whole)
    assert await house.desk.replay_all(Wanted(state="dead"), None) == 1
    assert await house.handle() == []
    # Then it has its effect, once
    assert [event.state for event in await house.desk.page()] == ["done"]
    assert await house.types() == ["broadcast.started", "provider.told"]
    assert (await AuditEntry.get(action="webhook.replayed")).detail["event"] == "evt-1"


async def test_one_that_fails_holds_up_nothing_that_came_later(
    house: House, ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> str:
        raise RuntimeError("not now")

    monkeypatch.setattr(house.streams, "began", fail)
    await house.take(told("evt-2", "broadcast.ended", "in-ada", at(10)))
    await house.take(started(1, seconds=5))
    failed = await house.handle()
    assert len(failed) <= 1
    states = {row.event_id: row.state for row in await WebhookEvent.all()}
    assert states["evt-2"] == "done"


async def test_a_replay_tells_plugins_again_and_changes_no_rows_twice(house: House, ingest: Ingest) -> None:
    await house.take(started())
    with pytest.raises(Conflict, match="nothing to repeat"):
        await house.desk.replay((await WebhookEvent.get()).id, None)
    await house.handle()
    await house.desk.replay((await WebhookEvent.get()).id, None)
    await house.handle()
    assert (await WebhookEvent.get()).runs == 2
    assert sorted(await house.types()) == ["broadcast.started", "provider.told", "provider.told"]
    with pytest.raises(NotFound):
        await house.desk.replay(uuid7(), None)


async def test_what_is_handled_goes_after_its_days_and_what_waits_stays(house: House, ingest: Ingest) -> None:
    await house.take(started())
    await house.handle()
    await house.take(told("evt-9", "ingest.connected", "in-ada", at(20)))
    with pytest.raises(Unreadable):
        await house.inbox.take(SOURCE, house.request(b'{"x": "explode"}'))
    # both are of the clock's day, in the year 2026's beginning: older than a month for the database
    await house.inbox._prune()
    assert [row.event_id for row in await WebhookEvent.all()] == ["evt-9"]
    assert await WebhookDelivery.filter(state="unreadable").count() == 0
    assert await WebhookDelivery.all().count() == 1


async def test_an_account_that_is_deleted_at_its_provider_is_signed_out_here(house: House) -> None:
    # Given somebody with sessions of two providers
    ada = await User.create(id=uuid7(), username="ada", username_key="ada", display_name="Ada")
    await Identity.create(id=uuid7(), user=ada, provider="clerk", subject="user_1")
    for provider, session in (("clerk", "sess_1"), ("clerk", "sess_2"), ("clerk", None), ("local", None)):
        await house.sessions.open(ada, provider=provider, provider_session=session)
    hear = house.tidings.heard
    # When one session ends there
    async with house.db.transaction():
        said = await hear(Kind.AUTH, "clerk", event(type="session.revoked", subject="sess_1"))
    assert said == "1 session ended."
    assert await Session.filter(provider="clerk").count() == 2
    # And one whose id nobody knows here, and then the account is deleted there
    async with house.db.transaction():
        await hear(Kind.AUTH, "clerk", event(type="session.revoked", subject="sess_9", data={"user": "user_1"}))
        assert await Session.filter(provider="clerk", provider_session="sess_2").exists()
        assert await Session.filter(provider="clerk").count() == 1
        await hear(Kind.AUTH, "clerk", event(type="user.deleted", subject="user_1"))
    # Then only what another provider vouches for stays
    assert [row.provider for row in await Session.all()] == ["local"]


@pytest.mark.parametrize(("data", "left"), [({"banned": True}, 0), ({"banned": False}, 1), ({}, 1)], ids=str)
async def test_an_account_that_is_shut_out_at_its_provider_is_signed_out_here(
    house: House, data: dict[str, Any], left: int
) -> None:
    ada = await User.create(id=uuid7(), username="ada", username_key="ada", display_name="Ada")
    await Identity.create(id=uuid7(), user=ada, provider="clerk", subject="user_1")
    await house.sessions.open(ada, provider="clerk", provider_session="sess_1")
    async with house.db.transaction():
        await house.tidings.heard(Kind.AUTH, "clerk", event(type="user.updated", subject="user_1", data=data))
    assert await Session.all().count() == left


async def test_an_address_that_bounces_or_complains_gets_no_more_mails(house: House) -> None:
    address = "Canary@Example.org"

    async def hear(name: str, **data: object) -> str:
        async with house.db.transaction():
            return await house.tidings.heard(Kind.EMAIL, "post", event(type=name, subject="mail-1", data=data))

    await hear("email.delivered", address=address)
    await hear("email.bounced", address=address, permanent=False)
    assert "no address" in await hear("email.bounced")
    assert not await house.stops.stops(address)
    await hear("email.bounced", address=address)
    assert await house.stops.stops(" canary@example.org")
    await hear("email.complained", address="other@example.org")
    assert await house.stops.count() == 2
    stored = [str(vars(row)) for row in await MailStop.all()]
    assert "canary" not in str(stored).lower()


async def test_nothing_of_persons_is_told_by_the_log(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    canary = "canary.person@example.org"
    wanted = event("e1", type="email.bounced", subject="mail-1", data={"address": canary})

    class Mailer:
        def parse_webhook(self, request: WebhookRequest) -> list[ProviderEvent]:
            return [wanted]

    house.live.more[(Kind.EMAIL, "post")] = Mailer()
    request = WebhookRequest(headers={"authorization": SECRET}, body=canary.encode(), received_at=house.clock.now())
    await house.inbox.take(Source("email", "post"), request)
    await house.handle()
    assert await house.stops.stops(canary)
    (row,) = await house.desk.page()
    seen = f"{caplog.text} {[vars(one) for one in await Event.all()]} {await Outbox.all().values()} {request!r} {row!r}"
    seen += str([vars(one) for one in await AuditEntry.all()])
    assert canary not in seen
    assert SECRET not in seen
    assert SECRET not in str(await WebhookDelivery.all().values("headers"))
