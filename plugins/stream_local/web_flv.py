"""FLV as ffmpeg writes it to a pipe, read into tags as it comes. Sans-IO."""

from __future__ import annotations

from typing import Final

from .chunks import AUDIO, VIDEO
from .errors import ProtocolError
from .web_frames import Put

_FILE_HEAD: Final = 13
_TAG_HEAD: Final = 11
_TAIL: Final = 4
_LARGEST: Final = 4 << 20


class FlvReader:
    """Feed it pieces of any size; whole audio and video tags are put on."""

    def __init__(self, put: Put) -> None:
        self._put = put
        self._buffer = bytearray()
        self._begun = False

    def feed(self, data: bytes) -> None:
        """Read on. Raises ProtocolError for what is no FLV, MediaRejected for what can't be taken."""
        self._buffer += data
        at = 0
        if not self._begun:
            if len(self._buffer) < _FILE_HEAD:
                return
            if self._buffer[:3] != b"FLV":
                raise ProtocolError("ffmpeg wrote no FLV")
            self._begun, at = True, _FILE_HEAD
        at = self._tags(at)
        del self._buffer[:at]

    def _tags(self, at: int) -> int:
        buffer = self._buffer
        while len(buffer) - at >= _TAG_HEAD:
            size = int.from_bytes(buffer[at + 1 : at + 4], "big")
            if size > _LARGEST:
                raise ProtocolError("a tag of ffmpeg is too large")
            end = at + _TAG_HEAD + size
            if len(buffer) < end + _TAIL:
                break
            kind = buffer[at] & 31
            if kind in (AUDIO, VIDEO):
                ms = int.from_bytes(buffer[at + 4 : at + 7], "big") | buffer[at + 7] << 24
                self._put(kind, ms, bytearray(buffer[at + _TAG_HEAD : end]))
            at = end + _TAIL
        return at
