"""The payload of RTMP audio and video messages: FLV tags."""

from __future__ import annotations

from typing import Final, NamedTuple

from .aac import parse_asc
from .audio import AudioConfig
from .errors import MediaRejected
from .h264 import VideoConfig, parse_avcc
from .opus import parse_opus_head

_H264, _AAC, _ENHANCED_AUDIO = 7, 10, 9
_CONFIG, _FRAMES = 0, 1
_KEYFRAME, _COMMAND_FRAME = 1, 5
_OPUS: Final = b"Opus"
_NAMES: Final = {
    b"hvc1": "HEVC",
    b"av01": "AV1",
    b"vp09": "VP9",
    b"vp08": "VP8",
    b"avc1": "Enhanced RTMP",
}
_USE_H264: Final = "set H.264 (x264, NVENC H.264, QuickSync H.264) in OBS, Settings > Output > Encoder."
_USE_AAC: Final = "set AAC in OBS, Settings > Output > Audio Encoder."


class VideoFrame(NamedTuple):
    """One coded picture: NAL units with their lengths; `offset` is presentation minus decoding time in ms."""

    keyframe: bool
    offset: int
    data: memoryview


def video_tag(body: bytearray) -> VideoConfig | VideoFrame | None:
    """Read a video message; None when there is nothing to do. Raises MediaRejected for other codecs."""
    if not body:
        return None
    first = body[0]
    if first & 0x80:
        name = _NAMES.get(bytes(body[1:5]), "This video codec")
        raise MediaRejected(f"{name} can't be taken: {_USE_H264}")
    if first & 15 != _H264:
        raise MediaRejected(f"This video codec can't be taken: {_USE_H264}")
    if len(body) < 6 or first >> 4 == _COMMAND_FRAME:
        return None
    if body[1] == _CONFIG:
        return parse_avcc(bytes(body[5:]))
    if body[1] != _FRAMES:
        return None
    offset = int.from_bytes(body[2:5], "big", signed=True)
    return VideoFrame(first >> 4 == _KEYFRAME, offset, memoryview(body)[5:])


def audio_tag(body: bytearray) -> AudioConfig | memoryview | None:
    """Read an audio message: its setting, or one frame. Raises MediaRejected for other codecs."""
    if len(body) < 3:
        return None
    codec = body[0] >> 4
    if codec == _AAC:
        return parse_asc(bytes(body[2:])) if body[1] == _CONFIG else memoryview(body)[2:]
    if codec == _ENHANCED_AUDIO and body[1:5] == _OPUS:
        kind = body[0] & 15
        if kind == _CONFIG:
            return parse_opus_head(bytes(body[5:]))
        return memoryview(body)[5:] if kind == _FRAMES and len(body) > 5 else None
    raise MediaRejected(f"This audio codec can't be taken: {_USE_AAC}")
