"""Live playlists: what RFC 8216 demands of them holds after every part."""

import asyncio
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stream_kit import FakeTime, stream

from aethex_plugins.stream_local.packager import Packager
from aethex_plugins.stream_local.window import LiveWindow, WindowSettings


class Checker:
    """An observer that looks at the playlists after every change."""

    def __init__(self, window):
        self.window = window
        self.first = -1
        self.discontinuities = {}

    def init_added(self, index, data):
        pass

    def segment_opened(self, segment):
        self.check()

    def part_added(self, segment, part):
        self.check()

    def segment_closed(self, segment):
        self.check()

    def check(self):
        for text in (self.window.low_latency().decode(), self.window.plain().decode()):
            self.check_text(text)

    def check_text(self, text):
        lines = text.splitlines()
        assert lines[0] == "#EXTM3U"
        target = int(value(lines, "#EXT-X-TARGETDURATION"))
        msn = int(value(lines, "#EXT-X-MEDIA-SEQUENCE"))
        sequence = int(value(lines, "#EXT-X-DISCONTINUITY-SEQUENCE") or 0)
        part_target = float((value(lines, "#EXT-X-PART-INF") or "PART-TARGET=9").removeprefix("PART-TARGET="))
        assert msn >= self.first
        self.first = msn if "#EXT-X-VERSION:9" in lines else self.first
        number, parts, mapped = msn, [], False
        for line in lines:
            if line == "#EXT-X-DISCONTINUITY":
                sequence += 1
            elif line.startswith("#EXT-X-MAP"):
                mapped = True
            elif match := re.fullmatch(r'#EXT-X-PART:DURATION=([\d.]+),URI="(\d+)\.(\d+)\.m4s"(.*)', line):
                assert float(match[1]) <= part_target
                assert (int(match[2]), int(match[3])) == (number, len(parts))
                parts.append(match[4])
            elif line.startswith("#EXTINF"):
                assert round(float(line[8:-1])) <= target
            elif line.endswith(".m4s"):
                assert line == f"{number}.m4s"
                assert mapped, "a segment before its init"
                # the same segment always lies in the same discontinuity
                assert self.discontinuities.setdefault(number, sequence) == sequence
                number, parts = number + 1, []
            elif line.startswith("#EXT-X-PRELOAD-HINT"):
                assert line.endswith(f'URI="{number}.{len(parts)}.m4s"')


def value(lines, tag):
    return next((line.split(":", 1)[1] for line in lines if line.startswith(tag + ":")), None)


def play(*publishers, settings_=None, check=True):
    time = FakeTime()
    window = LiveWindow(time.monotonic, settings_)
    observers = [window, Checker(window)] if check else [window]
    packager = Packager(observers, time.wall)
    for tags in publishers:
        packager.begin()
        for tag in tags:
            packager.media(*tag)
        packager.end()
    return window


def test_playlists_are_right_after_every_part():
    play(stream(25), stream(9, start=5, gop=1), stream(9, audio=False), stream(5, video=False))


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0.2, 9.0), st.sampled_from([0.5, 1.0, 2.0, 5.0]), st.sampled_from([10, 24, 30]), st.booleans()
        ),
        min_size=1,
        max_size=5,
    )
)
def test_playlists_are_right_whatever_comes_and_goes(publishers):
    play(*(stream(seconds, gop=gop, fps=fps, audio=audio) for seconds, gop, fps, audio in publishers))


def test_the_low_latency_playlist_reads_like_this():
    window = play(stream(2.5), check=False)
    lines = window.low_latency().decode().splitlines()
    assert lines == [
        "#EXTM3U",
        "#EXT-X-VERSION:9",
        "#EXT-X-TARGETDURATION:2",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.002,HOLD-BACK=6.0",
        "#EXT-X-PART-INF:PART-TARGET=0.334",
        '#EXT-X-MAP:URI="init0.mp4"',
        "#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:16:40.000Z",
        '#EXT-X-PART:DURATION=0.333,URI="0.0.m4s",INDEPENDENT=YES',
        '#EXT-X-PART:DURATION=0.334,URI="0.1.m4s"',
        '#EXT-X-PART:DURATION=0.333,URI="0.2.m4s"',
        '#EXT-X-PART:DURATION=0.333,URI="0.3.m4s"',
        '#EXT-X-PART:DURATION=0.334,URI="0.4.m4s"',
        '#EXT-X-PART:DURATION=0.333,URI="0.5.m4s"',
        "#EXTINF:2.000,",
        "0.m4s",
        "#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:16:42.000Z",
        '#EXT-X-PART:DURATION=0.333,URI="1.0.m4s",INDEPENDENT=YES',
        '#EXT-X-PART:DURATION=0.168,URI="1.1.m4s"',
        "#EXTINF:0.501,",
        "1.m4s",
        '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="2.0.m4s"',
    ]


def test_the_plain_playlist_shows_six_whole_segments():
    window = play(stream(20), check=False)
    lines = window.plain().decode().splitlines()
    assert [line for line in lines if line.endswith(".m4s")] == [f"{n}.m4s" for n in range(4, 10)]
    assert value(lines, "#EXT-X-MEDIA-SEQUENCE") == "4"
    assert "PART" not in window.plain().decode()


def test_only_the_last_three_segments_show_their_parts():
    window = play(stream(20), check=False)
    parts = re.findall(r'PART:DURATION=[\d.]+,URI="(\d+)\.', window.low_latency().decode())
    assert sorted(set(parts)) == ["7", "8", "9"]


def test_the_target_follows_the_longest_segment():
    assert play(stream(17, gop=8), check=False).target == 8


def test_an_old_discontinuity_is_counted_when_its_segment_is_gone():
    window = play(stream(4), stream(30), check=False)
    lines = window.low_latency().decode().splitlines()
    assert value(lines, "#EXT-X-DISCONTINUITY-SEQUENCE") == "1"
    assert "#EXT-X-DISCONTINUITY" not in lines


def test_memory_holds_the_window_and_one_segment_more():
    window = play(stream(40), check=False)
    held = [msn for msn in range(20) if window.segment(msn) is not None]
    assert held == list(range(13, 20))
    assert window.init(0) is not None


def test_fewer_long_segments_are_held_but_always_three():
    window = play(stream(73, gop=12), check=False)
    assert [msn for msn in range(8) if window.segment(msn)] == [3, 4, 5, 6]


def test_the_end_is_said_and_nothing_is_hinted():
    window = play(stream(4), check=False)
    window.end()
    for text in (window.low_latency(), window.plain()):
        assert text.endswith(b"#EXT-X-ENDLIST\n")
    assert b"PRELOAD" not in window.low_latency()
    window.forget_media()
    assert window.segment(1) is None
    assert window.plain().endswith(b"1.m4s\n#EXT-X-ENDLIST\n")


def test_playlists_are_made_once_a_change():
    window = play(stream(4), check=False)
    assert window.low_latency() is window.low_latency()
    assert window.plain() is window.plain()


# --- waiting


def growing():
    """A window with two closed segments and an open one of two parts, and the rest of its stream."""
    time = FakeTime()
    window = LiveWindow(time.monotonic)
    packager = Packager([window], time.wall)
    packager.begin()
    tags = list(stream(12))
    rest = iter(tags)
    for tag in rest:
        packager.media(*tag)
        if window.part(2, 1) is not None:
            break
    return time, window, packager, rest


@pytest.mark.parametrize(
    ("msn", "part", "there"),
    [(0, None, True), (1, None, True), (2, None, False), (2, 0, True), (2, 1, True), (2, 2, False), (3, 0, False)],
)
def test_what_is_there_is_known(msn, part, there):
    _, window, _, _ = growing()
    assert window.has(msn, part) is there


def test_a_part_after_the_last_of_a_segment_stands_for_the_next_segments_first():
    _, window, _, _ = growing()
    assert window.has(1, 6) is True
    time = FakeTime()
    window = LiveWindow(time.monotonic)
    packager = Packager([window], time.wall)
    packager.begin()
    for tag in stream(4):
        packager.media(*tag)
    packager.end()
    assert window.has(1, 5) is True
    assert window.has(1, 6) is False


async def test_all_who_wait_for_a_part_are_woken_by_it():
    _, window, packager, rest = growing()
    waiting = [asyncio.create_task(window.waiters.wait(lambda: window.has(2, 2), 5)) for _ in range(50)]
    later = asyncio.create_task(window.waiters.wait(lambda: window.has(3, 0), 5))
    await asyncio.sleep(0)
    assert len(window.waiters) == 51
    while window.part(2, 2) is None:
        packager.media(*next(rest))
    assert await asyncio.gather(*waiting) == [True] * 50
    assert not later.done()
    window.end()
    assert await later is False


async def test_who_waits_too_long_is_let_go():
    time, window, _, _ = growing()
    waiting = asyncio.create_task(window.waiters.wait(lambda: window.has(9, 0), 3))
    await asyncio.sleep(0)
    time.advance(2.9)
    window.waiters.expire()
    await asyncio.sleep(0)
    assert not waiting.done()
    time.advance(0.2)
    window.waiters.expire()
    assert await waiting is False


async def test_a_cancelled_request_waits_no_more():
    _, window, packager, rest = growing()
    waiting = asyncio.create_task(window.waiters.wait(lambda: window.has(2, 2), 3))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    while window.part(2, 2) is None:
        packager.media(*next(rest))
    assert len(window.waiters) == 0


def test_settings_decide_how_much_is_shown():
    window = play(stream(20), settings_=WindowSettings(shown=3, spare=0), check=False)
    assert window.plain().count(b".m4s") == 3
