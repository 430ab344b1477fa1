"""What a stream's sound is: the facts that packaging needs, whatever the codec."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class AudioConfig:
    """One audio setting of a stream; `record` goes into the init segment as it is.

    `rate` is in samples a second and is the track's time scale; `frame` is the usual samples of a frame.
    """

    kind: Literal["aac", "opus"]
    record: bytes
    codec: str
    rate: int
    channels: int
    frame: int
