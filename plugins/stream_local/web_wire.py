"""What a browser sends on /ingest/web: a hello in JSON, then binary frames with a head of 14 bytes. Sans-IO.

Head, big-endian: kind (1 byte), flags (1 byte, bit 0: keyframe), duration in µs (4), time in µs (8). The payload is an
avcC, a picture (NAL units with lengths), an OpusHead or AudioSpecificConfig, a sound frame, or a piece of WebM.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import ProtocolError

HEAD: Final = struct.Struct(">BBIQ")
KEYFRAME: Final = 1
LONGEST_HELLO: Final = 4096
_LATEST: Final = 7 * 24 * 3600 * 1_000_000


class Kind(IntEnum):
    """What a frame's payload is."""

    VIDEO_CONFIG = 1
    VIDEO = 2
    AUDIO_CONFIG = 3
    AUDIO = 4
    WEBM = 5


LARGEST: Final = {
    Kind.VIDEO_CONFIG: 4096,
    Kind.VIDEO: (4 << 20) - HEAD.size,
    Kind.AUDIO_CONFIG: 1024,
    Kind.AUDIO: 1 << 16,
    Kind.WEBM: 1 << 20,
}
"""The largest payload of each kind in bytes."""


class Hello(BaseModel):
    """The first message: who goes live (`token`), how, and with which tracks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["hello"]
    version: Literal[1]
    token: str = Field(max_length=1024)
    mode: Literal["frames", "webm"]
    video: bool
    audio: Literal["opus", "aac"] | None
    kbps: int = Field(ge=16, le=50_000)


class Goodbye(BaseModel):
    """The last message: the creator pressed End."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["end"]


class Frame(NamedTuple):
    """One binary message; times in microseconds on the page's own clock, the same for both tracks."""

    kind: Kind
    keyframe: bool
    duration: int
    time: int
    data: memoryview

    @property
    def ms(self) -> int:
        """The time in whole milliseconds, as tags carry it."""
        return self.time // 1000


def parse_hello(message: str | bytes) -> Hello:
    """Read the first message. Raises ProtocolError."""
    if not isinstance(message, str) or len(message) > LONGEST_HELLO:
        raise ProtocolError("the first message must be a hello in JSON")
    try:
        hello = Hello.model_validate_json(message)
    except ValidationError as error:
        where = ".".join(str(step) for step in error.errors()[0]["loc"]) or "form"
        raise ProtocolError(f"the hello is not as it should be: {where}") from None
    if not hello.video and hello.audio is None:
        raise ProtocolError("the hello announces neither picture nor sound")
    return hello


def is_goodbye(message: str) -> bool:
    """Whether a later text message says goodbye; ProtocolError for anything else."""
    try:
        Goodbye.model_validate_json(message[:LONGEST_HELLO])
    except ValidationError:
        raise ProtocolError("a text message that is no goodbye") from None
    return True


def parse_frame(message: bytes) -> Frame:
    """Read a binary message. Raises ProtocolError."""
    if len(message) <= HEAD.size:
        raise ProtocolError("a frame without content")
    number, flags, duration, time = HEAD.unpack_from(message)
    try:
        kind = Kind(number)
    except ValueError:
        raise ProtocolError(f"a frame of the unknown kind {number}") from None
    if len(message) - HEAD.size > LARGEST[kind]:
        raise ProtocolError(f"a frame of {len(message)} bytes is too large for its kind")
    if flags & ~KEYFRAME or time > _LATEST:
        raise ProtocolError("a frame with a head that makes no sense")
    return Frame(kind, bool(flags & KEYFRAME), duration, time, memoryview(message)[HEAD.size :])


def pack(kind: Kind, time: int, data: bytes, *, keyframe: bool = False, duration: int = 0) -> bytes:
    """A binary message, as the page writes it; `time` and `duration` in microseconds."""
    return HEAD.pack(kind, KEYFRAME if keyframe else 0, duration, time) + data
