"""H.264 decoder configuration (avcC) and what its SPS says about the picture."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from .bits import BitReader
from .errors import MediaRejected

_HIGH_PROFILES: Final = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})


@dataclass(frozen=True, slots=True)
class VideoConfig:
    """One H.264 setting of a stream; `record` is the avcC as it came, sizes are in pixels."""

    record: bytes
    codec: str
    width: int
    height: int


def parse_avcc(record: bytes) -> VideoConfig:
    """Read an avcC. Raises MediaRejected for what can't be played."""
    if len(record) < 8 or record[0] != 1 or not record[5] & 31:
        raise MediaRejected("The H.264 header of the stream is damaged: restart the encoder.")
    size = struct.unpack_from(">H", record, 6)[0]
    sps = record[8 : 8 + size]
    if size < 4 or len(sps) != size:
        raise MediaRejected("The H.264 header of the stream is cut off: restart the encoder.")
    width, height = picture_size(sps)
    return VideoConfig(bytes(record), f"avc1.{record[1]:02x}{record[2]:02x}{record[3]:02x}", width, height)


def picture_size(sps: bytes) -> tuple[int, int]:
    """Width and height in pixels of a sequence parameter set, its cropping taken off."""
    reader = BitReader(sps[1:].replace(b"\0\0\3", b"\0\0"))
    profile = reader.bits(8)
    reader.bits(16)  # constraint flags and level
    reader.ue()
    chroma, planes_apart = _chroma(reader) if profile in _HIGH_PROFILES else (1, False)
    _picture_order(reader)
    width, height, frames_only = _macroblocks(reader)
    if reader.flag():
        left, right, top, bottom = reader.ue(), reader.ue(), reader.ue(), reader.ue()
        step_x = 2 if chroma in (1, 2) and not planes_apart else 1
        step_y = (2 if chroma == 1 and not planes_apart else 1) * (1 if frames_only else 2)
        width -= (left + right) * step_x
        height -= (top + bottom) * step_y
    if not (16 <= width <= 8192 and 16 <= height <= 8192):
        raise MediaRejected(f"A picture of {width} x {height} can't be taken: use 1920 x 1080 or smaller.")
    return width, height


def _chroma(reader: BitReader) -> tuple[int, bool]:
    chroma = reader.ue()
    apart = reader.flag() if chroma == 3 else False
    reader.ue()
    reader.ue()
    reader.bits(1)
    if reader.flag():
        for index in range(12 if chroma == 3 else 8):
            if reader.flag():
                _skip_scaling_list(reader, 16 if index < 6 else 64)
    return chroma, apart


def _skip_scaling_list(reader: BitReader, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + reader.se()) & 255
        last = following or last


def _picture_order(reader: BitReader) -> None:
    reader.ue()
    kind = reader.ue()
    if kind == 0:
        reader.ue()
    elif kind == 1:
        reader.bits(1)
        reader.se()
        reader.se()
        for _ in range(min(reader.ue(), 255)):
            reader.se()
    reader.ue()
    reader.bits(1)


def _macroblocks(reader: BitReader) -> tuple[int, int, bool]:
    width = (reader.ue() + 1) * 16
    height = (reader.ue() + 1) * 16
    frames_only = reader.flag()
    if not frames_only:
        height *= 2
        reader.bits(1)
    reader.bits(1)
    return width, height, frames_only
