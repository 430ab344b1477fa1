"""Streams of vendors: what they tell becomes broadcasts and recordings, and what they are asked corrects them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from aethex_live.clock import ManualClock
from aethex_live.db import Database
from aethex_live.domain.vendor_streams import SHUT, WATCH
from aethex_live.ids import uuid7
from aethex_live.jobs import OutboxCall
from aethex_live.models import Broadcast, Channel, Ingest, Outbox, ProviderState, Recording, User
from aethex_live.providers import Unavailable
from aethex_live.providers.streaming import LiveState, LiveStatus, PlaybackRef, ProviderRecording, StreamCap
from aethex_live.testing.fakes.vendor import told
from vendors import House

NOW = ManualClock().now()


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest_asyncio.fixture
async def house(database: Database) -> House:
    return House(database)


@pytest_asyncio.fixture
async def ingest(house: House) -> Ingest:
    return await house.channel()


async def tell(house: House, name: str, seconds: float, subject: str = "in-ada", **data: Any) -> None:
    await house.take(told(f"{name}-{seconds}", name, subject, at(seconds), data=data))
    assert await house.handle() == []


async def types(house: House) -> list[str]:
    return [name for name in await house.types() if name != "provider.told"]


async def test_a_whole_stream_as_a_vendor_tells_it(house: House, ingest: Ingest) -> None:
    # When an encoder comes, is watched, is lost, comes back and ends, and the recording is made ready
    await tell(house, "ingest.connected", 0)
    await tell(house, "broadcast.started", 2, recording_id="asset-1", playback_id="pb-live")
    await tell(house, "ingest.disconnected", 10)
    assert (await Broadcast.get()).state == "reconnecting"
    await tell(house, "ingest.connected", 15)
    await tell(house, "broadcast.started", 16, recording_id="asset-1", playback_id="pb-live")
    row = await Broadcast.get()
    assert (row.state, row.started_at, row.playback["id"]) == ("live", at(2), "pb-live")
    await tell(house, "broadcast.ended", 60, recording_id="asset-1")
    assert (await Recording.get()).state == "processing"
    await tell(house, "recording.ready", 90, "asset-1", ingest_id="in-ada", playback_id="pb-vod", duration=58.0)
    # Then rows and events are those of the embedded provider, each once
    assert await types(house) == [
        "ingest.connected",
        "broadcast.started",
        "ingest.disconnected",
        "ingest.connected",
        "broadcast.ended",
        "recording.ready",
    ]
    recording = await Recording.get()
    assert (recording.state, recording.duration, recording.provider_id) == ("ready", 58.0, "asset-1")
    assert recording.playback == {"provider": "vendor", "id": "pb-vod", "live": False}
    assert recording.broadcast_id == row.id


async def test_a_stream_that_is_not_recorded_is_named_by_its_beginning(house: House, ingest: Ingest) -> None:
    await tell(house, "broadcast.started", 2)
    await tell(house, "broadcast.ended", 9)
    await tell(house, "broadcast.started", 20)
    names = [row.provider_id for row in await Broadcast.all().order_by("started_at")]
    assert names == [f"in-ada@{at(2).isoformat()}", f"in-ada@{at(20).isoformat()}"]
    assert await Recording.all().count() == 0
    # a recording that comes all the same belongs to the last one that has none
    await tell(house, "recording.ready", 40, "asset-9", ingest_id="in-ada", duration=10.0)
    assert [row.state for row in await Broadcast.all()] == ["ended", "ended"]
    assert (await Recording.get().select_related("broadcast")).broadcast.started_at == at(20)


async def test_a_new_recording_is_a_new_broadcast_and_ends_the_one_before(house: House, ingest: Ingest) -> None:
    await tell(house, "broadcast.started", 2, recording_id="asset-1")
    await tell(house, "broadcast.started", 50, recording_id="asset-2")
    rows = await Broadcast.all().order_by("started_at")
    assert [(row.provider_id, row.state) for row in rows] == [("asset-1", "ended"), ("asset-2", "live")]


async def test_a_recording_of_a_stream_of_which_nobody_heard_gets_its_broadcast_and_no_announcement(
    house: House, ingest: Ingest
) -> None:
    await tell(house, "recording.ready", 100, "asset-7", ingest_id="in-ada", duration=40.0, width=1280, height=720)
    broadcast, recording = await Broadcast.get(), await Recording.get()
    assert (broadcast.state, broadcast.started_at, broadcast.title) == ("ended", at(60), "Night patch")
    assert (recording.broadcast_id, recording.width, recording.has_audio) == (broadcast.id, 1280, True)
    assert await types(house) == ["recording.ready"]


async def test_an_ingest_is_found_by_our_own_id_where_the_vendor_echoes_it(house: House, ingest: Ingest) -> None:
    await house.take(told("e", "recording.ready", "asset-7", at(9), ref=str(ingest.id), data={"duration": 4.0}))
    assert await house.handle() == []
    assert (await Recording.get()).channel_id == ingest.channel_id


async def test_strangers_things_change_nothing(house: House, ingest: Ingest) -> None:
    await tell(house, "broadcast.started", 1, "in-somebody")
    await tell(house, "recording.ready", 1, "asset", ingest_id="in-somebody")
    await house.take(told("odd", "recording.ready", "asset-2", at(9), ref="no uuid"))
    assert await house.handle() == []
    assert await Broadcast.all().count() == await Recording.all().count() == 0


@pytest.mark.parametrize("why", ["banned", "closed", "shut"])
async def test_who_may_not_stream_is_ended_at_the_vendor_and_never_shown(
    house: House, ingest: Ingest, why: str
) -> None:
    if why == "banned":
        await User.all().update(state="banned")
    elif why == "closed":
        await Channel.all().update(delete_at=NOW)
    else:
        await Ingest.all().update(enabled=False)
    await tell(house, "broadcast.started", 1)
    assert await Broadcast.all().count() == 0
    (job,) = await house.jobs_of(SHUT)
    await house.reconciliation._shut(OutboxCall(job.id, job.payload, 1, str(job.id)))
    assert house.vendor.ended == ["in-ada"]


async def test_a_recording_that_fails_and_one_that_the_vendor_deletes(house: House, ingest: Ingest) -> None:
    await tell(house, "broadcast.started", 1, recording_id="asset-1")
    await tell(house, "broadcast.ended", 9, recording_id="asset-1")
    await tell(house, "recording.failed", 12, "asset-1")
    assert (await Recording.get()).state == "failed"
    await tell(house, "recording.ready", 14, "asset-1", ingest_id="in-ada", duration=8.0)
    assert (await Recording.get()).state == "ready"
    await tell(house, "recording.deleted", 20, "asset-1")
    row = await Recording.get()
    assert row.state == "deleted"
    assert row.deleted_at is not None
    assert row.deleted_at < house.clock.now() - timedelta(days=7), "it can't be brought back"
    await tell(house, "recording.ready", 15, "asset-1", ingest_id="in-ada")
    assert (await Recording.get()).state == "deleted"
    assert "recording.failed" in await types(house)


async def look(house: House) -> None:
    """Carry the looks out that are due."""
    for job in await house.jobs_of(WATCH):
        await Outbox.filter(id=job.id).update(state="done")
        await house.reconciliation._watch(OutboxCall(job.id, job.payload, 1, str(job.id)))


async def waits(house: House) -> list[float]:
    return [(job.available_at - house.clock.now()).total_seconds() for job in await house.jobs_of(WATCH)]


async def test_a_vendor_that_tells_only_of_encoders_is_asked_until_the_stream_is_there(
    house: House, ingest: Ingest
) -> None:
    # Given an encoder that was let in, at a vendor that does not say when it can be watched
    await tell(house, "ingest.connected", 0)
    assert await waits(house) == [1.0]
    # When it is asked again and again: not yet, not yet, now
    for status, next_in in ((LiveStatus.IDLE, [2.0]), (LiveStatus.CONNECTING, [4.0])):
        house.vendor.states["in-ada"] = LiveState(status=status)
        await look(house)
        assert await waits(house) == next_in
    live = LiveState(status=LiveStatus.LIVE, recording_id="asset-1", started_at=at(4), playback_id="play-1")
    house.vendor.states["in-ada"] = live
    await look(house)
    # Then the channel is live, and nobody asks any more
    assert await waits(house) == []
    row = await Broadcast.get()
    assert (row.started_at, row.playback["id"]) == (at(4), "play-1")
    # And its end is found in the same way
    await tell(house, "ingest.disconnected", 30)
    await look(house)
    assert len(await waits(house)) == 1
    house.clock.advance(40)
    house.vendor.states["in-ada"] = LiveState(status=LiveStatus.IDLE)
    await look(house)
    assert (await Broadcast.get()).state == "ended"
    assert (await Recording.get()).state == "processing"


async def test_asking_ends_even_when_it_never_gets_plain(house: House, ingest: Ingest) -> None:
    await tell(house, "ingest.connected", 0)
    house.vendor.states["in-ada"] = LiveState(status=LiveStatus.CONNECTING)
    seen = []
    while found := await waits(house):
        seen += found
        await look(house)
    assert seen == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


async def test_the_hourly_round_corrects_what_was_missed(house: House, ingest: Ingest) -> None:
    # Given a stream whose end nobody heard, one whose beginning nobody heard, and one that is as we believe
    await tell(house, "broadcast.started", 1, recording_id="a1")
    bea, cat = await house.channel("bea"), await house.channel("cat")
    await house.take(told("b", "ingest.connected", "in-bea", at(2)))
    await house.take(told("c", "broadcast.started", "in-cat", at(3), data={"recording_id": "c1"}))
    await house.handle()
    house.clock.advance(60)
    house.vendor.states = {
        "in-bea": LiveState(status=LiveStatus.LIVE, recording_id="b1", started_at=at(5)),
        "in-cat": LiveState(status=LiveStatus.LIVE, recording_id="c1"),
    }
    # When vendors are asked
    done = await house.reconciliation.run()
    # Then ours are as theirs, and plugins ask for what they keep
    assert (done.asked, done.corrected, done.silent, house.hooks.rounds) == (3, 2, 0, 1)
    states = {row.ingest_id: row.state for row in await Broadcast.all()}
    assert states == {ingest.id: "ended", bea.id: "live", cat.id: "live"}
    # And recordings that are waited for are found, or given up
    assert (await Recording.get(provider_id="a1")).state == "processing"
    house.clock.advance(301)
    playback = PlaybackRef(provider="vendor", id="pb-a1", live=False)
    house.vendor.kept["a1"] = ProviderRecording(
        id="a1", ingest_id="in-ada", ref=None, status="ready", playback=playback, created_at=at(9), duration=8.0
    )
    await house.reconciliation.run()
    row = await Recording.get(provider_id="a1")
    assert (row.state, row.duration, row.playback["id"]) == ("ready", 8.0, "pb-a1")


async def test_a_recording_that_the_vendor_has_lost_is_given_up(house: House, ingest: Ingest) -> None:
    await tell(house, "broadcast.started", 1, recording_id="a1")
    await tell(house, "broadcast.ended", 5, recording_id="a1")
    house.clock.advance(60)
    await house.reconciliation.run()
    assert (await Recording.get()).state == "processing"
    house.clock.advance(300)
    await house.reconciliation.run()
    assert (await Recording.get()).state == "failed"


async def test_what_was_told_while_the_vendor_was_asked_counts_more(house: House, ingest: Ingest) -> None:
    await tell(house, "broadcast.started", 1, recording_id="a1")
    await ProviderState.all().update(occurred_at=at(100))  # told a moment after the question
    house.vendor.states["in-ada"] = LiveState(status=LiveStatus.IDLE)
    assert await house.reconciliation.correct(ingest) == ""
    assert (await Broadcast.get()).state == "live"


async def test_a_vendor_without_an_answer_changes_nothing_and_the_round_goes_on(
    house: House, ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell(house, "broadcast.started", 1, recording_id="a1")

    async def silent(_: str) -> LiveState:
        raise Unavailable("no answer", provider="vendor", operation="live_state")

    monkeypatch.setattr(house.vendor, "live_state", silent)
    done = await house.reconciliation.run()
    assert (done.asked, done.corrected, done.silent) == (1, 0, 1)
    assert (await Broadcast.get()).state == "live"


async def test_a_vendor_that_never_tells_is_looked_at_while_a_creator_is_here(
    house: House, ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.vendor, "capabilities", frozenset({StreamCap.STATE}))
    house.vendor.states["in-ada"] = LiveState(status=LiveStatus.LIVE, started_at=at(3))
    await house.reconciliation._look()
    assert await Broadcast.all().count() == 0
    await User.all().update(last_seen_at=house.clock.now())
    await house.reconciliation._look()
    assert (await Broadcast.get()).state == "live"
    await User.all().update(last_seen_at=None)
    house.clock.advance(10)
    house.vendor.states["in-ada"] = LiveState(status=LiveStatus.IDLE)
    await house.reconciliation._look()
    assert (await Broadcast.get()).state == "ended"


async def test_an_ingest_of_a_provider_that_is_off_is_left_alone(house: House, ingest: Ingest) -> None:
    other = await Ingest.create(id=uuid7(), channel_id=ingest.channel_id, provider="gone", provider_id="x")
    async with house.db.transaction():
        await house.streams.watch(other)
    await look(house)
    assert await Broadcast.all().count() == 0


async def test_what_was_live_at_a_provider_that_is_gone_is_over_after_two_rounds(house: House, ingest: Ingest) -> None:
    # Given a broadcast at a provider that is not set up any more, and one at the vendor
    await tell(house, "broadcast.started", 1, recording_id="a1")
    house.vendor.states["in-ada"] = LiveState(status=LiveStatus.LIVE, recording_id="a1")
    other = await Ingest.create(id=uuid7(), channel_id=ingest.channel_id, provider="gone", provider_id="x")
    await house.broadcasts.started(
        other,
        broadcast_id=uuid7(),
        started_at=at(0),
        playback=PlaybackRef(provider="gone", id="x", live=True),
        provider_id="x",
    )
    # When the vendors are asked for the first time, Then it may come back
    await house.reconciliation.run()
    assert await Broadcast.filter(state="live").count() == 2
    # When it is not there at the next round either, Then it is over, and the other one is not
    done = await house.reconciliation.run()
    assert done.corrected == 1
    [row] = await Broadcast.filter(state="ended")
    assert (row.provider, row.end_reason) == ("gone", "crash")
    assert (await Broadcast.get(state="live")).provider == "vendor"
