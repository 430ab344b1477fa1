"""Real encoders over real sockets: ffmpeg publishes, and what it sent is what is kept."""

import asyncio
from dataclasses import replace

import pytest
from stream_kit import INGEST, KEY, KeyGate, MemoryJournal, RtmpClient, frame_sums, media_bytes, new_id, stream

from aethex_plugins.stream_local import event_file
from aethex_plugins.stream_local.broadcast import HubSettings
from aethex_plugins.stream_local.hub import Hub
from aethex_plugins.stream_local.ports import LoopTime
from aethex_plugins.stream_local.rtmp_server import RtmpServer

LIMIT = 40.0


class Studio:
    """A listening server and encoders to send to it."""

    def __init__(self, folder, ffmpeg, **settings):
        self.gate, self.journal = KeyGate(), MemoryJournal()
        base = HubSettings(media=folder, disk_floor=0, reconnect=0.3, reconnect_clean=0.3, max_kbps=1_000_000)
        self.settings = replace(base, **settings)
        self.hub = Hub(self.settings, self.gate, self.journal, LoopTime(), new_id)
        self.server = RtmpServer(self.hub.open, LoopTime())
        self._ffmpeg = ffmpeg
        self._children = []

    async def start(self):
        await self.hub.start()
        await self.server.start("127.0.0.1", 0)
        return self

    async def stop(self):
        for child in self._children:
            if child.returncode is None:
                child.kill()
                await child.wait()
        await self.server.stop()
        await self.hub.close()

    async def encoder(self, *arguments, key=KEY):
        """Start ffmpeg, publishing to the key."""
        address = f"rtmp://127.0.0.1:{self.server.port}/live/{key}"
        child = await asyncio.create_subprocess_exec(
            str(self._ffmpeg), "-hide_banner", "-loglevel", "error", *arguments, "-f", "flv", address,
            stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self._children.append(child)
        return child

    async def publish(self, *arguments, key=KEY):
        """Publish to the end; the exit code and what ffmpeg said."""
        return await finished(await self.encoder(*arguments, key=key))

    async def recordings(self, count=1):
        """Wait for so many recordings that are written down and in their place."""
        ready = await self.journal.until("RecordingReady", count)
        assert await self.hub._reporter.drain(10)
        return ready

    def folder(self, fact):
        return self.settings.vod / str(fact.broadcast_id)


async def finished(child):
    _, said = await asyncio.wait_for(child.communicate(), LIMIT)
    return child.returncode, said.decode()


def copied(film, *more, pace=()):
    return (*pace, "-i", str(film.path), *more, "-c", "copy")


@pytest.fixture
async def studio(tmp_path, ffmpeg):
    made = await Studio(tmp_path, ffmpeg).start()
    yield made
    await made.stop()


async def test_the_kept_frames_are_the_encoders_bit_by_bit(studio, ffmpeg, film):
    code, said = await studio.publish(*copied(film))
    assert code == 0, said
    [ready] = await studio.recordings()
    assert studio.journal.names() == ["Connected", "Started", "Disconnected", "Ended", "RecordingReady"]
    assert frame_sums(ffmpeg, studio.folder(ready) / "event.m3u8") == film.sums
    assert ready.duration == pytest.approx(6.0, abs=0.05)
    assert (ready.width, ready.height, ready.has_audio) == (320, 180, True)
    assert studio.journal.of("Ended")[0].reason == "unpublish"


async def test_time_stamps_past_24_bits_change_nothing(studio, ffmpeg, film):
    code, said = await studio.publish(*copied(film), "-output_ts_offset", "16775")
    assert code == 0, said
    [ready] = await studio.recordings()
    assert frame_sums(ffmpeg, studio.folder(ready) / "event.m3u8") == film.sums


async def test_a_wrong_key_is_refused_and_leaves_nothing(studio, film):
    code, said = await studio.publish(*copied(film), key="a-wrong-key")
    assert code != 0
    assert "This stream key is not right." in said
    assert studio.journal.facts == []
    assert list(studio.settings.live.iterdir()) == []


async def test_another_codec_is_refused(studio):
    source = ("-f", "lavfi", "-i", "testsrc2=s=160x90:r=10:d=3", "-c:v", "libx265", "-preset", "ultrafast")
    code, _ = await studio.publish(*source, "-x265-params", "log-level=none")
    assert code != 0
    assert studio.journal.names() == ["Connected"]


async def test_a_rotated_key_kicks_the_encoder(studio, film):
    child = await studio.encoder(*copied(film, pace=("-re",)))
    await studio.journal.until("Started")
    studio.gate.ingests.clear()
    assert studio.hub.kick(INGEST, "The stream key was changed.", below=2)
    code, _ = await finished(child)
    assert code != 0
    assert (await studio.journal.until("Ended"))[0].reason == "timeout"
    code, _ = await studio.publish(*copied(film))
    assert code != 0


async def test_a_second_encoder_takes_over(tmp_path, ffmpeg, film):
    studio = await Studio(tmp_path, ffmpeg).start()
    try:
        first = await studio.encoder(*copied(film, pace=("-re",)))
        await studio.journal.until("Started")
        code, said = await studio.publish(*copied(film))
        assert code == 0, said
        assert (await finished(first))[0] != 0
        [ready] = await studio.recordings()
        assert [fact.continues for fact in studio.journal.of("Connected")] == [False, True]
        assert len(studio.journal.of("Started")) == 1
        assert frame_sums(ffmpeg, studio.folder(ready) / "event.m3u8")[-180:] == film.sums
    finally:
        await studio.stop()


async def test_an_encoder_that_comes_back_in_time_goes_on_with_the_recording(tmp_path, ffmpeg, film):
    studio = await Studio(tmp_path, ffmpeg, reconnect_clean=3.0).start()
    try:
        await studio.publish(*copied(film))
        await studio.publish(*copied(film))
        [ready] = await studio.recordings()
        folder = studio.folder(ready)
        assert frame_sums(ffmpeg, folder / "event.m3u8") == film.sums * 2
        assert (folder / "event.m3u8").read_text().count("#EXT-X-DISCONTINUITY\n") == 1
        assert ready.duration == pytest.approx(12.0, abs=0.1)
    finally:
        await studio.stop()


async def test_an_encoder_that_comes_back_late_begins_a_new_broadcast(studio, ffmpeg, film):
    await studio.publish(*copied(film))
    await studio.recordings()
    await studio.publish(*copied(film))
    both = await studio.recordings(2)
    assert len({fact.broadcast_id for fact in both}) == 2
    for fact in both:
        assert frame_sums(ffmpeg, studio.folder(fact) / "event.m3u8") == film.sums


async def test_sound_alone_can_be_published(studio, film):
    code, said = await studio.publish("-i", str(film.path), "-vn", "-c:a", "copy")
    assert code == 0, said
    [ready] = await studio.recordings()
    assert (ready.width, ready.has_audio) == (None, True)
    assert ready.duration == pytest.approx(6.0, abs=0.1)


async def test_eight_encoders_at_once_do_not_mix(studio, ffmpeg, film):
    for n in range(8):
        studio.gate.ingests[f"key-{n}"] = f"00000000-0000-4000-8000-00000000000{n}"
    results = await asyncio.gather(*(studio.publish(*copied(film), key=f"key-{n}") for n in range(8)))
    assert [code for code, _ in results] == [0] * 8
    ready = await studio.recordings(8)
    assert len({fact.ingest_id for fact in ready}) == 8
    contents = {b"".join(path.read_bytes() for path in sorted(studio.folder(fact).glob("*.m4s"))) for fact in ready}
    assert len(contents) == 1
    assert frame_sums(ffmpeg, studio.folder(ready[0]) / "event.m3u8") == film.sums


def _remark(studio):
    remarks = studio.hub.health(INGEST).remarks
    return next((item.text for item in remarks if item.code == "keyframe_interval"), None)


@pytest.mark.slow
async def test_keyframes_eight_seconds_apart_make_long_segments_and_a_remark(tmp_path, ffmpeg):
    studio = await Studio(tmp_path, ffmpeg, reconnect_clean=30).start()
    try:
        source = ("-f", "lavfi", "-i", "testsrc2=s=160x90:r=15:d=17", "-c:v", "libx264", "-preset", "ultrafast")
        child = await studio.encoder("-readrate", "3", *source, "-g", "120", "-keyint_min", "120", "-sc_threshold", "0")
        expected = "Keyframe interval 8 s: set 2 s in OBS, Settings > Output > Keyframe interval."
        async with asyncio.timeout(LIMIT):
            while _remark(studio) != expected:
                await asyncio.sleep(0.05)
        await finished(child)
        studio.hub.end(INGEST, "creator")
        [ready] = await studio.recordings()
        entries, _ = event_file.read(studio.folder(ready) / "event.m3u8")
        assert [round(entry.duration) for entry in entries] == [8, 8, 1]
    finally:
        await studio.stop()


async def test_a_client_that_vanishes_is_awaited_and_then_kept(studio):
    client = await RtmpClient.publish(studio.server.port)
    await client.hears(b"NetStream.Publish.Start")
    client.send(media_bytes(stream(3)))
    await client.drained()
    await studio.journal.until("Started")
    client.hang_up()
    [ended] = await studio.journal.until("Ended")
    assert ended.reason == "timeout"
    assert (await studio.recordings())[0].duration == pytest.approx(3.0, abs=0.05)


async def test_a_client_that_is_sent_away_hears_why(studio):
    client = await RtmpClient.publish(studio.server.port)
    await client.hears(b"NetStream.Publish.Start")
    client.send(media_bytes(iter([(9, 0, bytearray(b"\x90hvc1......"))])))
    await client.hears(b"HEVC can't be taken")
    client.hang_up()
