"""The playlist that reaches back: for any stream and window it is a true, whole, bounded picture of what is on disk."""

import asyncio
import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from aethex_plugins.stream_local.dvr import Dvr, read_tail, unzipped
from aethex_plugins.stream_local.event_file import EventFile
from aethex_plugins.stream_local.playlist import target_duration
from aethex_plugins.stream_local.segments import Segment

ENTRY = re.compile(r"#EXTINF:([0-9.]+),\n([0-9]+)\.m4s")
lengths = st.floats(min_value=0.2, max_value=6.0).map(lambda seconds: round(seconds, 3))
segments = st.lists(st.tuples(lengths, st.booleans(), st.booleans()), min_size=1, max_size=60)


def write(folder: Path, made: list[tuple[float, bool, bool]], dvr: Dvr) -> tuple[list[Segment], int]:
    """Segments as the packager closes them: length, discontinuity, new init segment."""
    events, target, init, wall, found = EventFile(folder, 2), 2, 0, 1_800_000_000.0, []
    for msn, (length, broken, fresh) in enumerate(made):
        init += fresh and msn > 0
        segment = Segment(msn, init, (broken or fresh) and msn > 0, wall, duration=length, closed=True)
        dvr.segment_opened(segment)
        events.append(segment)
        dvr.segment_closed(segment)
        target = max(target, target_duration(length))
        wall += length
        found.append(segment)
    return found, target


@settings(max_examples=150, deadline=None)
@given(made=segments, window=st.floats(min_value=1.0, max_value=120.0), ended=st.booleans())
def test_it_lists_the_newest_segments_of_the_window_and_no_others(tmp_path_factory, made, window, ended):
    folder = tmp_path_factory.mktemp("dvr")
    dvr = Dvr(seconds=window, segment=2.0)
    whole, target = write(folder, made, dvr)
    text = unzipped(asyncio.run(dvr.playlist(folder, target, ended=ended))).decode()
    listed = [(int(name), float(length)) for length, name in ENTRY.findall(text)]
    numbers = [number for number, _ in listed]
    # whole and without a gap, to the newest one
    assert numbers == list(range(numbers[0], len(made)))
    assert [length for _, length in listed] == [segment.duration for segment in whole[numbers[0] :]]
    # as much as fits into the window and no more, one at least
    seconds = sum(length for _, length in listed)
    assert len(listed) == 1 or seconds <= window + 1e-6
    if numbers[0] > 0 and len(listed) < int(window / 2.0):
        assert seconds + whole[numbers[0] - 1].duration > window - 1e-6
    # what players count by
    assert f"#EXT-X-MEDIA-SEQUENCE:{numbers[0]}\n" in text
    before = sum(segment.discontinuity for segment in whole[: numbers[0]])
    said = re.search(r"#EXT-X-DISCONTINUITY-SEQUENCE:(\d+)", text)
    assert (int(said[1]) if said else 0) == before
    assert all(round(length) <= target for _, length in listed)
    assert f"#EXT-X-TARGETDURATION:{target}\n" in text
    # a list whose head goes may not call itself one that only grows
    assert "#EXT-X-PLAYLIST-TYPE" not in text
    assert text.endswith("#EXT-X-ENDLIST\n") == ended
    # each segment is decoded with its own init segment
    current = None
    for line in text.splitlines():
        if match := re.fullmatch(r'#EXT-X-MAP:URI="init(\d+)\.mp4"', line):
            current = int(match[1])
        elif line.endswith(".m4s"):
            assert current == whole[int(line[:-4])].init


def test_a_day_of_stream_is_read_from_its_tail_alone(tmp_path):
    # Given a broadcast of a day, and a window of two hours
    dvr = Dvr(seconds=7200, segment=2.0)
    write(tmp_path, [(2.0, False, False)] * 43_200, dvr)
    # When its playlist is asked for, Then it has two hours, and little is kept of it
    packed = asyncio.run(dvr.playlist(tmp_path, 2, ended=False))
    assert len(ENTRY.findall(unzipped(packed).decode())) == 3600
    assert len(packed) < 20_000
    assert len(read_tail(tmp_path / "event.m3u8", 7200, 2.0)) == 3600


def test_requests_between_two_segments_share_one_playlist(tmp_path):
    dvr = Dvr(seconds=60, segment=2.0)
    write(tmp_path, [(2.0, False, False)] * 10, dvr)

    async def ask():
        return await asyncio.gather(*(dvr.playlist(tmp_path, 2, ended=False) for _ in range(5)))

    answers = asyncio.run(ask())
    assert all(answer is answers[0] for answer in answers)
