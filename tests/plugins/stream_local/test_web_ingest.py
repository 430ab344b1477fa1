"""A page that goes live: let in or told why not, taken over, sent away; whatever it sends, it ends alone."""

import asyncio
import random

import pytest
from stream_kit import INGEST, KEY, FakePublisher, FakeTime, KeyGate, MemoryJournal, new_id, stream
from web_kit import GOOD, FakeSocket, Office, frames, goodbye, hello

from aethex_plugins.stream_local import web_ingest
from aethex_plugins.stream_local.broadcast import HubSettings
from aethex_plugins.stream_local.hub import Hub
from aethex_plugins.stream_local.ingest import IngestState
from aethex_plugins.stream_local.keys import StreamKeys
from aethex_plugins.stream_local.web_ingest import WebIngest, WebLimits
from aethex_plugins.stream_local.web_wire import Kind, pack


class House:
    """A hub, and in front of it the endpoint of pages."""

    def __init__(self, folder, *, ffmpeg=None, limits=None, **settings):
        self.time = FakeTime()
        self.keys = StreamKeys(b"k" * 32)
        self.office = Office()
        self.gate = KeyGate({self.keys.make(self.office.tickets[GOOD], 1): INGEST, KEY: INGEST})
        self.journal = MemoryJournal()
        self.hub = Hub(HubSettings(media=folder, disk_floor=0, **settings), self.gate, self.journal, self.time, new_id)
        self.tasks = []

        async def find_ffmpeg():
            return ffmpeg

        self.pages = WebIngest(
            self.hub.open,
            self.office,
            self.keys,
            self.time,
            max_kbps=10_000,
            find_ffmpeg=find_ffmpeg,
            limits=limits,
        )

    def serve(self, *messages, **socket):
        made = FakeSocket(*messages, **socket)
        self.tasks.append(asyncio.get_running_loop().create_task(self.pages.serve(made)))
        return made

    async def settled(self):
        """Every page is gone, and all facts are written."""
        async with asyncio.timeout(10):
            await asyncio.gather(*self.tasks)
        assert await self.hub._reporter.drain(10)

    @property
    def state(self):
        found = self.hub.ingest(INGEST)
        return found.state if found else IngestState.IDLE


@pytest.fixture
async def house(tmp_path):
    made = House(tmp_path)
    yield made
    for task in made.tasks:
        task.cancel()
    await asyncio.gather(*made.tasks, return_exceptions=True)
    await made.hub.close()


async def test_a_page_with_a_ticket_goes_live_as_an_encoder_does(house):
    # When a page sends four seconds
    page = house.serve(hello(), *frames(4))
    await page.heard()
    # Then its stream can be watched
    assert page.kinds() == ["ready"]
    assert house.state is IngestState.LIVE
    await house.journal.until("Started")
    # and when it says goodbye, the short window opens, and at its end the recording is there
    page.put(goodbye())
    await house.settled()
    assert house.journal.of("Disconnected")[0].clean
    house.time.advance(11)
    ready = (await house.journal.until("RecordingReady"))[0]
    assert ready.has_audio
    assert ready.width == 640
    assert 3.5 < ready.duration < 4.2


async def test_opus_and_sound_alone_are_taken(house):
    page = house.serve(hello(audio="opus", video=False), *frames(3, video=False, opus=True))
    await page.heard()
    assert house.state is IngestState.LIVE


async def test_a_broken_connection_waits_and_a_new_one_goes_on_with_the_broadcast(house):
    first = house.serve(hello(), *frames(3))
    await first.heard()
    first.hang_up()
    await house.settled()
    assert house.state is IngestState.RECONNECTING
    # When the page is back
    second = house.serve(hello(), *frames(5, start=7000))
    await second.heard()
    # Then it is the same broadcast, after a discontinuity
    assert house.state is IngestState.LIVE
    assert house.journal.of("Connected")[-1].continues
    assert len(house.hub.broadcasts()) == 1
    listed = (house.hub.broadcasts()[0].folder / "event.m3u8").read_text()
    assert "#EXT-X-DISCONTINUITY\n" in listed


async def test_another_encoder_takes_over_and_the_page_does_not_come_back(house):
    page = house.serve(hello(), *frames(3))
    await page.heard()
    encoder = FakePublisher()
    encoder.session = await house.hub.open(KEY, encoder)
    await house.settled()
    assert page.closed[0] == web_ingest.DISMISSED
    assert page.said[-1]["type"] == "dismissed"
    assert "took over" in page.said[-1]["detail"]
    # and the encoder goes on undisturbed
    for kind, ms, body in stream(3):
        encoder.session.media(kind, ms, body)
    assert house.state is IngestState.LIVE


async def test_a_page_takes_over_from_an_encoder(house):
    encoder = FakePublisher()
    encoder.session = await house.hub.open(KEY, encoder)
    page = house.serve(hello(), *frames(3))
    await page.heard()
    assert "took over" in encoder.sentence
    assert house.state is IngestState.LIVE


async def test_ending_the_stream_in_the_studio_tells_the_page(house):
    page = house.serve(hello(), *frames(3))
    await page.heard()
    assert house.hub.end(INGEST, "creator")
    await house.settled()
    assert page.closed[0] == web_ingest.DISMISSED
    assert "ended in the studio" in page.said[-1]["detail"]
    assert house.journal.of("Ended")[0].reason == "creator"


async def test_a_changed_key_cuts_the_page_off_and_the_window_opens(house):
    page = house.serve(hello(), *frames(3))
    await page.heard()
    assert house.hub.kick(INGEST, "The key was changed.", below=2)
    await house.settled()
    assert page.said[-1]["detail"] == "The key was changed."
    assert house.state is IngestState.RECONNECTING


@pytest.mark.parametrize("token", ["used-up", ""])
async def test_a_wrong_ticket_is_refused_with_the_reason(house, token):
    page = house.serve(hello(token), *frames(1))
    await house.settled()
    assert page.closed[0] == web_ingest.REFUSED
    assert page.said == [{"type": "refused", "detail": "This ticket was used already."}]
    assert house.state is IngestState.IDLE


async def test_the_gate_has_the_last_word(house):
    house.gate.ingests.clear()
    page = house.serve(hello(), *frames(1))
    await house.settled()
    assert page.kinds() == ["refused"]
    assert house.state is IngestState.IDLE


@pytest.mark.parametrize(
    "messages",
    [
        ["no hello"],
        [b"\x01binary first"],
        [hello(), "no goodbye"],
        [hello(), b"\xff" * 40],
        [hello(audio=None), pack(Kind.AUDIO, 0, b"x")],
        [hello(), pack(Kind.WEBM, 0, b"x")],
    ],
    ids=["words", "bytes first", "words later", "no frame", "not announced", "webm among frames"],
)
async def test_what_breaks_the_protocol_ends_the_connection(house, messages):
    page = house.serve(*messages)
    await house.settled()
    assert page.closed[0] == web_ingest.BROKEN
    assert not house.pages.connections


async def test_a_damaged_header_of_the_picture_is_told_in_a_sentence(house):
    page = house.serve(hello(), pack(Kind.VIDEO_CONFIG, 0, b"damaged"), *frames(1))
    await house.settled()
    assert page.closed[0] == web_ingest.DISMISSED
    assert "H.264" in page.said[-1]["detail"]


async def test_silence_ends_a_connection_before_and_after_the_hello(tmp_path):
    house = House(tmp_path, limits=WebLimits(hello=0.02, idle=0.02))
    silent, idle = house.serve(), house.serve(hello(), *frames(3))
    await house.settled()
    assert silent.closed[0] == idle.closed[0] == web_ingest.SILENT
    assert house.state is IngestState.RECONNECTING
    await house.hub.close()


async def test_too_much_media_is_cut_off(tmp_path):
    house = House(tmp_path, max_kbps=100)
    page = house.serve(hello(), *frames(5, size=6000))
    await house.settled()
    assert "100 kb/s" in page.said[-1]["detail"]
    await house.hub.close()


async def test_a_page_that_falls_behind_is_told_to_send_less(house):
    # Given a page whose media comes at the pace at which it is made
    page = house.serve(hello())
    messages = list(frames(10))
    for message in messages[:200]:
        page.put(message)
        await page.heard()
    assert page.kinds() == ["ready"]
    # When the rest comes three seconds late
    house.time.advance(13)
    page.put(*messages[200:])
    await page.heard()
    # Then it hears so, once
    assert page.kinds() == ["ready", "slower"]


async def test_who_signs_out_does_not_go_on(house):
    page = house.serve(hello(), *frames(3))
    await page.heard()
    house.office.is_valid = False
    page.put(next(iter(frames(1, start=3000))))
    await page.heard()
    assert page.closed is None
    house.time.advance(31)
    page.put(next(iter(frames(1, start=4000))))
    await house.settled()
    assert "signed out" in page.said[-1]["detail"]


async def test_strangers_of_one_address_are_limited_and_those_who_are_live_do_not_count(tmp_path):
    house = House(tmp_path, limits=WebLimits(strangers=2, hello=0.3))
    live = house.serve(hello(), *frames(3))
    await live.heard()
    first, second = house.serve(), house.serve()
    await asyncio.sleep(0)
    third = house.serve()
    elsewhere = house.serve(address="198.51.100.4")
    await asyncio.sleep(0.05)
    assert third.closed[0] == web_ingest.FULL
    assert (live.closed, first.closed, second.closed, elsewhere.closed) == (None, None, None, None)
    live.put(goodbye())
    await house.settled()
    assert not house.pages._strangers
    await house.hub.close()


async def test_without_ffmpeg_webm_is_refused_with_a_sentence(house):
    page = house.serve(hello(mode="webm"), pack(Kind.WEBM, 0, b"x"))
    await house.settled()
    assert "no ffmpeg" in page.said[-1]["detail"]
    assert house.pages.converting == 0


async def test_mutated_messages_break_nothing(tmp_path):
    chance = random.Random(11)
    house = House(tmp_path, limits=WebLimits(hello=0.05, idle=0.05, strangers=1000), record=False)
    whole = [hello().encode(), *frames(2)]
    for _ in range(150):
        # Given a page whose messages are damaged here and there
        page = house.serve(*mutated(chance, whole))
        page.hang_up()
        async with asyncio.timeout(5):
            await house.tasks.pop()
        house.time.advance(chance.choice((0.0, 1.0, 40.0)))
    # Then each connection ended alone
    assert not house.pages.connections
    assert not house.pages._strangers
    # and a good page is taken
    house.time.advance(100)
    page = house.serve(hello(), *frames(3))
    await page.heard()
    assert house.state is IngestState.LIVE
    page.hang_up()
    await house.settled()
    await house.hub.close()


def mutated(chance, whole):
    for message in whole[: chance.randrange(1, len(whole))]:
        data = bytearray(message)
        if chance.random() < 0.06:
            for _ in range(chance.choice((1, 2, 10))):
                data[chance.randrange(len(data))] = chance.randrange(256)
        if chance.random() < 0.02:
            del data[chance.randrange(len(data)) :]
        yield bytes(data).decode("utf-8", "replace") if message is whole[0] else bytes(data)
