"""The time line: steady whatever the encoder's clock does, and sound stays with its picture."""

from hypothesis import given
from hypothesis import strategies as st

from aethex_plugins.stream_local.timeline import Moment, Timeline


def test_the_first_picture_is_where_the_broadcast_left_off():
    line = Timeline()
    line.begin(5000)
    assert line.video(123_456, 33) == Moment(5000, False)
    assert line.audio(123_460, 21) == Moment(5004, False)
    assert line.video(123_489, 33) == Moment(5033, False)


def test_time_runs_on_across_the_32_bit_wrap():
    line = Timeline()
    assert line.video(0xFFFFFFF0, 33).ms == 0
    assert line.video(0x00000011, 33) == Moment(33, False)


def test_equal_and_slightly_earlier_times_still_rise():
    line = Timeline()
    assert [line.video(raw, 33).ms for raw in (100, 133, 133, 120, 166)] == [0, 33, 34, 35, 66]


def test_a_jump_of_both_tracks_leaves_them_together():
    for jump in (60_000, -30_000):
        line = Timeline()
        start = 100_000
        line.video(start, 33)
        line.audio(start, 21)
        line.video(start + 33, 33)
        line.audio(start + 21, 21)
        # the encoder's clock jumps; sound comes first
        assert line.audio(start + 42 + jump, 21) == Moment(42, True)
        assert line.video(start + 66 + jump, 33) == Moment(66, True)
        assert line.audio(start + 63 + jump, 21) == Moment(63, False)


def test_a_pause_of_the_picture_alone_is_no_jump():
    line = Timeline()
    line.video(0, 33)
    for raw in range(0, 5000, 21):
        assert line.audio(raw, 21) == Moment(raw, False)
    assert line.video(5000, 33) == Moment(5000, False)


def test_a_pause_of_the_sound_alone_is_no_jump():
    line = Timeline()
    line.video(0, 33)
    line.audio(0, 21)
    for raw in range(33, 6000, 33):
        line.video(raw, 33)
    assert line.audio(5990, 21) == Moment(5990, False)


def test_tracks_with_different_zeros_are_put_together():
    line = Timeline()
    line.video(292, 33)
    assert line.audio(3_406_066, 20) == Moment(0, True)
    assert line.audio(3_406_086, 20) == Moment(20, False)


def test_sound_that_drifts_away_is_brought_back_within_two_seconds():
    line = Timeline()
    worst = 0
    for step in range(4000):
        # per 100 ms of picture the sound's clock runs 101 ms
        picture = line.video(step * 100, 100).ms
        worst = max(worst, abs(line.audio(step * 101, 101).ms - picture))
    assert worst <= 2100


@given(st.lists(st.integers(0, 0xFFFFFFFF), min_size=1, max_size=60))
def test_pictures_always_move_forward_and_never_far(raws):
    line = Timeline()
    last = -1
    for raw in raws:
        now = line.video(raw, 33).ms
        assert last < now <= last + 2001
        last = now


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 0xFFFFFFFF)), max_size=80))
def test_no_clock_drives_the_tracks_apart_for_long(frames):
    line = Timeline()
    line.video(0, 33)
    for is_picture, raw in frames:
        moment = line.video(raw, 33) if is_picture else line.audio(raw, 21)
        assert moment.ms >= -2100
