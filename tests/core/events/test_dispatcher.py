"""Positions without gaps, one leader at a time, consumers that go on where they were."""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from aethex_live.clock import SystemClock
from aethex_live.db import Database
from aethex_live.errors import AethexError
from aethex_live.events import Consumer, Dispatcher, Recorded, _cursors, consumers, record
from aethex_live.events.types import UserBanned
from aethex_live.models import EventCursor, EventDeadLetter

Launch = Callable[..., Dispatcher]


def banned(reason: str = "spam") -> UserBanned:
    return UserBanned(user_id=uuid.uuid4(), reason=reason)


async def tell(database: Database, *reasons: str, ago: timedelta = timedelta(0)) -> None:
    async with database.transaction():
        for reason in reasons:
            await record(banned(reason), subject="user:1", occurred_at=datetime.now(UTC) - ago)


class Heard:
    """A handler that keeps what it hears and fails on the reasons in `bad`."""

    def __init__(self, *bad: str) -> None:
        self.events: list[Recorded] = []
        self.bad = set(bad)
        self.tries = 0

    async def __call__(self, recorded: Recorded) -> None:
        if recorded.payload["reason"] in self.bad:
            self.tries += 1
            raise RuntimeError(f"can't stand {recorded.payload['reason']}")
        self.events.append(recorded)

    @property
    def reasons(self) -> list[str]:
        return [recorded.payload["reason"] for recorded in self.events]


@pytest_asyncio.fixture
async def launch(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Launch]:
    monkeypatch.setattr(consumers, "RETRY_SECONDS", (0.0, 0.0))
    started: list[Dispatcher] = []

    def start(*wanted: Consumer, on: Database | None = None) -> Dispatcher:
        dispatcher = Dispatcher(on or database, wanted, SystemClock())
        dispatcher.start()
        started.append(dispatcher)
        return dispatcher

    yield start
    for dispatcher in started:
        await dispatcher.stop()


async def positions(database: Database) -> list[int]:
    rows = await database.fetch("select position from core_event where position is not null order by position")
    return [row["position"] for row in rows]


async def test_events_are_heard_in_the_order_of_their_transaction(database: Database, launch: Launch) -> None:
    heard = Heard()
    dispatcher = launch(Consumer("test.heard", heard))
    await dispatcher.wait_leading()

    await tell(database, "a", "b", "c")
    await dispatcher.settle()

    assert heard.reasons == ["a", "b", "c"]
    assert [recorded.position for recorded in heard.events] == [1, 2, 3]
    assert isinstance(heard.events[0].event, UserBanned)


async def test_positions_have_no_gap_under_concurrent_writers_and_rollbacks(database: Database, launch: Launch) -> None:
    # Given eight writers, whose transactions last a while, hold several events, and roll back one time in four
    chance = random.Random(7)
    heard = Heard()
    dispatcher = launch(Consumer("test.heard", heard))
    await dispatcher.wait_leading()
    kept: list[str] = []

    async def write(writer: int) -> None:
        for number in range(25):
            reasons = [f"{writer}:{number}:{part}" for part in range(chance.randint(1, 3))]
            try:
                async with database.transaction():
                    for reason in reasons:
                        await record(banned(reason), subject="user:1")
                        await asyncio.sleep(chance.random() * 0.004)
                    if chance.random() < 0.25:
                        raise InterruptedError
            except InterruptedError:
                continue
            kept.extend(reasons)

    # When they write at once
    await asyncio.gather(*(asyncio.create_task(write(writer)) for writer in range(8)))
    await dispatcher.settle(10)

    # Then what was committed is heard once, without gaps, and each writer's events in its order
    assert sorted(heard.reasons) == sorted(kept)
    assert [recorded.position for recorded in heard.events] == list(range(1, len(kept) + 1))
    assert await positions(database) == list(range(1, len(kept) + 1))
    for writer in range(8):
        own = [reason for reason in heard.reasons if reason.startswith(f"{writer}:")]
        assert own == [reason for reason in kept if reason.startswith(f"{writer}:")]


async def test_one_dispatcher_leads_and_another_takes_over_when_its_connection_dies(
    database: Database, launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aethex_live.events import dispatcher as module

    monkeypatch.setattr(module, "CANDIDATE_SECONDS", 0.05)
    # Given two candidates for the lead
    first, second = Heard(), Heard()
    leader = launch(Consumer("test.heard", first))
    await leader.wait_leading()
    heir = launch(Consumer("test.heard", second))
    await tell(database, "before")
    await leader.settle()
    asked = """
        select 1 from pg_stat_activity where query like '%pg_try_advisory_lock%'
        and pid <> pg_backend_pid() and datname = current_database()"""
    async with asyncio.timeout(5):  # the heir has asked for the lock
        while not await database.fetch(asked):
            await asyncio.sleep(0.01)
    assert not heir.leading

    # When the leader's connection is cut (and it is kept from coming back first)
    monkeypatch.setattr(leader, "_candidate", lambda: asyncio.sleep(60))
    await database.fetch("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted")
    await heir.wait_leading()
    await tell(database, "after")
    await heir.settle()

    # Then the other one leads, and the consumer goes on where it was
    async with asyncio.timeout(2):
        while leader.leading:
            await asyncio.sleep(0.01)
    assert first.reasons == ["before"]
    assert second.reasons[-1] == "after"
    assert await positions(database) == [1, 2]


async def test_a_consumer_goes_on_from_its_cursor_after_a_crash(database: Database, launch: Launch) -> None:
    # Given a consumer that hears two events, and then hangs in the third, when its process is cut down
    reached = asyncio.Event()
    first: list[str] = []

    async def hang(recorded: Recorded) -> None:
        first.append(recorded.payload["reason"])
        if recorded.payload["reason"] == "c":
            reached.set()
            await asyncio.sleep(60)

    before = launch(Consumer("test.heard", hang))
    await before.wait_leading()
    await tell(database, "a", "b")
    await before.settle()
    await tell(database, "c", "d")
    await asyncio.wait_for(reached.wait(), 5)
    await before.stop()

    # When it runs again
    heard = Heard()
    after = launch(Consumer("test.heard", heard))
    await after.settle()

    # Then it hears what it had not finished, and nothing that it had
    assert first == ["a", "b", "c"]
    assert heard.reasons == ["c", "d"]


async def test_a_leader_whose_cursor_was_moved_by_another_stops(database: Database) -> None:
    await EventCursor.create(consumer="test.heard", position=5)
    with pytest.raises(_cursors.LeadershipLost):
        await _cursors.save(database, "test.heard", 4, 6)


async def test_after_three_tries_an_event_is_buried_and_the_next_is_heard(database: Database, launch: Launch) -> None:
    heard = Heard("bad")
    dispatcher = launch(Consumer("test.heard", heard))
    await dispatcher.wait_leading()
    await tell(database, "good", "bad", "better")
    await dispatcher.settle()

    assert heard.reasons == ["good", "better"]
    assert heard.tries == 3
    letter = await EventDeadLetter.get()
    assert (letter.consumer, letter.position, letter.attempts) == ("test.heard", 2, 3)
    assert letter.error.rstrip().endswith("RuntimeError: can't stand bad")


async def test_a_dead_letter_can_be_tried_again(database: Database, launch: Launch) -> None:
    heard = Heard("bad")
    dispatcher = launch(Consumer("test.heard", heard))
    await dispatcher.wait_leading()
    await tell(database, "bad")
    await dispatcher.settle()
    letter = await EventDeadLetter.get()

    with pytest.raises(RuntimeError, match="can't stand bad"):
        await dispatcher.retry(letter.id)
    heard.bad.clear()
    await dispatcher.retry(letter.id)

    assert heard.reasons == ["bad"]
    assert await EventDeadLetter.all().count() == 0
    with pytest.raises(AethexError, match="no dead letter"):
        await dispatcher.retry(letter.id)


async def test_a_handler_that_hangs_is_cut_off_and_buried(database: Database, launch: Launch) -> None:
    async def hang(_recorded: Recorded) -> None:
        await asyncio.sleep(60)

    dispatcher = launch(Consumer("test.hangs", hang, timeout_s=0.02))
    await dispatcher.wait_leading()
    await tell(database, "a")
    await dispatcher.settle()
    assert (await EventDeadLetter.get()).consumer == "test.hangs"


async def test_a_slow_consumer_does_not_hold_up_another(database: Database, launch: Launch) -> None:
    stuck, heard, arrived = asyncio.Event(), Heard(), asyncio.Event()

    async def wait(_recorded: Recorded) -> None:
        await stuck.wait()

    async def hear(recorded: Recorded) -> None:
        await heard(recorded)
        arrived.set()

    dispatcher = launch(Consumer("test.slow", wait), Consumer("test.quick", hear))
    await dispatcher.wait_leading()
    await tell(database, "a")
    await asyncio.wait_for(arrived.wait(), 5)
    assert heard.reasons == ["a"]
    stuck.set()


async def test_a_new_consumer_starts_at_the_head_unless_it_catches_up(database: Database, launch: Launch) -> None:
    old = launch()
    await tell(database, "old")
    await old.settle()
    await old.stop()

    at_head, all_of_it = Heard(), Heard()
    dispatcher = launch(Consumer("test.head", at_head), Consumer("test.all", all_of_it, catch_up=True))
    await dispatcher.wait_leading()
    await tell(database, "new")
    await dispatcher.settle()

    assert at_head.reasons == ["new"]
    assert all_of_it.reasons == ["old", "new"]


async def test_events_that_are_too_old_are_skipped(database: Database, launch: Launch) -> None:
    heard = Heard()
    dispatcher = launch(Consumer("test.heard", heard, max_age=timedelta(minutes=5)))
    await dispatcher.wait_leading()
    await tell(database, "stale", ago=timedelta(minutes=6))
    await tell(database, "fresh", ago=timedelta(minutes=4))
    await dispatcher.settle()
    assert heard.reasons == ["fresh"]


async def test_a_consumer_hears_only_the_types_that_it_names(database: Database, launch: Launch) -> None:
    heard = Heard()
    dispatcher = launch(Consumer("test.heard", heard, types=frozenset({"user.registered"})))
    await dispatcher.wait_leading()
    await tell(database, "a")
    await dispatcher.settle()
    assert heard.events == []


async def test_an_event_of_an_unknown_type_is_heard_by_its_payload(database: Database, launch: Launch) -> None:
    await tell(database, "a")
    await database.execute("update core_event set type = 'tips.given'")
    heard = Heard()
    dispatcher = launch(Consumer("test.heard", heard))
    await dispatcher.settle()
    assert [(recorded.type, recorded.event) for recorded in heard.events] == [("tips.given", None)]


async def test_more_events_than_a_batch_are_all_heard(database: Database, launch: Launch) -> None:
    heard = Heard()
    dispatcher = launch(Consumer("test.heard", heard))
    await dispatcher.wait_leading()
    await tell(database, *(str(number) for number in range(450)))
    await dispatcher.settle(10)
    assert heard.reasons == [str(number) for number in range(450)]


async def test_the_lag_of_a_stopped_consumer_is_counted(database: Database, launch: Launch) -> None:
    first = launch(Consumer("test.heard", Heard()))
    await first.wait_leading()
    await first.stop()
    await tell(database, "a", "b")
    second = launch()
    await second.settle()
    assert await second.lag() == {"test.heard": 2}
