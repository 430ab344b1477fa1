"""Opus: its header (OpusHead) and the length of its packets."""

from __future__ import annotations

import struct
from typing import Final

from .audio import AudioConfig
from .errors import MediaRejected

RATE: Final = 48_000
# samples at 48 kHz of one frame, by the first five bits of a packet (RFC 6716, 3.1)
_SILK: Final = (480, 960, 1920, 2880)
_HYBRID: Final = (480, 960)
_CELT: Final = (120, 240, 480, 960)
_LONGEST: Final = 5760


def parse_opus_head(head: bytes) -> AudioConfig:
    """Read an OpusHead (little-endian) into the dOps of MP4 (big-endian)."""
    if head[:8] != b"OpusHead" or len(head) < 19:
        raise MediaRejected("The Opus header of the stream is damaged: restart the encoder.")
    channels, family = head[9], head[18]
    if family != 0 or channels not in (1, 2):
        raise MediaRejected("Opus with more than two channels can't be taken: set stereo in the encoder.")
    pre_skip, rate, gain = struct.unpack_from("<HIh", head, 10)
    record = struct.pack(">BBHIhB", 0, channels, pre_skip, rate, gain, 0)
    return AudioConfig("opus", record, "opus", RATE, channels, 960)


def packet_samples(packet: memoryview) -> int:
    """How many samples at 48 kHz a packet holds; 960 (20 ms) for what makes no sense."""
    if not packet:
        return 960
    config, code = packet[0] >> 3, packet[0] & 3
    if config < 12:
        frame = _SILK[config & 3]
    elif config < 16:
        frame = _HYBRID[config & 1]
    else:
        frame = _CELT[config & 3]
    count = (1, 2, 2, packet[1] & 63 if len(packet) > 1 else 1)[code]
    samples = frame * count
    return samples if 0 < samples <= _LONGEST else 960
