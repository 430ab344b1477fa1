"""The ladder with a real ffmpeg: rungs in step with the source, and a child that never outlives its broadcast."""

import asyncio
import os
import re

import pytest
from stream_kit import INGEST, KEY, FakePublisher, KeyGate, MemoryJournal, flv_tags, new_id, stream
from test_origin import Answer

from aethex_plugins.stream_local.broadcast import HubSettings
from aethex_plugins.stream_local.hub import Hub
from aethex_plugins.stream_local.ladder import Ladders, NoLadders, command
from aethex_plugins.stream_local.origin import Origin
from aethex_plugins.stream_local.ports import LoopTime
from aethex_plugins.stream_local.reports import health_of
from aethex_plugins.stream_local.rung import RungSpec

SMALL = RungSpec(90, 100)
URI = re.compile(r"^[^#].*$", re.MULTILINE)


class House:
    """A hub that makes a small rung of what is published."""

    def __init__(self, folder, ladders):
        self.journal = MemoryJournal()
        self.hub = Hub(HubSettings(media=folder, disk_floor=0), KeyGate(), self.journal, LoopTime(), new_id)
        self.hub.ladders = self.ladders = ladders
        self.origin = Origin(self.hub)

    async def open(self):
        publisher = FakePublisher()
        publisher.session = await self.hub.open(KEY, publisher)
        return publisher

    async def get(self, path, query=b""):
        answer = Answer()
        scope = {"type": "http", "method": "GET", "path": path, "query_string": query, "headers": []}
        async with asyncio.timeout(15):
            await self.origin(scope | {"client": ("192.0.2.1", 1)}, None, answer.send)
        return answer


async def until(ready, seconds=20.0):
    async with asyncio.timeout(seconds):
        while not ready():
            await asyncio.sleep(0.02)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
async def test_a_rung_has_the_sources_segments_at_the_same_times(tmp_path, film, ffmpeg):
    house = House(tmp_path, Ladders(ffmpeg, [SMALL], 2))
    publisher = await house.open()
    [broadcast] = house.hub.broadcasts()
    # When an encoder sends six seconds with B-frames
    for tag in flv_tags(film.path):
        publisher.session.media(*tag)
    await until(lambda: broadcast.renditions.rungs and broadcast.renditions.rungs[0].window.next_msn >= 2)
    # Then players are offered both, with sizes and codecs
    master = (await house.get(f"/live/{broadcast.path}/master.m3u8")).body.decode()
    assert URI.findall(master) == ["index.m3u8", "90p/index.m3u8"]
    assert "RESOLUTION=320x180" in master
    assert "RESOLUTION=160x90" in master
    assert master.count('CODECS="avc1') == 2
    # and segments of one number are of one moment
    source = {one.msn: one for one in broadcast.window._closed}
    rung = {one.msn: one for one in broadcast.renditions.rungs[0].window._closed}
    shared = source.keys() & rung.keys()
    assert len(shared) >= 2
    for msn in shared:
        assert rung[msn].wall == pytest.approx(source[msn].wall, abs=0.12)
        assert rung[msn].duration == pytest.approx(source[msn].duration, abs=0.12)
        assert rung[msn].parts[0].independent
    answer = await house.get(f"/live/{broadcast.path}/90p/{min(shared)}.m4s")
    assert answer.status == 200
    assert answer.body[4:8] == b"moof"
    # When the broadcast ends, Then its child does
    pid = broadcast.ladder.pid
    assert alive(pid)
    house.hub.end(INGEST, "creator")
    await house.ladders.closed()
    assert not alive(pid)
    await house.hub.close()


@pytest.mark.slow
async def test_only_so_many_have_a_ladder_and_the_others_say_why(tmp_path, ffmpeg):
    house = House(tmp_path, Ladders(ffmpeg, [SMALL], 1))
    house.hub._gate.ingests["second"] = "22222222-2222-4222-8222-222222222222"
    await house.open()
    other = FakePublisher()
    other.session = await house.hub.open("second", other)
    for tag in stream(3):
        other.session.media(*tag)
    health = health_of(house.hub.ingest("22222222-2222-4222-8222-222222222222"))
    [finding] = [item for item in health.findings if item.code == "no_ladder"]
    assert "1 streams at once" in finding.text
    await house.hub.close()


@pytest.mark.slow
async def test_a_child_that_fails_is_given_up_and_the_source_goes_on(tmp_path):
    bad = tmp_path / "ffmpeg"
    bad.write_text("#!/bin/sh\necho 'no such encoder' >&2\nexit 1\n")
    bad.chmod(0o755)
    house = House(tmp_path / "media", Ladders(bad, [SMALL], 2))
    publisher = await house.open()
    [broadcast] = house.hub.broadcasts()
    # When ffmpeg dies again and again
    tags = iter(stream(60, gop=1.0))
    async with asyncio.timeout(20):
        while not broadcast.ladder.trouble:
            for tag in tags:
                publisher.session.media(*tag)
                if tag[0] == 9 and tag[1] % 1000 == 0:
                    break
            await asyncio.sleep(0.05)
    # Then viewers get the source alone, and the creator is told why
    assert "no such encoder" in broadcast.ladder.trouble
    master = (await house.get(f"/live/{broadcast.path}/master.m3u8")).body.decode()
    assert URI.findall(master) == ["index.m3u8"]
    assert (await house.get(f"/live/{broadcast.path}/90p/index.m3u8")).status == 404
    assert publisher.sentence is None
    findings = health_of(house.hub.ingest(INGEST)).findings
    assert any(item.code == "no_ladder" and "no such encoder" in item.text for item in findings)
    await house.hub.close()


async def test_without_ffmpeg_the_creator_is_told(tmp_path):
    house = House(tmp_path, NoLadders("there is no ffmpeg on this machine"))
    publisher = await house.open()
    for tag in stream(3):
        publisher.session.media(*tag)
    assert any("no ffmpeg" in item.text for item in health_of(house.hub.ingest(INGEST)).findings)
    await house.hub.close()


async def test_the_sound_alone_is_packaged_from_the_first_request_on(tmp_path):
    house = House(tmp_path, None)
    publisher = await house.open()
    [broadcast] = house.hub.broadcasts()
    tags = iter(stream(20))

    def play_until(seconds):
        for tag in tags:
            publisher.session.media(*tag)
            if tag[1] >= seconds * 1000:
                return

    play_until(5)
    assert len(broadcast.packager.taps) == 0
    # When the sound alone is asked for, Then the answer waits for its first segment
    asked = asyncio.create_task(house.get(f"/live/{broadcast.path}/audio/index.m3u8"))
    await asyncio.sleep(0.05)
    assert not asked.done()
    play_until(11)
    answer = await asked
    assert answer.status == 200
    text = answer.body.decode()
    name = re.findall(r"^(\d+)\.m4s$", text, re.MULTILINE)[0]
    assert int(name) > 0
    init = (await house.get(f"/live/{broadcast.path}/audio/init0.mp4")).body
    assert b"soun" in init
    assert b"vide" not in init
    # and its segments are those of the broadcast, by number and time
    source = broadcast.window.segment(int(name))
    alone = broadcast.renditions.window("audio").segment(int(name))
    assert alone.wall == pytest.approx(source.wall, abs=0.05)
    assert alone.duration == pytest.approx(source.duration, abs=0.05)
    await house.hub.close()


def test_ffmpeg_gets_no_address_and_no_file_of_anybody():
    arguments = command([SMALL], [5])
    assert arguments[arguments.index("-protocol_whitelist") + 1] == "pipe"
    assert "pipe:5" in arguments
