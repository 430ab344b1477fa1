"""The packager: every frame comes out once and unchanged, in parts and segments of the right length."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stream_kit import (
    AVCC_HD,
    Collector,
    atoms,
    audio_config,
    opus_config,
    opus_sound,
    picture,
    samples,
    sound,
    stream,
    video_config,
)

from aethex_plugins.stream_local.errors import MediaRejected
from aethex_plugins.stream_local.packager import Packager, PackSettings
from aethex_plugins.stream_local.segmenter import LATE

WALL = 1_800_000_000.0


def packed(*publishers, pack=None):
    """Package what each publisher sends, one after another."""
    out = Collector()
    packager = Packager([out], lambda: WALL, pack)
    for tags in publishers:
        packager.begin()
        for tag in tags:
            packager.media(*tag)
    packager.end()
    return out, packager


def frames(tags, kind):
    """The payloads of the frames, without the headers of their tags."""
    return [bytes(body[5 if kind == 9 else 2 :]) for what, _, body in tags if what == kind and body[1] != 0]


def test_every_frame_comes_out_unchanged_and_in_order():
    tags = list(stream(10))
    out, _ = packed(tags)
    assert [item.data for item in out.samples(1)] == frames(tags, 9)
    assert [item.data for item in out.samples(2)] == frames(tags, 8)


def test_time_stamps_are_those_of_the_encoder():
    tags = list(stream(4, start=7_000))
    out, _ = packed(tags)
    expected = [(ms - 7_000) * 90 for kind, ms, body in tags if kind == 9 and body[1] == 1]
    assert [item.at for item in out.samples(1)] == expected
    sounds = out.samples(2)
    assert [item.at for item in sounds] == [LATE * 48 + n * 1024 for n in range(len(sounds))]


def _end(part, track, scale):
    """Where the last sample of a track ends in this part, in seconds."""
    last = [item for item in samples(part.data) if item.track == track][-1]
    return (last.at + last.duration) / scale


def test_the_sound_of_every_part_ends_behind_its_pictures():
    # 2 s of pictures and 93.75 frames of sound end at the same instant every 8 s: there hls.js used to stop
    out, _ = packed(stream(18))
    ends = [(_end(part, 1, 90_000), _end(part, 2, 48_000)) for segment in out.closed[:-1] for part in segment.parts]
    assert all(sound > shown for shown, sound in ends)


def test_composition_offsets_and_keyframe_flags_are_kept():
    tags = [(8, 0, audio_config()), (9, 0, video_config())]
    tags += [(9, n * 33, picture(n % 30 == 0, offset=(-33, 0, 66)[n % 3], mark=n)) for n in range(60)]
    out, _ = packed(tags)
    assert [item.offset for item in out.samples(1)] == [(-2970, 0, 5940)[n % 3] for n in range(60)]
    assert [item.key for item in out.samples(1)] == [n % 30 == 0 for n in range(60)]


@pytest.mark.parametrize("fps", [10, 15, 24, 25, 29.97, 30, 50, 60])
def test_parts_are_as_long_as_whole_frames_allow(fps):
    out, _ = packed(stream(8, fps=fps, gop=2.0))
    lengths = [part.duration for segment in out.closed[:-1] for part in segment.parts[:-1]]
    assert max(lengths) <= 0.3345
    assert min(lengths) >= 0.85 * max(lengths) - 0.001


@pytest.mark.parametrize(("gop", "expected"), [(0.5, 2.0), (1.0, 2.0), (2.0, 2.0), (3.0, 3.0), (8.0, 8.0)])
def test_a_segment_ends_at_the_first_keyframe_after_its_target(gop, expected):
    out, _ = packed(stream(17, gop=gop))
    lengths = [segment.duration for segment in out.closed[:-1]]
    assert lengths
    assert lengths == pytest.approx([expected] * len(lengths), abs=0.002)
    assert all(segment.parts[0].independent for segment in out.closed)


def test_a_part_is_there_as_soon_as_the_frame_after_it():
    out = Collector()
    packager = Packager([out], lambda: WALL)
    packager.begin()
    worst = 0
    for kind, ms, body in stream(6):
        packager.media(kind, ms, body)
        if kind == 9 and body[1] == 1:
            done = sum(item.duration for item in out.samples(1)) / 90
            worst = max(worst, ms + 1000 / 30 - done)
    assert worst <= 400


def test_sound_alone_is_packaged_too():
    tags = list(stream(7, video=False))
    out, _ = packed(tags)
    assert [item.data for item in out.samples(2)] == frames(tags, 8)
    assert all(part.independent for part in out.parts)
    assert all(1.9 <= segment.duration <= 2.1 for segment in out.closed[:-1])
    assert max(part.duration for part in out.parts) <= 0.334
    assert "vide" not in str(out.inits[0])


def test_opus_goes_as_it_is():
    tags = [(8, 0, opus_config())] + [(8, 20 * n, opus_sound(n)) for n in range(200)]
    out, _ = packed(tags)
    assert len(out.samples(2)) == 200
    assert {item.duration for item in out.samples(2)} == {960}
    assert b"dOps" in out.inits[0]


def test_both_settings_are_awaited_before_the_first_init():
    # the sound's setting comes 300 ms after the picture's
    tags = [(9, 0, video_config())] + [(9, 33 * n, picture(n == 0)) for n in range(9)]
    tags += [(8, 300, audio_config())] + [(8, 300 + 21 * n, sound()) for n in range(40)]
    out, _ = packed(tags)
    assert len(out.inits) == 1
    assert len(out.samples(1)) == 9
    assert len(out.samples(2)) > 30


def test_a_track_that_does_not_come_is_awaited_for_half_a_second_only():
    out = Collector()
    packager = Packager([out], lambda: WALL)
    packager.begin()
    for tag in stream(1.2, audio=False):
        packager.media(*tag)
    assert len(out.inits) == 1
    assert out.parts


def test_a_late_sound_setting_makes_a_new_init_at_the_next_keyframe():
    tags = list(stream(3, audio=False))
    late = [(8, 3000, audio_config())] + [(9, 3000 + 33 * n, picture(n == 30)) for n in range(60)]
    out, _ = packed(tags + late)
    assert len(out.inits) == 2
    assert [segment.discontinuity for segment in out.segments] == [False, False, True]
    assert b"mp4a" in out.inits[1]


def test_a_new_picture_setting_in_mid_stream_makes_a_new_init_and_a_discontinuity():
    first = list(stream(3, audio=False))
    second = [(9, 3000, video_config(AVCC_HD))]
    second += [(9, 3000 + 33 * n, picture(n % 60 == 0, mark=n)) for n in range(70)]
    out, _ = packed(first + second)
    assert len(out.inits) == 2
    changed = [segment for segment in out.segments if segment.discontinuity]
    assert [segment.init for segment in changed] == [1]
    assert len(out.samples(1)) == 90 + 70


def test_the_same_setting_again_changes_nothing():
    tags = list(stream(4))
    tags.insert(200, (9, tags[200][1], video_config()))
    tags.insert(200, (8, tags[200][1], audio_config()))
    out, _ = packed(tags)
    assert len(out.inits) == 1
    assert not any(segment.discontinuity for segment in out.segments)


def test_a_second_publisher_goes_on_after_a_discontinuity_with_the_same_init():
    out, _ = packed(stream(3), stream(3, start=900_000))
    assert [segment.discontinuity for segment in out.segments] == [False, False, True, False]
    assert len(out.inits) == 1
    pictures = out.samples(1)
    assert 3 * 90_000 <= pictures[90].at <= 3.03 * 90_000
    assert len(pictures) == 180


def test_after_a_break_nothing_overlaps_on_the_screen():
    # Given B-frames: the last picture is shown 66 ms after it is decoded
    def reordered(count):
        yield from [(9, 0, video_config()), (8, 0, audio_config())]
        for kind, ms, body in stream(count / 30):
            if body[1] == 1:
                yield kind, ms, picture(ms == 0, offset=(33, 99, 0, 0)[ms // 33 % 4]) if kind == 9 else body

    out, _ = packed(reordered(30), reordered(30))
    shown = [(item.at + item.offset, item.at + item.offset + item.duration) for item in out.samples(1)]
    assert min(start for start, _ in shown[30:]) >= max(end for _, end in shown[:30])
    heard = out.samples(2)
    assert all(heard[n].at >= heard[n - 1].at + heard[n - 1].duration for n in range(1, len(heard)))


def test_a_second_publisher_without_sound_gets_its_own_init():
    out, _ = packed(stream(3), stream(3, audio=False))
    assert len(out.inits) == 2
    assert b"mp4a" not in out.inits[1]


def test_a_jump_of_the_encoders_clock_is_a_discontinuity_and_no_hole():
    # Given an encoder whose clock jumps an hour ahead in the middle
    tags = [(kind, ms + (3_600_000 if ms >= 4000 else 0), body) for kind, ms, body in stream(8)]
    # When it is packaged
    out, _ = packed(tags)
    # Then time runs on, every frame is there, and the next keyframe opens a discontinuity
    assert [item.data for item in out.samples(1)] == frames(tags, 9)
    assert max(item.duration for item in out.samples(1)) <= 40 * 90
    assert sum(segment.discontinuity for segment in out.segments) == 1


def test_frames_before_the_first_keyframe_are_passed_over():
    tags = [(9, 0, video_config()), (8, 0, audio_config())]
    tags += [(9, 33 * n, picture(n == 10, mark=n)) for n in range(40)]
    out, _ = packed(tags)
    assert len(out.samples(1)) == 30


def test_sound_that_came_before_its_picture_is_kept_from_the_picture_on():
    tags = [(9, 0, video_config()), (8, 0, audio_config())]
    tags += [(8, round(n * 21.333), sound(mark=n)) for n in range(20)]
    tags += [(9, 200 + 33 * n, picture(n == 0, mark=n)) for n in range(40)]
    out, _ = packed(tags)
    assert out.samples(2)[0].data == bytes((10,)) * 60
    assert len(out.samples(2)) == 10


def test_lost_sound_leaves_a_gap_and_the_rest_in_its_place():
    tags = [tag for tag in stream(6) if tag[0] == 9 or not 2000 <= tag[1] < 3000]
    out, _ = packed(tags)
    last = out.samples(2)[-1]
    assert abs(last.at / 48 - tags[-1][1]) < 60


def test_without_a_keyframe_for_12_seconds_the_encoder_is_told():
    with pytest.raises(MediaRejected, match="set the keyframe interval to 2 s"):
        packed(stream(14, gop=14))
    with pytest.raises(MediaRejected, match="set the keyframe interval to 2 s"):
        packed([(9, 0, video_config()), *((9, 33 * n, picture(False)) for n in range(400))])


def test_a_segment_may_not_grow_without_bound():
    tags = [(9, 0, video_config()), (8, 0, audio_config())]
    tags += [(9, n, picture(n == 0, size=1 << 20)) for n in range(20)]
    with pytest.raises(MediaRejected, match="bitrate is too high"):
        packed(tags)


def test_sound_whose_picture_has_stopped_is_refused_after_12_seconds():
    tags = [(9, 0, video_config()), (8, 0, audio_config()), (9, 0, picture(True))]
    tags += [(8, round(n * 21.333), sound(4)) for n in range(600)]
    with pytest.raises(MediaRejected, match="No picture"):
        packed(tags)


def test_the_wall_clock_of_segments_runs_with_the_media():
    out, packager = packed(stream(6))
    assert [segment.wall for segment in out.segments] == pytest.approx([WALL, WALL + 2, WALL + 4], abs=0.002)
    assert packager.end_wall == pytest.approx(WALL + 6, abs=0.04)


def test_parts_of_200_ms_are_possible():
    out, _ = packed(stream(4), pack=PackSettings(part=0.2))
    assert max(part.duration for part in out.parts) <= 0.201


tag_lists = st.lists(
    st.tuples(
        st.sampled_from([8, 9]),
        st.integers(0, 0xFFFFFFFF) | st.integers(0, 3000),
        st.sampled_from(
            [
                video_config(),
                video_config(AVCC_HD),
                audio_config(),
                opus_config(),
                picture(True),
                picture(False, 20),
                sound(),
                opus_sound(),
                bytearray(b"\x17\x00"),
                bytearray(),
            ]
        ),
    ),
    max_size=120,
)


@settings(max_examples=80, deadline=None)
@given(tag_lists)
def test_whatever_comes_the_output_is_sound(tags):
    out = Collector()
    packager = Packager([out], lambda: WALL)
    packager.begin()
    for kind, ms, body in tags:
        try:
            packager.media(kind, ms, bytearray(body))
        except MediaRejected:
            break
    packager.end()
    assert out.closed == out.segments
    assert [segment.msn for segment in out.segments] == list(range(len(out.segments)))
    for track in (1, 2):
        starts = [item.at for item in out.samples(track)]
        assert starts == sorted(starts)
    for part in out.parts:
        assert [name for name, _ in atoms(part.data)] == ["moof", "mdat"]
