"""Codec headers: sizes and rates are read right, other codecs are refused with the next step."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stream_kit import ASC, AVCC, OPUS_HEAD, audio_config, opus_config, opus_sound, picture, sound, video_config

from aethex_plugins.stream_local.aac import parse_asc
from aethex_plugins.stream_local.audio import AudioConfig
from aethex_plugins.stream_local.errors import MediaRejected
from aethex_plugins.stream_local.flv import VideoFrame, audio_tag, video_tag
from aethex_plugins.stream_local.h264 import VideoConfig, parse_avcc
from aethex_plugins.stream_local.opus import packet_samples, parse_opus_head

# avcC records as x264 makes them: cropped heights, scaling lists, 4:2:2, 4:4:4 and interlaced material
SIZES = {
    (640, 360): "0142c01effe1001d6742c01ed900a02ff97ff0003000410000030001000003003c0f162e4801000568cb83cb20",
    (1920, 1080): "01640028ffe1001f67640028acd940780227e5ffc000c00104000003000400000300f03c60c65801000668ebe3cb22c0"
    "fdf8f800",
    (854, 480): "014d401fffe1001c674d401feca06c1ef37ff80a000d5880000003008000001e078c18cb01000568ebe3cb20",
    (322, 242): "01f4000dffe1001e67f4000d919b282a10f1f1fff80f200f1880000003008000001e078a14cb01000668ebe3c44844ff"
    "f8f800",
    (720, 576): "0164001fffe1001c6764001facd940b424dff80080007880000003008000001e0f8b16cb01000668fba3cb22c0fdf8f800",
    (1278, 718): "017a001fffe1001f677a001fbcd9405005beafff059c077d10000003001000000303c0f183196001000668ebe3cb22c0"
    "fef8f800",
}


@pytest.mark.parametrize(("size", "record"), SIZES.items(), ids=str)
def test_the_picture_size_is_read_from_the_sps(size, record):
    config = parse_avcc(bytes.fromhex(record))
    assert (config.width, config.height) == size
    assert config.codec == f"avc1.{record[2:8]}"


@given(st.binary(max_size=80))
def test_any_bytes_as_avcc_are_read_or_refused(data):
    try:
        config = parse_avcc(b"\x01" + data)
    except MediaRejected:
        return
    assert 16 <= config.width <= 8192


@given(st.sampled_from(sorted(SIZES.values())), st.integers(0, 60))
def test_a_cut_off_avcc_never_breaks_the_parser(record, keep):
    whole = bytes.fromhex(record)
    if keep >= 8 + int.from_bytes(whole[6:8], "big"):
        assert parse_avcc(whole[:keep]).width > 0
    else:
        with pytest.raises(MediaRejected, match="restart the encoder"):
            parse_avcc(whole[:keep])


@pytest.mark.parametrize(
    ("record", "rate", "channels", "frame", "codec"),
    [
        ("1190", 48000, 2, 1024, "mp4a.40.2"),
        ("1208", 44100, 1, 1024, "mp4a.40.2"),
        ("1194", 48000, 2, 960, "mp4a.40.2"),
        ("2b11880800", 24000, 2, 1024, "mp4a.40.5"),
        ("11b8", 48000, 8, 1024, "mp4a.40.2"),
    ],
)
def test_aac_settings_are_read(record, rate, channels, frame, codec):
    config = parse_asc(bytes.fromhex(record))
    assert (config.rate, config.channels, config.frame, config.codec) == (rate, channels, frame, codec)


@pytest.mark.parametrize("record", ["", "11", "1680", "17800000"], ids=["empty", "cut off", "rate 13", "rate 0"])
def test_aac_without_a_sensible_rate_is_refused(record):
    with pytest.raises(MediaRejected):
        parse_asc(bytes.fromhex(record))


def test_the_opus_header_changes_its_byte_order():
    config = parse_opus_head(OPUS_HEAD)
    assert config.record.hex() == "0002" + "0138" + "0000bb80" + "0000" + "00"
    assert (config.rate, config.channels) == (48000, 2)


@pytest.mark.parametrize("head", [b"", b"OpusHead", OPUS_HEAD[:9] + b"\x06" + OPUS_HEAD[10:]])
def test_odd_opus_headers_are_refused(head):
    with pytest.raises(MediaRejected):
        parse_opus_head(head)


@pytest.mark.parametrize(
    ("packet", "samples"),
    [("fc", 960), ("e400", 120), ("78", 960), ("00", 480), ("f9", 1920), ("fb03", 2880), ("", 960), ("03ff", 960)],
)
def test_the_length_of_an_opus_packet_stands_in_its_first_bytes(packet, samples):
    assert packet_samples(memoryview(bytes.fromhex(packet))) == samples


def test_tags_are_told_apart():
    assert isinstance(video_tag(video_config()), VideoConfig)
    assert video_tag(video_config()).record == AVCC
    frame = video_tag(picture(True, offset=-40))
    assert isinstance(frame, VideoFrame)
    assert (frame.keyframe, frame.offset, len(frame.data)) == (True, -40, 200)
    assert video_tag(picture(False)).keyframe is False
    assert audio_tag(audio_config()).record == ASC
    assert bytes(audio_tag(sound(3))) == bytes(3)
    assert isinstance(audio_tag(opus_config()), AudioConfig)
    assert len(audio_tag(opus_sound(9))) == 10


@pytest.mark.parametrize("body", [b"", b"\x17", b"\x17\x02\0\0\0\0", b"\x57\0\0\0\0\0"])
def test_tags_that_mean_nothing_are_passed_over(body):
    assert video_tag(bytearray(body)) is None


@pytest.mark.parametrize(
    ("read", "body", "words"),
    [
        (video_tag, b"\x90hvc1....", "HEVC can't be taken: set H.264"),
        (video_tag, b"\x90av01....", "AV1 can't be taken: set H.264"),
        (video_tag, b"\x12......", "This video codec can't be taken: set H.264"),
        (audio_tag, b"\x2f.....", "This audio codec can't be taken: set AAC"),
        (audio_tag, b"\x90fLaC..", "This audio codec can't be taken: set AAC"),
    ],
)
def test_other_codecs_are_refused_with_the_next_step(read, body, words):
    with pytest.raises(MediaRejected, match=words):
        read(bytearray(body))


@given(st.binary(max_size=60), st.sampled_from([video_tag, audio_tag]))
def test_any_tag_is_read_or_refused(data, read):
    with contextlib.suppress(MediaRejected):
        read(bytearray(data))
