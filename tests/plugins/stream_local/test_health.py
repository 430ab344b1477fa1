"""Health: the words that a creator reads."""

import pytest
from stream_kit import FakeTime, picture, sound, stream

from aethex_plugins.stream_local.health import HealthMonitor


def watched(tags, *, delay=lambda ms: 0.0):
    """What is reported after these tags, each of which arrives in its time plus a delay in seconds."""
    time = FakeTime()
    start = time.monotonic()
    monitor = HealthMonitor(start)
    for kind, ms, body in tags:
        due = start + ms / 1000 + delay(ms)
        time.advance(max(0.0, due - time.monotonic()))
        monitor.tick(time.monotonic())
        monitor.media(kind, ms, body, time.monotonic())
    return monitor.report(time.monotonic()), monitor, time


def codes(report):
    return [remark.code for remark in report.remarks]


def text(report, code):
    return next(remark.text for remark in report.remarks if remark.code == code)


def test_a_good_stream_is_excellent():
    report, _, _ = watched(stream(20, size=12_000))
    assert (report.verdict, report.remarks) == ("excellent", ())
    assert report.kbps == pytest.approx(12_000 * 30 * 8 / 1000, rel=0.05)
    assert report.fps == pytest.approx(30, abs=1)
    assert report.keyframe_interval == 2.0
    assert len(report.history) == 9
    assert all(value == pytest.approx(2900, rel=0.1) for value in report.history)


def test_a_long_keyframe_interval_is_named_with_the_setting():
    report, _, _ = watched(stream(20, gop=8, size=12_000))
    assert report.verdict == "poor"
    assert text(report, "keyframe_interval") == (
        "Keyframe interval 8 s: set 2 s in OBS, Settings > Output > Keyframe interval."
    )
    assert watched(stream(20, gop=3, size=12_000))[0].verdict == "good"


def test_a_long_interval_shows_before_its_second_keyframe():
    report, _, _ = watched(stream(7, gop=30, size=12_000))
    assert "keyframe_interval" in codes(report)


def test_missing_sound_and_missing_picture_are_told():
    assert "No sound arrives" in text(watched(stream(10, audio=False, size=12_000))[0], "no_sound")
    report = watched(stream(10, video=False))[0]
    assert codes(report) == ["no_picture"]
    assert report.verdict == "excellent"
    assert report.fps is None


def test_dropped_frames_are_counted():
    tags = [tag for tag in stream(20, size=12_000) if tag[0] == 8 or not 15_000 < tag[1] < 15_350]
    report, _, _ = watched(tags)
    assert text(report, "dropped_frames").startswith("10 frames were dropped")
    assert report.verdict == "good"


def test_an_upload_that_cannot_keep_up_is_late():
    report, _, _ = watched(stream(20, size=12_000), delay=lambda ms: ms / 1000 * 0.2)
    assert text(report, "late").startswith("The stream arrives 4 s late")
    assert report.verdict == "poor"


def test_a_short_hiccup_is_forgiven():
    report, _, _ = watched(stream(20, size=12_000), delay=lambda ms: 2.0 if 5000 < ms < 6000 else 0.0)
    assert report.verdict == "excellent"


def test_bitrates_that_are_too_high_or_too_low_are_told():
    assert "more than many viewers can load" in text(watched(stream(12, size=40_000))[0], "high_bitrate")
    assert "very little" in text(watched(stream(12, size=300))[0], "low_bitrate")


def test_few_frames_are_told():
    report, _, _ = watched(stream(12, fps=10, size=40_000))
    assert text(report, "low_fps").startswith("10")


def test_silence_on_the_line_is_told_alone():
    _, monitor, time = watched(stream(10, size=12_000))
    time.advance(5)
    report = monitor.report(time.monotonic())
    assert report.verdict == "poor"
    assert codes(report) == ["no_data"]
    assert text(report, "no_data").startswith("Nothing has come for 5 seconds")


def test_the_first_seconds_are_not_judged():
    report, _, _ = watched([(9, 0, picture(True)), (8, 20, sound())])
    assert (report.verdict, report.kbps) == ("good", None)


def test_the_history_holds_two_minutes():
    report, _, _ = watched(stream(200, fps=2, size=5000))
    assert len(report.history) == 60
