"""Fragmented MP4: the init segment of a stream and the moof + mdat pairs that follow it."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from .audio import AudioConfig
from .h264 import VideoConfig

VIDEO_SCALE: Final = 90_000
VIDEO_TRACK, AUDIO_TRACK = 1, 2

_MATRIX: Final = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_TRUN_FLAGS: Final = 0x000F01  # data offset, and per sample: duration, size, flags, composition offset
_SYNC, _NOT_SYNC = 0x02000000, 0x01010000
_sample = struct.Struct(">IIIi")


def box(kind: bytes, *parts: bytes) -> bytes:
    """One MP4 box."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """One MP4 box with version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


@dataclass(slots=True)
class Run:
    """Samples of one track in one fragment; `start` and durations are in the track's time scale."""

    track: int
    start: int
    table: list[bytes] = field(default_factory=list)
    data: list[memoryview] = field(default_factory=list)
    size: int = 0
    duration: int = 0

    def add(self, data: memoryview, duration: int, *, keyframe: bool = True, offset: int = 0) -> None:
        """One more sample; `offset` is presentation minus decoding time."""
        size = len(data)
        self.table.append(_sample.pack(duration, size, _SYNC if keyframe else _NOT_SYNC, offset))
        self.data.append(data)
        self.size += size
        self.duration += duration


def fragment(sequence: int, runs: Sequence[Run]) -> bytes:
    """A moof and its mdat. The sample bytes are copied here, once."""
    # moof 8, mfhd 16, and a traf: 8, tfhd 16, tfdt 20, trun 20 with 16 for each sample
    size = 24 + sum(64 + 16 * len(run.table) for run in runs)
    offset = size + 8
    tracks = []
    for run in runs:
        tracks.append(_track_fragment(run, offset))
        offset += run.size
    moof = box(b"moof", full_box(b"mfhd", 0, 0, struct.pack(">I", sequence)), *tracks)
    pieces: list[bytes | memoryview] = [moof, struct.pack(">I4s", offset - size, b"mdat")]
    for run in runs:
        pieces += run.data
    return b"".join(pieces)


def _track_fragment(run: Run, offset: int) -> bytes:
    return box(
        b"traf",
        full_box(b"tfhd", 0, 0x020000, struct.pack(">I", run.track)),
        full_box(b"tfdt", 1, 0, struct.pack(">Q", run.start)),
        full_box(b"trun", 1, _TRUN_FLAGS, struct.pack(">Ii", len(run.table), offset), *run.table),
    )


def init_segment(video: VideoConfig | None, audio: AudioConfig | None) -> bytes:
    """The ftyp and moov that a player needs before any fragment."""
    tracks, extends = [], []
    if video is not None:
        tracks.append(_video_track(video))
        extends.append(VIDEO_TRACK)
    if audio is not None:
        tracks.append(_audio_track(audio))
        extends.append(AUDIO_TRACK)
    header = struct.pack(">IIIIIH", 0, 0, 1000, 0, 0x10000, 0x100) + bytes(10) + _MATRIX + bytes(24)
    movie_header = full_box(b"mvhd", 0, 0, header, struct.pack(">I", 99))
    defaults = [full_box(b"trex", 0, 0, struct.pack(">IIIII", track, 1, 0, 0, 0)) for track in extends]
    brands = box(b"ftyp", b"iso6\0\0\0\1iso6cmfcmp41")
    return brands + box(b"moov", movie_header, *tracks, box(b"mvex", *defaults))


def _video_track(config: VideoConfig) -> bytes:
    size = struct.pack(">HH", config.width, config.height)
    entry = box(
        b"avc1",
        bytes(6) + b"\0\1" + bytes(16) + size,
        struct.pack(">IIIH", 0x480000, 0x480000, 0, 1) + bytes(32) + struct.pack(">Hh", 24, -1),
        box(b"avcC", config.record),
    )
    media = full_box(b"vmhd", 0, 1, bytes(8))
    shape = struct.pack(">II", config.width << 16, config.height << 16)
    return _track(VIDEO_TRACK, VIDEO_SCALE, b"vide", media, entry, volume=0, shape=shape)


def _audio_track(config: AudioConfig) -> bytes:
    opus = config.kind == "opus"
    codec = box(b"dOps", config.record) if opus else full_box(b"esds", 0, 0, _decoder_config(config.record))
    # the rate field holds 16 bits; players read the codec's own header where it is more
    rate = min(config.rate, 65_535) << 16
    head = bytes(6) + b"\0\1" + bytes(8) + struct.pack(">HHII", config.channels, 16, 0, rate)
    entry = box(b"Opus" if opus else b"mp4a", head, codec)
    media = full_box(b"smhd", 0, 0, bytes(4))
    return _track(AUDIO_TRACK, config.rate, b"soun", media, entry, volume=0x100, shape=bytes(8))


def _descriptor(tag: int, body: bytes) -> bytes:
    return bytes((tag, 0x80, 0x80, 0x80 | len(body) >> 7, len(body) & 0x7F)) + body


def _decoder_config(record: bytes) -> bytes:
    stream = struct.pack(">BBxxxII", 0x40, 0x15, 0, 0)
    decoder = _descriptor(4, stream + _descriptor(5, record))
    return _descriptor(3, struct.pack(">HB", AUDIO_TRACK, 0) + decoder + _descriptor(6, b"\2"))


def _track(track: int, scale: int, handler: bytes, media: bytes, entry: bytes, *, volume: int, shape: bytes) -> bytes:
    description = full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry)
    empty = [full_box(kind, 0, 0, bytes(4)) for kind in (b"stts", b"stsc", b"stco")]
    samples = box(b"stbl", description, *empty, full_box(b"stsz", 0, 0, bytes(8)))
    reference = full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1))
    info = box(b"minf", media, box(b"dinf", reference), samples)
    times = struct.pack(">IIIIHH", 0, 0, scale, 0, 0x55C4, 0)  # 0x55C4: language "und"
    name = bytes(4) + handler + bytes(12) + b"AeThex\0"
    mdia = box(b"mdia", full_box(b"mdhd", 0, 0, times), full_box(b"hdlr", 0, 0, name), info)
    head = struct.pack(">IIIII", 0, 0, track, 0, 0) + bytes(8) + struct.pack(">HHHH", 0, 0, volume, 0)
    return box(b"trak", full_box(b"tkhd", 0, 3, head, _MATRIX, shape), mdia)
