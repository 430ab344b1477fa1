"""A browser's two encoders run side by side: their frames come into one order before they are packaged."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stream_kit import ASC, AVCC, Collector, samples, stream

from aethex_plugins.stream_local.errors import ProtocolError
from aethex_plugins.stream_local.packager import Packager
from aethex_plugins.stream_local.web_frames import WINDOW_MS, Interleaver, tag_of
from aethex_plugins.stream_local.web_wire import Kind, pack, parse_frame

AUDIO, VIDEO = 8, 9


def ordered(frames, *, both=True, flush=True):
    """What comes out of an interleaver, in its order."""
    out = []
    order = Interleaver(lambda kind, ms, body: out.append((kind, ms, body)), both=both)
    for kind, ms, body in frames:
        order.add(kind, ms, body)
    waiting = order.waiting
    if flush:
        order.flush()
    return out, waiting


def arrivals(seed, seconds=4.0, late=0.12):
    """The frames of a stream as they arrive when each encoder is late in its own way."""
    chance = random.Random(seed)
    delays = {AUDIO: 0.0, VIDEO: 0.0}
    found = []
    for number, (kind, ms, body) in enumerate(stream(seconds)):
        delays[kind] = max(0.0, min(late, delays[kind] + chance.uniform(-0.02, 0.02)))
        found.append((ms / 1000 + delays[kind], number, (kind, ms, body)))
    per_track = {AUDIO: 0.0, VIDEO: 0.0}
    arrived = []
    for at, number, frame in found:
        per_track[frame[0]] = max(per_track[frame[0]], at)
        arrived.append((per_track[frame[0]], number, frame))
    return [frame for _, _, frame in sorted(arrived, key=lambda entry: entry[:2])]


@given(st.integers(0, 10_000))
def test_frames_that_come_late_come_out_in_order_of_time(seed):
    out, waiting = ordered(arrivals(seed, seconds=1.0))
    times = [ms for _, ms, _ in out]
    assert times == sorted(times)
    assert len(out) == len(list(stream(1.0)))
    assert waiting < 40


@given(st.lists(st.tuples(st.sampled_from([AUDIO, VIDEO]), st.integers(0, 5000)), max_size=200), st.booleans())
def test_whatever_the_times_nothing_is_lost_or_changes_places_within_its_track(times, both):
    frames = [(kind, ms, bytearray(str(n).encode())) for n, (kind, ms) in enumerate(times)]
    out, _ = ordered(frames, both=both)
    for kind in (AUDIO, VIDEO):
        assert [frame for frame in out if frame[0] == kind] == [frame for frame in frames if frame[0] == kind]


def test_a_track_that_stops_holds_the_other_back_for_the_window_and_no_longer():
    pictures = [(VIDEO, ms, bytearray(b"x")) for ms in range(0, 3000, 33)]
    out, waiting = ordered(pictures, flush=False)
    assert waiting <= WINDOW_MS / 33 + 1
    assert out[-1][1] >= 3000 - WINDOW_MS - 66


def test_a_clock_that_stands_still_fills_no_memory():
    _, waiting = ordered([(VIDEO, 5, bytearray(b"x"))] * 2000, flush=False)
    assert waiting <= 601


def test_one_track_alone_waits_for_nothing():
    out, waiting = ordered([(VIDEO, 0, bytearray(b"x"))], both=False, flush=False)
    assert (len(out), waiting) == (1, 0)


@pytest.mark.parametrize("seed", range(6))
def test_the_sound_of_a_part_ends_behind_its_pictures(seed):
    # Given frames as a browser's encoders hand them out
    collector = Collector()
    packager = Packager([collector], wall=lambda: 0.0)
    packager.begin()
    # When they are packaged
    order = Interleaver(packager.media, both=True)
    for frame in arrivals(seed, seconds=8.0):
        order.add(*frame)
    order.flush()
    # Then no part's sound ends before its pictures do (docs/decisions/009)
    whole = collector.parts[1:-1]
    assert len(whole) > 15
    for part in whole:
        found = samples(part.data)
        picture = max((one.at + one.duration) / 90_000 for one in found if one.track == 1)
        sound = max((one.at + one.duration) / 48_000 for one in found if one.track == 2)
        assert sound > picture


def frame(kind, data, **more):
    return parse_frame(pack(kind, 40_000, data, **more))


def test_each_kind_becomes_the_tag_that_an_encoder_would_send():
    assert tag_of(frame(Kind.VIDEO_CONFIG, AVCC), "opus") == (VIDEO, b"\x17\0\0\0\0" + AVCC)
    assert tag_of(frame(Kind.VIDEO, b"nal", keyframe=True), None) == (VIDEO, b"\x17\1\0\0\0nal")
    assert tag_of(frame(Kind.VIDEO, b"nal"), None) == (VIDEO, b"\x27\1\0\0\0nal")
    assert tag_of(frame(Kind.AUDIO_CONFIG, b"head"), "opus") == (AUDIO, b"\x90Opushead")
    assert tag_of(frame(Kind.AUDIO, b"sound"), "opus") == (AUDIO, b"\x91Opussound")
    assert tag_of(frame(Kind.AUDIO_CONFIG, ASC), "aac") == (AUDIO, b"\xaf\0" + ASC)
    assert tag_of(frame(Kind.AUDIO, b"sound"), "aac") == (AUDIO, b"\xaf\1sound")


@pytest.mark.parametrize(("kind", "audio"), [(Kind.AUDIO, None), (Kind.WEBM, "opus")])
def test_what_was_not_announced_is_refused(kind, audio):
    with pytest.raises(ProtocolError, match="not announced"):
        tag_of(frame(kind, b"x"), audio)
