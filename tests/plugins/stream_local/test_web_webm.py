"""WebM through ffmpeg: both tracks come out as tags, and the child dies with its connection."""

import asyncio
import os
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stream_kit import flv_tags

from aethex_plugins.stream_local.errors import MediaRejected, ProtocolError
from aethex_plugins.stream_local.flv import VideoFrame, audio_tag, video_tag
from aethex_plugins.stream_local.web_flv import FlvReader
from aethex_plugins.stream_local.web_webm import WebmFeed, arguments


@pytest.fixture(scope="session")
def webm(ffmpeg, tmp_path_factory):
    """Three seconds as a MediaRecorder makes them: VP8 and Opus."""
    path = tmp_path_factory.mktemp("webm") / "page.webm"
    command = [str(ffmpeg), "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=30", "-f", "lavfi"]
    command += ["-i", "sine=r=48000", "-t", "3", "-c:v", "libvpx", "-deadline", "realtime", "-b:v", "400k"]
    command += ["-c:a", "libopus", "-f", "webm", "-live", "1", str(path)]
    subprocess.run(command, timeout=60, check=True)
    return path.read_bytes()


async def feed_of(ffmpeg, put, **more):
    shown = {"video": True, "audio": True, "kbps": 800} | more
    return await WebmFeed.start(ffmpeg, put, **shown)


async def write_on(feed, data):
    """Write until it is refused."""
    async with asyncio.timeout(10):
        while True:
            await feed.write(memoryview(data))
            await asyncio.sleep(0.02)


def is_gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def test_pieces_of_webm_become_tags_with_picture_and_sound(ffmpeg, webm):
    tags = []
    feed = await feed_of(ffmpeg, lambda *tag: tags.append(tag))
    for at in range(0, len(webm), 5000):
        await feed.write(memoryview(webm)[at : at + 5000])
    await feed.close(politely=True)
    # Then both tracks are there, with their settings first
    pictures = [(ms, video_tag(body)) for kind, ms, body in tags if kind == 9]
    sounds = [(ms, audio_tag(body)) for kind, ms, body in tags if kind == 8]
    assert pictures[0][1].width == 320
    assert sounds[0][1].kind == "aac"
    frames = [(ms, frame) for ms, frame in pictures if isinstance(frame, VideoFrame)]
    assert len(frames) == pytest.approx(90, abs=3)
    # and keyframes come every two seconds
    keys = [ms for ms, frame in frames if frame.keyframe]
    assert keys[1] - keys[0] == pytest.approx(2000, abs=50)
    assert is_gone(feed.pid)


async def test_what_is_no_webm_is_told_in_a_sentence(ffmpeg):
    feed = await feed_of(ffmpeg, lambda *tag: None)
    with pytest.raises(MediaRejected, match="can't be read"):
        await write_on(feed, b"no webm at all " * 4000)
    await feed.close(politely=False)
    assert is_gone(feed.pid)
    assert feed.said


async def test_the_child_is_killed_when_the_page_just_goes(ffmpeg, webm):
    feed = await feed_of(ffmpeg, lambda *tag: None)
    await feed.write(memoryview(webm)[:20_000])
    assert not is_gone(feed.pid)
    await feed.close(politely=False)
    assert is_gone(feed.pid)


async def test_media_that_is_refused_reaches_the_page(ffmpeg, webm):
    def refuse(*tag):
        raise MediaRejected("The bitrate is too high.")

    feed = await feed_of(ffmpeg, refuse)
    with pytest.raises(MediaRejected, match="bitrate"):
        await write_on(feed, webm)
    await feed.close(politely=False)


async def test_an_ffmpeg_that_can_t_be_started_is_told_in_a_sentence(tmp_path):
    with pytest.raises(MediaRejected, match="another browser"):
        await feed_of(tmp_path / "nowhere", lambda *tag: None)


def test_ffmpeg_reads_its_pipe_alone_and_only_the_tracks_that_there_are():
    both = arguments(video=True, audio=True, kbps=99_000)
    assert both[both.index("-protocol_whitelist") + 1] == "pipe"
    assert both[both.index("-b:v") + 1] == "6000k"
    assert "-c:v" not in arguments(video=False, audio=True, kbps=800)
    assert "-c:a" not in arguments(video=True, audio=False, kbps=800)


def test_flv_is_read_in_pieces_of_any_size(film):
    whole = film.path.read_bytes()
    expected = list(flv_tags(film.path))
    for step in (1, 7, 1000, len(whole)):
        found = []
        reader = FlvReader(lambda *tag, found=found: found.append(tag))
        for at in range(0, min(len(whole), 60_000 if step == 1 else len(whole)), step):
            reader.feed(whole[at : at + step])
        assert found == expected[: len(found)]
        assert found


@given(st.binary(max_size=400), st.booleans())
def test_bytes_are_flv_or_a_protocol_error(data, begun):
    found = []
    reader = FlvReader(lambda *tag: found.append(tag))
    try:
        reader.feed(b"FLV\1\5\0\0\0\x09\0\0\0\0" + data if begun else data)
    except ProtocolError:
        return
    assert all(kind in (8, 9) for kind, _, _ in found)
