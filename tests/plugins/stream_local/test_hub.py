"""The state machine of an ingest, row by row, and what is told of it to the journal."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest
from stream_kit import (
    INGEST,
    KEY,
    OTHER_INGEST,
    FakePublisher,
    KeyGate,
    MemoryJournal,
    new_id,
    picture,
    stream,
    video_config,
)

from aethex_plugins.stream_local.broadcast import HubSettings
from aethex_plugins.stream_local.errors import MediaRejected
from aethex_plugins.stream_local.hub import Hub
from aethex_plugins.stream_local.ingest import IngestState
from aethex_plugins.stream_local.ports import Refusal


class House:
    """A hub with its outside, on a clock of its own."""

    def __init__(self, folder, time, **settings):
        self.time = time
        self.gate = KeyGate()
        self.gate.ingests["another-key"] = OTHER_INGEST
        self.journal = MemoryJournal()
        self.settings = HubSettings(media=folder, disk_floor=0, **settings)
        self.hub = Hub(self.settings, self.gate, self.journal, time, new_id)

    async def publish(self, key=KEY):
        publisher = FakePublisher()
        answer = await self.hub.open(key, publisher)
        if isinstance(answer, Refusal):
            return answer
        publisher.session = answer
        return publisher

    def send(self, publisher, seconds, **kind):
        for kind_, ms, body in stream(seconds, **kind):
            publisher.session.media(kind_, ms, body)

    def state(self, ingest=INGEST):
        found = self.hub.ingest(ingest)
        return found.state if found else IngestState.IDLE

    async def settled(self):
        """Wait until all facts are written and recordings are finished."""
        assert await self.hub._reporter.drain(20)

    def recordings(self):
        return sorted(path.name for path in self.settings.vod.glob("*"))


@pytest.fixture
def house(tmp_path, time):
    return House(tmp_path, time)


async def test_a_key_that_is_let_in_connects(house):
    publisher = await house.publish()
    await house.settled()
    assert house.state() is IngestState.CONNECTING
    assert house.journal.names() == ["Connected"]
    assert house.journal.facts[0].continues is False
    assert publisher.sentence is None


async def test_a_wrong_key_tells_nothing_and_leaves_no_folder(house):
    refusal = await house.publish("a-wrong-key")
    await house.settled()
    assert (refusal.code, refusal.sentence) == ("BadName", "This stream key is not right.")
    assert house.journal.facts == []
    assert house.state() is IngestState.IDLE
    assert not house.settings.media.joinpath("live").exists()


async def test_a_broadcast_starts_once_when_its_first_segment_is_whole(house):
    publisher = await house.publish()
    house.send(publisher, 1.9)
    await house.settled()
    assert house.state() is IngestState.LIVE
    assert house.journal.names() == ["Connected"]

    house.send(publisher, 5, start=1900)
    await house.settled()
    assert house.journal.names() == ["Connected", "Started"]
    assert house.journal.facts[1].at.timestamp() == pytest.approx(house.time.wall(), abs=1)


async def test_who_connects_and_sends_nothing_leaves_no_trace(house):
    publisher = await house.publish()
    publisher.session.ended(clean=False)
    await house.settled()
    assert house.state() is IngestState.IDLE
    assert house.journal.names() == ["Connected"]
    assert house.recordings() == []
    assert list(house.settings.media.rglob("*")) == []


async def test_a_lost_publisher_is_awaited_for_30_seconds_then_the_broadcast_ends(house):
    # Given a broadcast whose publisher is lost
    publisher = await house.publish()
    house.send(publisher, 5)
    publisher.session.ended(clean=False)
    # When 29.9 seconds go by, Then it is awaited
    house.time.advance(29.9)
    assert house.state() is IngestState.RECONNECTING
    # When the window is over, Then it ends, at the end of its last frame
    house.time.advance(0.2)
    assert house.state() is IngestState.IDLE
    await house.settled()
    assert house.journal.names() == ["Connected", "Started", "Disconnected", "Ended", "RecordingReady"]
    ended, ready = house.journal.facts[3:]
    assert ended.reason == "timeout"
    assert (ended.at - house.journal.facts[1].at).total_seconds() == pytest.approx(5, abs=0.01)
    assert ready.duration == pytest.approx(5, abs=0.01)
    assert (ready.width, ready.height, ready.has_audio, ready.incomplete) == (640, 360, True, False)


async def test_after_a_goodbye_the_window_is_10_seconds(house):
    publisher = await house.publish()
    house.send(publisher, 3)
    publisher.session.ended(clean=True)
    house.time.advance(9.9)
    assert house.state() is IngestState.RECONNECTING
    house.time.advance(0.2)
    await house.settled()
    assert house.journal.of("Ended")[0].reason == "unpublish"
    assert house.journal.of("Disconnected")[0].window_s == 10.0


async def test_a_publisher_that_comes_back_goes_on_with_its_broadcast(house):
    first = await house.publish()
    house.send(first, 5)
    first.session.ended(clean=False)
    house.time.advance(20)
    second = await house.publish()
    house.send(second, 5)
    await house.settled()
    assert house.state() is IngestState.LIVE
    assert house.journal.names() == ["Connected", "Started", "Disconnected", "Connected"]
    assert house.journal.facts[3].continues is True
    assert len({fact.broadcast_id for fact in house.journal.facts}) == 1
    house.time.advance(60)
    assert house.state() is IngestState.LIVE
    assert b"#EXT-X-DISCONTINUITY\n" in house.hub.broadcasts()[0].window.plain()


async def test_a_publisher_that_comes_back_without_media_does_not_stretch_the_window(house):
    first = await house.publish()
    house.send(first, 5)
    first.session.ended(clean=False)
    house.time.advance(20)
    idle = await house.publish()
    assert house.state() is IngestState.RECONNECTING
    house.time.advance(5)
    idle.session.ended(clean=False)
    house.time.advance(4.9)
    assert house.state() is IngestState.RECONNECTING
    house.time.advance(0.2)
    assert house.state() is IngestState.IDLE


async def test_after_the_window_a_publisher_begins_a_new_broadcast(house):
    first = await house.publish()
    house.send(first, 3)
    first.session.ended(clean=False)
    house.time.advance(31)
    second = await house.publish()
    house.send(second, 3)
    await house.settled()
    connected = house.journal.of("Connected")
    assert [fact.continues for fact in connected] == [False, False]
    assert connected[0].broadcast_id != connected[1].broadcast_id
    assert house.recordings() == [str(connected[0].broadcast_id)]


async def test_a_second_publisher_takes_over_and_the_late_end_of_the_first_is_no_news(house):
    # Given a live publisher
    first = await house.publish()
    house.send(first, 5)
    old, first.session = first.session, None  # its connection takes its time to close
    # When another comes with the same key
    second = await house.publish()
    # Then the first is told, and its late end opens no window
    assert first.sentence == "Another encoder took over with the same stream key."
    old.ended(clean=True)
    house.send(second, 5)
    house.time.advance(60)
    await house.settled()
    assert house.state() is IngestState.LIVE
    assert house.journal.names() == ["Connected", "Started", "Connected"]
    assert house.journal.facts[2].continues is True
    # and what the first still sends is not taken
    before = house.hub.broadcasts()[0].window.next_msn
    for tag in stream(5, start=9000):
        old.media(*tag)
    assert house.hub.broadcasts()[0].window.next_msn == before


async def test_a_rotated_key_closes_the_publisher_and_the_new_key_goes_on(house):
    first = await house.publish()
    house.send(first, 3)
    house.gate.version = 2
    assert house.hub.kick(INGEST, "The stream key was changed.", below=2)
    assert first.sentence == "The stream key was changed."
    assert house.state() is IngestState.RECONNECTING
    second = await house.publish()
    assert not house.hub.kick(INGEST, "The stream key was changed.", below=2)
    house.send(second, 3)
    await house.settled()
    assert house.journal.names() == ["Connected", "Started", "Disconnected", "Connected"]


async def test_ended_by_hand_it_ends_at_once_and_the_encoders_retry_is_refused(house):
    publisher = await house.publish()
    house.send(publisher, 5)
    assert house.hub.end(INGEST, "creator")
    await house.settled()
    assert publisher.sentence == "The stream was ended in the studio."
    assert house.journal.names() == ["Connected", "Started", "Ended", "RecordingReady"]
    assert house.journal.of("Ended")[0].reason == "creator"

    retry = await house.publish()
    assert "was just ended" in retry.sentence
    assert retry.code == "Rejected"
    house.time.advance(61)
    again = await house.publish()
    assert again.session is not None


async def test_the_creator_can_go_live_again_at_once_when_asked_to(house):
    await house.publish()
    house.hub.end(INGEST, "creator")
    assert isinstance(await house.publish(), Refusal)
    house.hub.allow_again(INGEST)
    assert (await house.publish()).session is not None


async def test_it_can_be_ended_while_it_waits_for_its_publisher(house):
    publisher = await house.publish()
    house.send(publisher, 5)
    publisher.session.ended(clean=False)
    assert house.hub.end(INGEST, "moderation")
    house.time.advance(40)
    await house.settled()
    assert [fact.reason for fact in house.journal.of("Ended")] == ["moderation"]


async def test_ending_what_is_not_live_is_no_error(house):
    assert not house.hub.end(INGEST, "creator")
    assert not house.hub.kick(INGEST, "no one")


async def test_after_twelve_hours_the_broadcast_ends(house):
    publisher = await house.publish()
    house.send(publisher, 3)
    house.time.advance(12 * 3600 + 1)
    house.hub.sweep()
    await house.settled()
    assert house.journal.of("Ended")[0].reason == "limit"
    assert "longest time" in publisher.sentence
    assert (await house.publish()).session is not None


async def test_only_so_many_publish_at_once_but_a_takeover_is_welcome(tmp_path, time):
    house = House(tmp_path, time, publishers=1)
    await house.publish()
    refusal = await house.publish("another-key")
    assert "1 streams at once" in refusal.sentence
    assert (await house.publish()).session is not None


async def test_media_that_is_not_taken_ends_the_publisher_alone(house):
    publisher = await house.publish()
    with pytest.raises(MediaRejected):
        publisher.session.media(9, 0, bytearray(b"\x90hvc1...."))
    publisher.session.ended(clean=False)
    await house.settled()
    assert house.journal.names() == ["Connected"]
    assert house.state() is IngestState.IDLE


async def test_too_high_a_bitrate_is_cut_off_with_a_sentence(tmp_path, time):
    house = House(tmp_path, time, max_kbps=1000)
    publisher = await house.publish()
    publisher.session.media(9, 0, video_config())

    def send_on():
        for n in range(400):
            house.time.advance(0.033)
            publisher.session.media(9, n * 33, picture(n % 60 == 0, size=20_000))

    with pytest.raises(MediaRejected, match="above 1000 kb/s"):
        send_on()


async def test_a_burst_after_a_pause_is_no_high_bitrate(tmp_path, time):
    house = House(tmp_path, time, max_kbps=1000)
    publisher = await house.publish()
    publisher.session.media(9, 0, video_config())
    house.time.advance(10)
    for n in range(300):
        publisher.session.media(9, n * 33, picture(n % 60 == 0, size=4000))


async def test_without_recording_there_is_no_file_and_no_recording(tmp_path, time):
    house = House(tmp_path, time, record=False)
    publisher = await house.publish()
    house.send(publisher, 5)
    house.hub.end(INGEST, "creator")
    await house.settled()
    assert house.journal.names() == ["Connected", "Started", "Ended"]
    assert list(tmp_path.rglob("*.m4s")) == []


async def test_the_media_can_be_had_for_a_while_after_the_end(tmp_path, time):
    house = House(tmp_path, time, linger=100)
    publisher = await house.publish()
    house.send(publisher, 5)
    path = house.hub.broadcasts()[0].path
    house.hub.end(INGEST, "creator")
    await house.settled()
    broadcast = house.hub.find(path)
    assert broadcast.window.ended
    assert broadcast.folder.parent.name == "vod"
    time.advance(101)
    assert house.hub.find(path) is None


# --- the journal may fail


async def test_what_the_journal_did_not_take_is_told_again_in_order(house, monkeypatch):
    monkeypatch.setattr("aethex_plugins.stream_local.reporter._PAUSES", (0.0,))
    house.journal.failures = {"Connected": 2, "Started": 1, "Ended": 1, "RecordingReady": 3}
    publisher = await house.publish()
    house.send(publisher, 5)
    house.hub.end(INGEST, "creator")
    await house.settled()
    assert house.journal.names() == ["Connected", "Started", "Ended", "RecordingReady"]


async def test_a_full_disk_at_the_end_does_not_hold_up_the_next_broadcast(house, monkeypatch):
    # Given a broadcast whose recording can't be finished
    free = asyncio.Event()
    monkeypatch.setattr("aethex_plugins.stream_local.reporter._PAUSES", (0.0,))
    real = house.hub.archive._finish

    async def failing(*args):
        if not free.is_set():
            await asyncio.sleep(0)
            raise OSError("no space")
        return await real(*args)

    monkeypatch.setattr(house.hub.archive, "_finish", failing)
    first = await house.publish()
    house.send(first, 3)
    house.hub.end(INGEST, "creator")
    # When the next one goes live
    house.time.advance(61)
    second = await house.publish()
    house.send(second, 3)
    # Then it starts, and the recording comes when there is space
    await house.journal.until("Started", 2)
    assert house.journal.of("RecordingReady") == []
    free.set()
    await house.settled()
    assert house.journal.of("RecordingReady")[0].broadcast_id == house.journal.of("Ended")[0].broadcast_id


# --- stops and crashes


async def test_when_the_server_stops_broadcasts_end_and_are_kept(house):
    publisher = await house.publish()
    house.send(publisher, 5)
    await house.hub.close()
    assert house.journal.names() == ["Connected", "Started", "Ended", "RecordingReady"]
    assert "being restarted" in publisher.sentence
    refusal = await house.publish()
    assert "being restarted" in refusal.sentence


async def test_what_a_crash_left_is_ended_and_kept_at_the_next_start(tmp_path, time):
    # Given a server that dies in the middle
    house = House(tmp_path, time)
    publisher = await house.publish()
    house.send(publisher, 5)
    await house.settled()
    broadcast_id = house.journal.facts[0].broadcast_id
    # When it starts again
    again = House(tmp_path, time)
    assert await again.hub.start() == [broadcast_id]
    await again.settled()
    # Then the journal hears all of it, the start again too, for it may not have been written
    assert again.journal.names() == ["Started", "Ended", "RecordingReady"]
    assert {fact.broadcast_id for fact in again.journal.facts} == {broadcast_id}
    assert again.journal.of("Ended")[0].reason == "crash"
    assert again.journal.of("RecordingReady")[0].duration == pytest.approx(4.66, abs=0.05)
    assert again.recordings() == [str(broadcast_id)]
    assert list(again.settings.live.iterdir()) == []
    # and a publisher that comes back begins a new one
    await again.publish()
    await again.settled()
    assert again.journal.of("Connected")[0].continues is False


@pytest.mark.parametrize("lost", ["Ended", "RecordingReady"])
async def test_a_crash_between_file_and_row_is_made_good(tmp_path, time, lost, monkeypatch):
    monkeypatch.setattr("aethex_plugins.stream_local.reporter._PAUSES", (60.0,))
    house = House(tmp_path, time)
    house.journal.failures = {lost: 1000}
    publisher = await house.publish()
    house.send(publisher, 5)
    house.hub.end(INGEST, "creator")
    await house.hub._reporter.drain(0.3)
    assert lost not in house.journal.names()

    again = House(tmp_path, time)
    await again.hub.start()
    await again.settled()
    assert again.journal.names() == ["Started", "Ended", "RecordingReady"]
    assert again.recordings() == [str(house.journal.facts[0].broadcast_id)]


async def test_a_crash_after_the_move_tells_nothing_twice(tmp_path, time):
    house = House(tmp_path, time)
    publisher = await house.publish()
    house.send(publisher, 5)
    await house.hub.close()
    again = House(tmp_path, time)
    assert await again.hub.start() == []
    await again.settled()
    assert again.journal.names() == []


async def test_folders_that_are_not_ours_are_left_alone(tmp_path, time):
    strange = tmp_path / "live" / "somebody" / "holiday"
    strange.mkdir(parents=True)
    house = House(tmp_path, time)
    assert await house.hub.start() == []
    assert strange.exists()


async def test_a_recording_can_be_deleted_and_deleted_again(house):
    publisher = await house.publish()
    house.send(publisher, 3)
    house.hub.end(INGEST, "creator")
    await house.settled()
    recording = UUID(house.recordings()[0])
    path = f"{INGEST}/{recording}"
    assert house.hub.find(path) is not None
    for _ in range(2):
        await house.hub.delete_recording(recording)
        assert house.recordings() == []
        assert house.hub.find(path) is None


async def test_settings_of_the_windows_count(tmp_path, time):
    house = House(tmp_path, time)
    house.hub.settings = replace(house.settings, reconnect=5.0, reconnect_clean=1.0)
    publisher = await house.publish()
    house.send(publisher, 3)
    publisher.session.ended(clean=False)
    house.time.advance(4.9)
    assert house.state() is IngestState.RECONNECTING
    house.time.advance(0.2)
    assert house.state() is IngestState.IDLE
