"""The journal of broadcasts: each fact once, whatever is told twice, and in order."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest_asyncio

from aethex_live.clock import ManualClock
from aethex_live.db import Database
from aethex_live.domain.broadcasts import Broadcasts
from aethex_live.ids import uuid7
from aethex_live.models import Broadcast, Channel, Event, Ingest, Recording, User
from aethex_live.providers.streaming import PlaybackRef

LIVE = PlaybackRef(provider="local", id="i/b", live=True)
KEPT = PlaybackRef(provider="local", id="r", live=False)


@pytest_asyncio.fixture
async def ingest(database: Database) -> Ingest:
    user = await User.create(id=uuid7(), username="ada", username_key="ada", display_name="Ada")
    channel = await Channel.create(id=uuid7(), owner=user, slug="ada", name="Ada", title="Night patch")
    return await Ingest.create(id=uuid7(), channel=channel, provider="local", provider_id="one")


async def told() -> list[str]:
    """The types of all events, in the order they were recorded."""
    return [event.type for event in await Event.all().order_by("recorded_at", "id")]


async def go_live(journal: Broadcasts, ingest: Ingest, clock: ManualClock) -> UUID:
    broadcast_id = uuid7()
    await journal.connected(ingest, publish_id=uuid7(), broadcast_id=None, protocol="rtmp")
    await journal.started(ingest, broadcast_id=broadcast_id, started_at=clock.now(), playback=LIVE)
    return broadcast_id


async def finish(journal: Broadcasts, broadcast_id: UUID, clock: ManualClock) -> None:
    await journal.ended(broadcast_id, reason="unpublish", ended_at=clock.now() + timedelta(minutes=5))
    await journal.recording_ready(
        broadcast_id,
        duration=300.0,
        size=10,
        width=1280,
        height=720,
        has_audio=True,
        incomplete=False,
        playback=KEPT,
    )


async def test_a_broadcast_takes_its_words_from_the_channel(database: Database, ingest: Ingest) -> None:
    clock = ManualClock()
    journal = Broadcasts(database, clock)
    broadcast_id = await go_live(journal, ingest, clock)
    row = await Broadcast.get(id=broadcast_id)
    assert (row.title, row.state) == ("Night patch", "live")
    assert [found.id for found in await journal.live()] == [broadcast_id]


async def test_everything_told_twice_is_stored_and_told_once(database: Database, ingest: Ingest) -> None:
    # Given a broadcast whose every fact is told
    clock = ManualClock()
    journal = Broadcasts(database, clock)
    publish_id, broadcast_id = uuid7(), uuid7()
    # When a crash makes the provider tell all of it again
    for _ in range(2):
        await journal.connected(ingest, publish_id=publish_id, broadcast_id=None, protocol="rtmp")
        await journal.started(ingest, broadcast_id=broadcast_id, started_at=clock.now(), playback=LIVE)
        await finish(journal, broadcast_id, clock)
    # Then rows and events are there once, in order
    assert await told() == ["ingest.connected", "broadcast.started", "broadcast.ended", "recording.ready"]
    assert await Broadcast.all().count() == await Recording.all().count() == 1
    row = await Broadcast.get(id=broadcast_id)
    assert (row.state, row.end_reason) == ("ended", "unpublish")


async def test_a_break_is_told_and_the_return_goes_on_with_the_same_broadcast(
    database: Database, ingest: Ingest
) -> None:
    clock = ManualClock()
    journal = Broadcasts(database, clock)
    broadcast_id = await go_live(journal, ingest, clock)
    await journal.disconnected(ingest, publish_id=uuid7(), broadcast_id=broadcast_id, window_s=30)
    assert (await Broadcast.get(id=broadcast_id)).state == "reconnecting"
    await journal.connected(ingest, publish_id=uuid7(), broadcast_id=broadcast_id, protocol="rtmp")
    assert (await Broadcast.get(id=broadcast_id)).state == "live"
    assert (await told()).count("broadcast.started") == 1


async def test_the_peak_of_viewers_only_grows(database: Database, ingest: Ingest) -> None:
    clock = ManualClock()
    journal = Broadcasts(database, clock)
    broadcast_id = await go_live(journal, ingest, clock)
    for count in (3, 9, 4):
        await journal.saw_viewers(broadcast_id, count)
    assert (await Broadcast.get(id=broadcast_id)).peak_viewers == 9


async def test_an_unlisted_channel_is_not_among_those_that_are_live(database: Database, ingest: Ingest) -> None:
    clock = ManualClock()
    journal = Broadcasts(database, clock)
    await go_live(journal, ingest, clock)
    await Channel.filter(id=ingest.channel_id).update(visibility="unlisted")
    assert await journal.live() == []
    assert len(await journal.live_ids()) == 1
