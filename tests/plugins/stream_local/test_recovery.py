"""Recovery: whatever a crash leaves in a folder becomes the longest whole recording."""

import json
import shutil

import pytest
from stream_kit import Collector, FakeTime, samples, stream

from aethex_plugins.stream_local import event_file, recovery
from aethex_plugins.stream_local.packager import Packager
from aethex_plugins.stream_local.recorder import Recorder


class Crash(Exception):
    """Stands for the kill: nothing after it runs."""


def broken_off(folder, seconds, **kind):
    """A folder as it is in the middle of a segment, and all that was packaged."""
    live = Collector()
    recorder = Recorder(folder, "ingest", "broadcast", segment=2.0, floor=0)
    packager = Packager([recorder, live], FakeTime().wall)
    packager.begin()
    for tag in stream(seconds, **kind):
        packager.media(*tag)
    return live, recorder


def kept(folder):
    """The bytes of all listed segments in order."""
    entries, ended = event_file.read(folder / "event.m3u8")
    assert ended
    return b"".join((folder / f"{entry.msn}.m4s").read_bytes() for entry in entries)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [{}, {"video": False}], ids=["picture and sound", "sound alone"])
def test_the_tail_cut_at_every_byte_gives_its_whole_parts(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(event_file.os, "fsync", lambda file: None)  # thousands of times: nothing is proved by it
    # Given a broadcast in the middle of its second segment, with two parts of it on disk
    live, recorder = broken_off(tmp_path / "b", 2.9, size=10, fps=6, **kind)
    folder = recorder.folder
    tail = folder / "1.m4s.part"
    content = tail.read_bytes()
    parts = live.segments[1].parts
    assert content == b"".join(part.data for part in parts)
    assert len(parts) == 2
    ends = [sum(len(part.data) for part in parts[: n + 1]) for n in range(len(parts))]
    before = b"".join(part.data for part in live.segments[0].parts)
    playlist = (folder / "event.m3u8").read_bytes()
    for cut in range(len(content) + 1):
        # When the file ends at any byte
        (folder / "1.m4s").unlink(missing_ok=True)
        tail.write_bytes(content[:cut])
        (folder / "event.m3u8").write_bytes(playlist)
        facts = recovery.finish(folder)
        # Then all whole parts are there, bit by bit, and nothing else
        whole = [n for n, end in enumerate(ends) if end <= cut]
        assert kept(folder) == before + content[: ends[whole[-1]] if whole else 0]
        expected = live.segments[0].duration + sum(parts[n].duration for n in whole)
        assert facts.duration == pytest.approx(expected, abs=0.002)
        assert not list(folder.glob("*.part"))


def test_a_crash_in_the_first_segment_keeps_what_is_there(tmp_path):
    live, recorder = broken_off(tmp_path / "b", 1.5)
    assert not (recorder.folder / "event.m3u8").exists()
    facts = recovery.finish(recorder.folder)
    assert kept(recorder.folder) == b"".join(part.data for part in live.parts)
    assert facts.duration == pytest.approx(1.333, abs=0.002)
    assert (facts.width, facts.height, facts.has_audio) == (640, 360, True)
    text = (recorder.folder / "event.m3u8").read_text()
    assert '#EXT-X-MAP:URI="init0.mp4"\n#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:16:40.000Z\n' in text


def test_a_crash_before_the_first_part_leaves_nothing(tmp_path):
    _, recorder = broken_off(tmp_path / "b", 0.2)
    assert recorder.folder.exists()
    assert recovery.finish(recorder.folder) is None


def test_a_crash_between_rename_and_listing_loses_nothing(tmp_path):
    live, recorder = broken_off(tmp_path / "b", 3)
    folder = recorder.folder
    (folder / "1.m4s.part").rename(folder / "1.m4s")
    recovery.finish(folder)
    assert kept(folder) == b"".join(part.data for part in live.parts)


def test_a_torn_last_line_of_the_playlist_loses_nothing(tmp_path):
    live, recorder = broken_off(tmp_path / "b", 5)
    path = recorder.folder / "event.m3u8"
    path.write_bytes(path.read_bytes()[:-4])
    recovery.finish(recorder.folder)
    assert kept(recorder.folder) == b"".join(part.data for part in live.parts)


def test_recovery_may_be_cut_off_itself_and_run_again(tmp_path, monkeypatch):
    live, recorder = broken_off(tmp_path / "b", 3.3)
    for broken in ("truncate", "write_whole"):
        with monkeypatch.context() as patch:
            owner = recovery.os if broken == "truncate" else recovery.event_file
            tail = recorder.folder / "1.m4s.part"
            if broken == "truncate":
                tail.write_bytes(tail.read_bytes() + b"torn")

            def crash(*args, **kwargs):
                raise Crash

            patch.setattr(owner, broken, crash)
            with pytest.raises(Crash):
                recovery.finish(recorder.folder)
    first = recovery.finish(recorder.folder)
    assert kept(recorder.folder) == b"".join(part.data for part in live.parts)
    assert recovery.finish(recorder.folder) == first


def test_the_tail_after_a_reconnect_keeps_its_discontinuity(tmp_path):
    recorder = Recorder(tmp_path / "b", "ingest", "broadcast", segment=2.0, floor=0)
    packager = Packager([recorder], FakeTime().wall)
    for tags in (stream(3), stream(1, audio=False)):
        packager.begin()
        for tag in tags:
            packager.media(*tag)
    recovery.finish(recorder.folder)
    entries, _ = event_file.read(recorder.folder / "event.m3u8")
    assert entries[-1].tags[:2] == ["#EXT-X-DISCONTINUITY", '#EXT-X-MAP:URI="init1.mp4"']


def test_damaged_notes_about_the_next_segment_are_no_obstacle(tmp_path):
    live, recorder = broken_off(tmp_path / "b", 3)
    for damage in (b"", b"{", b"[]", json.dumps({"msn": 1}).encode()):
        (recorder.folder / "next.json").write_bytes(damage)
        copy = tmp_path / "copy"
        shutil.copytree(recorder.folder, copy)
        recovery.finish(copy)
        assert kept(copy) == b"".join(part.data for part in live.parts)
        shutil.rmtree(copy)


def test_dates_go_on_over_the_recovered_tail(tmp_path):
    _, recorder = broken_off(tmp_path / "b", 5)
    facts = recovery.finish(recorder.folder)
    entries, _ = event_file.read(recorder.folder / "event.m3u8")
    assert entries[2].tags == ["#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:16:44.000Z"]
    assert facts.end == pytest.approx(FakeTime().wall() + facts.duration, abs=0.01)


def test_sound_and_picture_of_recovered_parts_are_unchanged(tmp_path):
    live, recorder = broken_off(tmp_path / "b", 3.3)
    recovery.finish(recorder.folder)
    assert samples(kept(recorder.folder)) == [item for part in live.parts for item in samples(part.data)]


def test_foreign_files_and_empty_folders_are_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    assert recovery.finish(tmp_path) is None
    assert (tmp_path / "notes.txt").exists()


def test_a_listed_segment_that_is_gone_is_not_played(tmp_path):
    _, recorder = broken_off(tmp_path / "b", 7)
    (recorder.folder / "1.m4s").unlink()
    facts = recovery.finish(recorder.folder)
    entries, _ = event_file.read(recorder.folder / "event.m3u8")
    assert 1 not in [entry.msn for entry in entries]
    assert facts.duration < 5.5
