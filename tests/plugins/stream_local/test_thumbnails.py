"""Still pictures: made from the newest segment, and never in the way."""

import asyncio
import io
import time as clock
from pathlib import Path

import pytest
from PIL import Image
from stream_kit import INGEST, KEY, FakePublisher, FakeTime, KeyGate, MemoryJournal, flv_tags, new_id, stream

from aethex_plugins.stream_local.broadcast import HubSettings
from aethex_plugins.stream_local.ffmpeg import Ffmpeg, FfmpegFailed, find_ffmpeg
from aethex_plugins.stream_local.hub import Hub
from aethex_plugins.stream_local.thumbnails import Thumbnails


@pytest.fixture
def hub(tmp_path):
    return Hub(HubSettings(media=tmp_path, disk_floor=0), KeyGate(), MemoryJournal(), FakeTime(), new_id)


async def go_live(hub, tags):
    session = await hub.open(KEY, FakePublisher())
    for tag in tags:
        session.media(*tag)
    return hub.broadcasts()[0]


def script(folder, text):
    path = folder / "ffmpeg"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


async def test_a_live_broadcast_and_its_recording_get_a_picture(hub, film, ffmpeg):
    # Given a live film and a maker of pictures
    thumbnails = Thumbnails(Ffmpeg(ffmpeg), hub.broadcasts)
    hub.archive.on_recording = thumbnails.of_recording
    broadcast = await go_live(hub, flv_tags(film.path))
    # When the picture is renewed
    await thumbnails.renew(broadcast)
    # Then it shows the film
    picture = Image.open(io.BytesIO(broadcast.poster))
    assert (picture.format, picture.size) == ("JPEG", (320, 180))
    assert len(set(picture.convert("L").tobytes())) > 20
    # and at the end the recording has one too
    hub.end(INGEST, "creator")
    assert await hub._reporter.drain(20)
    assert Image.open(broadcast.folder / "poster.jpg").size == (320, 180)


async def test_sound_alone_has_no_picture_and_is_no_error(hub, ffmpeg, caplog):
    thumbnails = Thumbnails(Ffmpeg(ffmpeg), hub.broadcasts)
    hub.archive.on_recording = thumbnails.of_recording
    broadcast = await go_live(hub, stream(5, video=False))
    await thumbnails.renew(broadcast)
    hub.end(INGEST, "creator")
    assert await hub._reporter.drain(20)
    assert broadcast.poster is None
    assert not (broadcast.folder / "poster.jpg").exists()
    assert "picture" not in caplog.text


async def test_media_that_ffmpeg_cannot_read_keeps_the_last_picture(hub, ffmpeg):
    broadcast = await go_live(hub, stream(5))
    broadcast.poster = b"the last one"
    await Thumbnails(Ffmpeg(ffmpeg), hub.broadcasts).renew(broadcast)
    assert broadcast.poster == b"the last one"


async def test_an_ffmpeg_that_hangs_is_killed(tmp_path):
    began = clock.monotonic()
    with pytest.raises(FfmpegFailed, match=r"longer than 0\.3 s"):
        await Ffmpeg(script(tmp_path, "exec sleep 30")).run([], b"", timeout=0.3)
    assert clock.monotonic() - began < 5


async def test_what_ffmpeg_complains_about_is_the_error(tmp_path):
    with pytest.raises(FfmpegFailed, match="no such codec"):
        await Ffmpeg(script(tmp_path, "echo no such codec >&2; exit 3")).run([], b"", timeout=5)


async def test_one_picture_is_made_at_a_time(tmp_path):
    counter = tmp_path / "running"
    counter.mkdir()
    text = f"touch {counter}/$$; ls {counter} | wc -l; sleep 0.05; rm {counter}/$$"
    runner = Ffmpeg(script(tmp_path, text))
    counts = await asyncio.gather(*(runner.run([], b"", timeout=10) for _ in range(4)))
    assert [int(count) for count in counts] == [1, 1, 1, 1]


async def test_the_configured_ffmpeg_is_used_before_any_other(tmp_path):
    assert await find_ffmpeg(tmp_path / "mine") == tmp_path / "mine"
    found = await find_ffmpeg(None)
    assert found is None or found.exists()


async def test_without_the_package_one_on_path_is_used_if_it_is_new_enough(tmp_path, monkeypatch):
    monkeypatch.setattr("aethex_plugins.stream_local.ffmpeg._from_package", lambda: None)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    script(tmp_path, "echo ffmpeg version 5.1.9-0+deb12u1 Copyright")
    assert await find_ffmpeg(None) == Path(tmp_path / "ffmpeg")
    script(tmp_path, "echo ffmpeg version 4.4.1 Copyright")
    assert await find_ffmpeg(None) is None
