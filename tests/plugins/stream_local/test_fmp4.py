"""MP4 boxes: read back by an independent reader and by ffmpeg."""

from stream_kit import ASC, AVCC, OPUS_HEAD, Collector, atoms, flv_tags, frame_sums, samples

from aethex_plugins.stream_local import boxes
from aethex_plugins.stream_local.aac import parse_asc
from aethex_plugins.stream_local.fmp4 import Run, fragment, init_segment
from aethex_plugins.stream_local.h264 import parse_avcc
from aethex_plugins.stream_local.opus import parse_opus_head
from aethex_plugins.stream_local.packager import Packager


def inside(data, *path):
    for name in path:
        data = dict(atoms(data))[name]
    return data


def test_the_init_segment_holds_both_tracks():
    init = init_segment(parse_avcc(AVCC), parse_asc(ASC))
    assert [name for name, _ in atoms(init)] == ["ftyp", "moov"]
    moov = inside(init, "moov")
    assert [name for name, _ in atoms(moov)] == ["mvhd", "trak", "trak", "mvex"]
    assert len(inside(init, "moov", "mvhd")) == 100
    for _, trak in (item for item in atoms(moov) if item[0] == "trak"):
        assert len(inside(trak, "tkhd")) == 84
        assert [name for name, _ in atoms(inside(trak, "mdia"))] == ["mdhd", "hdlr", "minf"]
    assert AVCC in init
    assert ASC in init


def test_our_own_reader_finds_the_tracks():
    init = init_segment(parse_avcc(AVCC), parse_asc(ASC))
    picture, sound = boxes.tracks(init)
    assert (picture.number, picture.handler, picture.scale) == (1, b"vide", 90_000)
    assert (picture.width, picture.height) == (640, 360)
    assert (sound.number, sound.handler, sound.scale) == (2, b"soun", 48_000)
    assert [track.number for track in boxes.tracks(init_segment(None, parse_asc(ASC)))] == [2]
    assert boxes.tracks(b"nothing of the kind") == []


def test_the_bytes_of_each_sample_are_found_by_its_offset():
    first, second = Run(1, 900), Run(2, 4800)
    for n in range(5):
        first.add(memoryview(bytes((n,)) * (n + 1)), 3000, keyframe=n == 0, offset=n * 90 - 90)
    second.add(memoryview(b"sound"), 1024)
    found = samples(fragment(7, [first, second]))
    assert [(item.track, item.at, item.data) for item in found if item.track == 1] == [
        (1, 900 + 3000 * n, bytes((n,)) * (n + 1)) for n in range(5)
    ]
    assert [item.offset for item in found] == [-90, 0, 90, 180, 270, 0]
    assert [item.key for item in found] == [True, False, False, False, False, True]
    assert (found[-1].at, found[-1].data) == (4800, b"sound")


def test_whole_fragments_are_measured_and_a_torn_one_is_not():
    run = Run(1, 0)
    run.add(memoryview(b"abc"), 3000)
    piece = fragment(1, [run])
    assert boxes.whole_fragments(piece * 3).size == 3 * len(piece)
    assert boxes.whole_fragments(piece * 3).durations == {1: 9000}
    for cut in range(len(piece)):
        assert boxes.whole_fragments(piece * 2 + piece[:cut]).size == 2 * len(piece)
    assert boxes.whole_fragments(b"garbage that is no box").size == 0


def test_ffmpeg_decodes_the_very_frames_that_the_encoder_made(ffmpeg, film, tmp_path):
    out = Collector()
    packager = Packager([out], lambda: 0.0)
    packager.begin()
    for tag in flv_tags(film.path):
        packager.media(*tag)
    packager.end()
    path = tmp_path / "all.mp4"
    path.write_bytes(out.inits[0] + b"".join(part.data for part in out.parts))
    assert frame_sums(ffmpeg, path) == film.sums
    assert len(film.sums) == 180


def test_opus_has_its_own_box():
    init = init_segment(None, parse_opus_head(OPUS_HEAD))
    stsd = inside(init, "moov", "trak", "mdia", "minf", "stbl", "stsd")
    assert atoms(stsd[8:])[0][0] == "Opus"
    assert [name for name, _ in atoms(atoms(stsd[8:])[0][1][28:])] == ["dOps"]
