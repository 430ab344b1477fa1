"""AAC: the AudioSpecificConfig that comes before the frames."""

from __future__ import annotations

from typing import Final

from .audio import AudioConfig
from .bits import BitReader
from .errors import MediaRejected

_RATES: Final = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_GENERAL_AUDIO: Final = frozenset({1, 2, 3, 4, 6, 7})
_SPECTRAL_BAND: Final = frozenset({5, 29})


def parse_asc(record: bytes) -> AudioConfig:
    """Read an AudioSpecificConfig. Raises MediaRejected for what can't be played."""
    reader = BitReader(record)
    kind = _object_type(reader)
    rate = _rate(reader)
    layout = reader.bits(4)
    inner = kind
    if kind in _SPECTRAL_BAND:
        _rate(reader)
        inner = _object_type(reader)
    # frameLengthFlag: 960 samples instead of 1,024
    short = inner in _GENERAL_AUDIO and reader.flag()
    channels = 8 if layout == 7 else layout or 2
    return AudioConfig("aac", bytes(record), f"mp4a.40.{kind}", rate, channels, 960 if short else 1024)


def _object_type(reader: BitReader) -> int:
    kind = reader.bits(5)
    return 32 + reader.bits(6) if kind == 31 else kind


def _rate(reader: BitReader) -> int:
    index = reader.bits(4)
    if index == 15:
        rate = reader.bits(24)
    elif index < len(_RATES):
        rate = _RATES[index]
    else:
        rate = 0
    if not 7000 <= rate <= 192_000:
        raise MediaRejected("The sample rate of the sound is unknown: set 48 kHz in the encoder.")
    return rate
