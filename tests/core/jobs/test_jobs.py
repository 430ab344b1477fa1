"""Outbox and schedules: what is published is done, once, or shown as dead with its reason."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from aethex_live.db import Database
from aethex_live.errors import AethexError, PluginError
from aethex_live.jobs import GiveUp, Jobs, OutboxCall, OutboxHandler, Schedule, outbox
from aethex_live.jobs import _runner as runner
from aethex_live.models import Outbox, SiteFact

Worker = Callable[..., Awaitable[Jobs]]


async def nothing(*_: object) -> None:
    """A handler that is content."""


@pytest_asyncio.fixture
async def worker(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    monkeypatch.setattr(runner, "BACKOFF_SECONDS", 0.02)
    started: list[Jobs] = []

    async def launch(*handlers: OutboxHandler, schedules: tuple[Schedule, ...] = (), **options: object) -> Jobs:
        jobs = Jobs(database, **options)
        jobs.add_handlers("test", handlers)
        jobs.add_schedules("test", schedules)
        await jobs.start()
        started.append(jobs)
        return jobs

    yield launch
    for jobs in started:
        await jobs.stop(0.5)


async def publish(database: Database, jobs: Jobs, **payload: object) -> None:
    async with database.transaction():
        await jobs.publish("test.work", payload, plugin="test")


async def wait_for(condition: Callable[[], Awaitable[bool]], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)


async def test_a_published_command_is_carried_out(database: Database, worker: Worker) -> None:
    calls: list[OutboxCall] = []

    async def run(call: OutboxCall) -> None:
        calls.append(call)

    jobs = await worker(OutboxHandler("test.work", run))
    await publish(database, jobs, n=1)
    await jobs.settle()

    assert [(call.payload, call.attempt) for call in calls] == [({"n": 1}, 1)]
    assert calls[0].idempotency_key == str((await Outbox.get()).id)
    assert await jobs.counts() == {"done": 1}


async def test_a_command_goes_with_its_transaction(database: Database) -> None:
    jobs = Jobs(database)
    with contextlib.suppress(RuntimeError):
        async with database.transaction():
            await jobs.publish("test.work", {}, plugin="test")
            raise RuntimeError
    assert await jobs.counts() == {}


async def test_outside_of_a_transaction_nothing_is_published(database: Database) -> None:
    with pytest.raises(AethexError, match=r"test\.work must be published inside"):
        await Jobs(database).publish("test.work", {}, plugin="test")


async def test_the_same_dedupe_key_is_published_once(database: Database) -> None:
    jobs = Jobs(database)
    published = []
    for _ in range(2):
        async with database.transaction():
            published.append(await jobs.publish("test.work", {}, plugin="test", dedupe="once"))
    assert published[0] is not None
    assert published[1] is None
    assert await jobs.counts() == {"new": 1}


async def test_a_command_for_later_waits(database: Database, worker: Worker) -> None:
    at: list[datetime] = []

    async def run(_call: OutboxCall) -> None:
        at.append(datetime.now(UTC))

    jobs = await worker(OutboxHandler("test.work", run))
    due = datetime.now(UTC) + timedelta(seconds=0.4)
    async with database.transaction():
        await jobs.publish("test.work", {}, plugin="test", available_at=due)
    await wait_for(lambda: Outbox.filter(state="done").exists())
    assert at[0] >= due


async def test_a_failing_command_is_tried_again_with_the_same_key(database: Database, worker: Worker) -> None:
    calls: list[OutboxCall] = []

    async def run(call: OutboxCall) -> None:
        calls.append(call)
        if call.attempt < 3:
            raise RuntimeError("the vendor is out")

    jobs = await worker(OutboxHandler("test.work", run))
    await publish(database, jobs)
    await jobs.settle()
    assert [call.attempt for call in calls] == [1, 2, 3]
    assert len({call.idempotency_key for call in calls}) == 1
    assert (await Outbox.get()).last_error is None


async def test_after_its_last_attempt_a_command_is_dead_with_its_reason(database: Database, worker: Worker) -> None:
    async def run(_call: OutboxCall) -> None:
        raise RuntimeError("the vendor is out")

    jobs = await worker(OutboxHandler("test.work", run, attempts=2))
    await publish(database, jobs, n=1)
    await jobs.settle()

    (dead,) = await jobs.dead()
    assert (dead.topic, dead.plugin, dead.attempts, dead.payload) == ("test.work", "test", 2, {"n": 1})
    assert dead.last_error == "RuntimeError: the vendor is out"
    assert await jobs.dead(before=dead.id) == []


async def test_a_dead_command_can_be_tried_again(database: Database, worker: Worker) -> None:
    broken = [True]

    async def run(_call: OutboxCall) -> None:
        if broken:
            raise GiveUp("The address does not exist.")

    jobs = await worker(OutboxHandler("test.work", run))
    await publish(database, jobs)
    await jobs.settle()
    (dead,) = await jobs.dead()
    assert (dead.attempts, dead.last_error) == (1, "The address does not exist.")

    broken.clear()
    await jobs.retry(dead.id)
    await jobs.settle()
    assert await jobs.counts() == {"done": 1}
    with pytest.raises(AethexError, match="no dead job"):
        await jobs.retry(dead.id)


async def test_a_command_that_takes_too_long_is_cut_off(database: Database, worker: Worker) -> None:
    async def run(_call: OutboxCall) -> None:
        await asyncio.sleep(60)

    jobs = await worker(OutboxHandler("test.work", run, timeout_s=0.05, attempts=1))
    await publish(database, jobs)
    await jobs.settle()
    assert [dead.last_error for dead in await jobs.dead()] == ["It took longer than 0.05 s."]


async def test_a_transactional_command_and_its_effect_are_one(database: Database, worker: Worker) -> None:
    async def run(call: OutboxCall) -> None:
        await SiteFact.create(key=f"attempt {call.attempt}", value="")
        if call.attempt < 2:
            raise RuntimeError

    jobs = await worker(OutboxHandler("test.work", run, transactional=True))
    await publish(database, jobs)
    await jobs.settle()
    assert await SiteFact.all().values_list("key", flat=True) == ["attempt 2"]


async def test_many_commands_run_at_once_but_not_more_than_allowed(database: Database, worker: Worker) -> None:
    running, most, done = 0, 0, 0

    async def run(_call: OutboxCall) -> None:
        nonlocal running, most, done
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        done += 1

    jobs = await worker(OutboxHandler("test.work", run), concurrency=4)
    async with database.transaction():
        for number in range(60):
            await jobs.publish("test.work", {"n": number}, plugin="test")
    await jobs.settle(20)
    assert done == 60
    assert 1 < most <= 4
    assert await Outbox.filter(attempts__gt=1).count() == 0


async def test_commands_of_a_plugin_that_is_off_wait_for_it(database: Database, worker: Worker) -> None:
    on: list[str] = []
    jobs = await worker(OutboxHandler("test.work", nothing), is_on=lambda plugin: plugin in on)
    await publish(database, jobs)
    await asyncio.sleep(0.1)
    assert await jobs.counts() == {"new": 1}

    on.append("test")
    await wait_for(lambda: Outbox.filter(state="done").exists())


async def test_a_stopping_worker_lets_its_command_finish(database: Database, worker: Worker) -> None:
    begun, finish = asyncio.Event(), asyncio.Event()

    async def run(_call: OutboxCall) -> None:
        begun.set()
        await finish.wait()

    jobs = await worker(OutboxHandler("test.work", run))
    await publish(database, jobs)
    await asyncio.wait_for(begun.wait(), 5)
    stopping = asyncio.create_task(jobs.stop(5))
    await asyncio.sleep(0)
    finish.set()
    await stopping
    assert await jobs.counts() == {"done": 1}


async def test_a_stopping_worker_cuts_off_what_will_not_finish(database: Database, worker: Worker) -> None:
    begun = asyncio.Event()

    async def run(_call: OutboxCall) -> None:
        begun.set()
        await asyncio.sleep(60)

    jobs = await worker(OutboxHandler("test.work", run))
    await publish(database, jobs)
    await asyncio.wait_for(begun.wait(), 5)
    async with asyncio.timeout(8):
        await jobs.stop(0.1)
    assert await jobs.counts() == {"new": 1}


async def test_a_command_whose_worker_died_too_often_is_dead(database: Database) -> None:
    jobs = Jobs(database)
    await publish(database, jobs)
    await database.execute("update core_outbox set state = 'sent', attempts = 3, lease_until = now() - interval '1 s'")
    assert await outbox.claim(database, {"test.work": (1.0, 3)}, 10) == []
    assert [dead.last_error for dead in await jobs.dead()] == ["The process ended in the middle of the last attempt."]


async def test_a_lease_that_ran_out_gives_no_right(database: Database) -> None:
    # Given a row that was leased, whose lease ran out, and that somebody else leased then
    await publish(database, Jobs(database))
    limits = {"test.work": (1.0, 3)}
    (old,) = await outbox.claim(database, limits, 10)
    await database.execute("update core_outbox set lease_until = now() - interval '1 s'")
    (new,) = await outbox.claim(database, limits, 10)

    # Then only the new one may take it, once
    assert await outbox.take(database, old, 1.0) is None
    taken = await outbox.take(database, new, 1.0)
    assert taken is not None
    assert await outbox.take(database, new, 1.0) is None
    assert not await outbox.finish(database, new)
    assert await outbox.finish(database, taken.lease)


async def test_rows_that_were_done_long_ago_are_removed(database: Database) -> None:
    await publish(database, Jobs(database))
    await publish(database, Jobs(database))
    row = await Outbox.all().order_by("id").first()
    assert row is not None
    await database.execute("update core_outbox set state = 'done'")
    old = f"{int((datetime.now(UTC) - timedelta(days=8)).timestamp() * 1000):012x}" + row.id.hex[12:]
    await database.execute("update core_outbox set id = $1::text::uuid where id = $2", [old, row.id])
    assert await outbox.prune(database, 7) == 1
    assert await Outbox.all().count() == 1


@pytest.mark.parametrize(
    ("plugin", "topics", "sentence"),
    [("test", ["other.work"], "must begin with test."), ("test", ["test.work", "test.work"], "has two handlers")],
)
def test_a_topic_that_is_taken_or_misnamed_is_refused(
    database: Database, plugin: str, topics: list[str], sentence: str
) -> None:
    with pytest.raises(PluginError, match=sentence):
        Jobs(database).add_handlers(plugin, [OutboxHandler(topic, nothing) for topic in topics])


async def test_a_schedule_runs_again_and_again_in_one_process_at_a_time(database: Database, worker: Worker) -> None:
    runs, running, most = 0, 0, 0

    async def run() -> None:
        nonlocal runs, running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.06)
        running -= 1
        runs += 1

    schedule = Schedule("test.often", timedelta(seconds=0.05), run)
    for _ in range(2):
        await worker(schedules=(schedule,))

    async def thrice() -> bool:
        return runs >= 3

    await wait_for(thrice)
    assert most == 1


async def test_a_schedule_that_fails_runs_again(database: Database, worker: Worker) -> None:
    runs = []

    async def run() -> None:
        runs.append(1)
        raise RuntimeError("boom")

    await worker(schedules=(Schedule("test.fails", timedelta(seconds=0.05), run),))

    async def twice() -> bool:
        return len(runs) >= 2

    await wait_for(twice)


async def test_a_schedule_keeps_its_time_over_a_restart(database: Database, worker: Worker) -> None:
    runs = []

    async def run() -> None:
        runs.append(1)

    async def once() -> bool:
        return len(runs) == 1

    first = await worker(schedules=(Schedule("test.daily", timedelta(days=1), run),))
    await wait_for(once)
    await first.stop()
    await worker(schedules=(Schedule("test.daily", timedelta(days=1), run),))
    await asyncio.sleep(0.1)
    assert len(runs) == 1


@pytest.mark.parametrize(
    ("name", "every", "sentence"),
    [
        ("other.x", timedelta(1), "must begin with test."),
        ("test.x", timedelta(0), "must be positive"),
        ("test.taken", timedelta(1), "twice"),
    ],
)
def test_a_schedule_that_breaks_the_rules_is_refused(
    database: Database, name: str, every: timedelta, sentence: str
) -> None:
    jobs = Jobs(database)
    jobs.add_schedules("test", [Schedule("test.taken", timedelta(1), nothing)])
    with pytest.raises(PluginError, match=sentence):
        jobs.add_schedules("test", [Schedule(name, every, nothing)])


def test_the_wait_between_attempts_grows_and_is_bounded() -> None:
    assert 3.3 < runner.backoff(1) <= 5
    assert 13.3 < runner.backoff(3) <= 20
    assert runner.backoff(40) <= 3600
