"""The recording on disk: there part by part, and never in the way of the live stream."""

import errno
import os
import shutil

import pytest
from stream_kit import AVCC_HD, Collector, FakeTime, picture, samples, stream, video_config

from aethex_plugins.stream_local import event_file
from aethex_plugins.stream_local.event_file import Entry, EventFile
from aethex_plugins.stream_local.packager import Packager
from aethex_plugins.stream_local.recorder import Recorder, read_meta
from aethex_plugins.stream_local.segments import Part, Segment


def recorder_in(folder, floor=0):
    return Recorder(folder / "broadcast", "ingest", "broadcast", segment=2.0, floor=floor)


def record(recorder, *publishers, also=()):
    packager = Packager([recorder, *also], FakeTime().wall)
    for tags in publishers:
        packager.begin()
        for tag in tags:
            packager.media(*tag)
        packager.end()
    return packager


def test_segments_and_playlist_are_what_was_live(tmp_path):
    live, recorder = Collector(), recorder_in(tmp_path)
    record(recorder, stream(7), stream(3), also=[live])
    folder = recorder.folder
    for segment in live.closed:
        assert (folder / f"{segment.msn}.m4s").read_bytes() == b"".join(part.data for part in segment.parts)
    assert (folder / "init0.mp4").read_bytes() == live.inits[0]
    assert not list(folder.glob("*.part"))
    entries, ended = event_file.read(folder / "event.m3u8")
    assert [entry.msn for entry in entries] == [segment.msn for segment in live.closed]
    assert sum(entry.duration for entry in entries) == pytest.approx(10.0, abs=0.01)
    assert [entry.tags[0] == "#EXT-X-DISCONTINUITY" for entry in entries] == [False] * 4 + [True, False]
    assert ended is False


def test_each_part_is_in_the_file_when_it_is_announced(tmp_path):
    recorder = recorder_in(tmp_path)
    seen = []

    class Witness(Collector):
        def part_added(self, segment, part):
            super().part_added(segment, part)
            written = (recorder.folder / f"{segment.msn}.m4s.part").read_bytes()
            seen.append(written == b"".join(item.data for item in segment.parts))

    record(recorder, stream(5), also=[Witness()])
    assert len(seen) > 12
    assert all(seen)


def test_the_folder_says_whose_it_is(tmp_path):
    recorder = recorder_in(tmp_path)
    record(recorder, stream(1))
    meta = read_meta(recorder.folder)
    assert (meta.ingest_id, meta.broadcast_id, meta.incomplete) == ("ingest", "broadcast", False)
    assert meta.started_at == pytest.approx(FakeTime().wall())
    assert read_meta(tmp_path) is None


def test_nothing_is_on_disk_before_there_is_media(tmp_path):
    recorder = recorder_in(tmp_path)
    record(recorder, [(9, 0, video_config()), (9, 0, picture(False))])
    assert not recorder.begun
    assert not recorder.folder.exists()


def test_a_longer_segment_raises_the_target_of_the_whole_playlist(tmp_path):
    recorder = recorder_in(tmp_path)
    record(recorder, stream(4), stream(9, gop=8))
    text = (recorder.folder / "event.m3u8").read_text()
    assert text.count("#EXT-X-TARGETDURATION:8\n") == 1
    assert text.count("#EXTINF") == 4


def test_a_new_setting_is_mapped_in_the_playlist(tmp_path):
    recorder = recorder_in(tmp_path)
    changed = [(9, 0, video_config(AVCC_HD))] + [(9, 33 * n, picture(n == 0)) for n in range(40)]
    record(recorder, stream(3, audio=False), changed)
    text = (recorder.folder / "event.m3u8").read_text()
    assert text.count("#EXT-X-MAP") == 2
    assert '#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="init1.mp4"' in text


def test_below_the_floor_the_recording_stops_and_the_stream_goes_on(tmp_path, monkeypatch):
    # Given a disk that fills up after the second segment
    live, recorder = Collector(), recorder_in(tmp_path, floor=1000)
    free = iter([5000, 5000, 10, 5000])
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=next(free)))
    # When more comes
    record(recorder, stream(9), also=[live])
    # Then two segments are whole on disk, flagged, and all are live
    assert recorder.incomplete
    assert len(live.closed) == 5
    assert [entry.msn for entry in event_file.read(recorder.folder / "event.m3u8")[0]] == [0, 1]
    assert read_meta(recorder.folder).incomplete


@pytest.mark.parametrize("function", ["write", "open"])
def test_a_failing_disk_never_stops_the_stream(tmp_path, monkeypatch, function):
    live, recorder = Collector(), recorder_in(tmp_path)
    real = getattr(os, function)
    calls = []

    def failing(*args, **kwargs):
        calls.append(args)
        if len(calls) > 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*args, **kwargs)

    monkeypatch.setattr("aethex_plugins.stream_local.recorder.os." + function, failing)
    record(recorder, stream(9), also=[live])
    monkeypatch.undo()
    assert recorder.incomplete
    assert len(live.closed) == 5
    assert not recorder.recording


def test_a_write_that_takes_only_a_part_is_gone_on_with(tmp_path, monkeypatch):
    live, recorder = Collector(), recorder_in(tmp_path)
    real = os.write
    monkeypatch.setattr(
        "aethex_plugins.stream_local.recorder.os.write", lambda file, data: real(file, bytes(data[:1000]))
    )
    record(recorder, stream(3), also=[live])
    monkeypatch.undo()
    written = (recorder.folder / "0.m4s").read_bytes()
    assert [item.data for item in samples(written)] == [
        item.data for part in live.closed[0].parts for item in samples(part.data)
    ]


# --- the playlist file by itself


def segment(msn, seconds, init=0):
    made = Segment(msn, init, discontinuity=False, wall=1_800_000_000.0 + msn)
    made.add(Part(b"", seconds, True))
    return made


def test_what_is_appended_is_read_back(tmp_path):
    file = EventFile(tmp_path, 2)
    for msn in range(3):
        file.append(segment(msn, 2.0))
    entries, ended = event_file.read(tmp_path / "event.m3u8")
    assert [(entry.msn, entry.duration) for entry in entries] == [(0, 2.0), (1, 2.0), (2, 2.0)]
    assert event_file.init_of(entries) == 0
    assert ended is False


def test_a_torn_playlist_gives_its_whole_entries_at_every_cut(tmp_path):
    file = EventFile(tmp_path, 2)
    for msn in range(3):
        file.append(segment(msn, 2.0))
    path = tmp_path / "event.m3u8"
    whole = path.read_bytes()
    ends = [whole.index(f"\n{msn}.m4s\n".encode()) + len(f"\n{msn}.m4s\n") for msn in range(3)]
    for cut in range(ends[0] - 30, len(whole) + 1):
        path.write_bytes(whole[:cut])
        entries, _ = event_file.read(path)
        assert [entry.msn for entry in entries] == [msn for msn in range(3) if ends[msn] <= cut]


def test_a_missing_playlist_has_no_entries(tmp_path):
    assert event_file.read(tmp_path / "event.m3u8") == ([], False)


def test_a_whole_playlist_can_be_written_and_read():
    text = event_file.text([Entry(0, 2.0, ['#EXT-X-MAP:URI="init0.mp4"']), Entry(1, 7.6)], ended=True)
    assert b"#EXT-X-TARGETDURATION:8\n" in text
    assert text.endswith(b"1.m4s\n#EXT-X-ENDLIST\n")
