"""A browser's frames to the tags of the packager: each as an encoder would send it, both tracks in order of time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, Literal, NamedTuple

from .chunks import AUDIO, VIDEO
from .errors import ProtocolError
from .web_wire import Frame, Kind

Put = Callable[[int, int, bytearray], None]

WINDOW_MS: Final = 300
"""How long a frame of one track waits for earlier ones of the other. A browser's two encoders run side by side, and
a part's sound must end behind its pictures (docs/decisions/009)."""
_MOST: Final = 600

_AVC_CONFIG: Final = b"\x17\0\0\0\0"
_AVC_KEYFRAME: Final = b"\x17\1\0\0\0"
_AVC_FRAME: Final = b"\x27\1\0\0\0"
_AUDIO_HEADS: Final = {
    ("opus", Kind.AUDIO_CONFIG): b"\x90Opus",
    ("opus", Kind.AUDIO): b"\x91Opus",
    ("aac", Kind.AUDIO_CONFIG): b"\xaf\0",
    ("aac", Kind.AUDIO): b"\xaf\1",
}


def tag_of(frame: Frame, audio: Literal["opus", "aac"] | None) -> tuple[int, bytearray]:
    """The tag's kind (8 audio, 9 video) and body. Raises ProtocolError for a track that was not announced."""
    if frame.kind is Kind.VIDEO_CONFIG:
        head = _AVC_CONFIG
    elif frame.kind is Kind.VIDEO:
        head = _AVC_KEYFRAME if frame.keyframe else _AVC_FRAME
    elif audio is not None and (audio, frame.kind) in _AUDIO_HEADS:
        head = _AUDIO_HEADS[audio, frame.kind]
    else:
        raise ProtocolError(f"a frame of kind {frame.kind.name} was not announced")
    body = bytearray(head)
    body += frame.data
    return (VIDEO if head[0] in b"\x17\x27" else AUDIO), body


class _Waiting(NamedTuple):
    ms: int
    body: bytearray


class Interleaver:
    """Puts both tracks into one order by time. Within a track nothing changes places.

    A frame goes on when the other track has come as far, or when its own track is `WINDOW_MS` ahead of it.
    """

    def __init__(self, put: Put, *, both: bool) -> None:
        self._put, self._both = put, both
        self._tracks: dict[int, deque[_Waiting]] = {AUDIO: deque(), VIDEO: deque()}

    @property
    def waiting(self) -> int:
        """How many frames wait."""
        return sum(len(track) for track in self._tracks.values())

    def add(self, kind: int, ms: int, body: bytearray) -> None:
        """Take a frame, and put on what is due."""
        self._tracks[kind].append(_Waiting(ms, body))
        while (kind_due := self._due()) is not None:
            self._pass(kind_due)

    def flush(self) -> None:
        """Put on all that waits: nothing comes any more."""
        while self.waiting:
            sound, picture = self._tracks[AUDIO], self._tracks[VIDEO]
            first_sound = bool(sound) and (not picture or sound[0].ms <= picture[0].ms)
            self._pass(AUDIO if first_sound else VIDEO)

    def _pass(self, kind: int) -> None:
        frame = self._tracks[kind].popleft()
        self._put(kind, frame.ms, frame.body)

    def _due(self) -> int | None:
        sound, picture = self._tracks[AUDIO], self._tracks[VIDEO]
        if sound and picture:
            return AUDIO if sound[0].ms <= picture[0].ms else VIDEO
        kind = AUDIO if sound else VIDEO
        alone = sound or picture
        if not alone:
            return None
        late = not self._both or alone[-1].ms - alone[0].ms > WINDOW_MS or len(alone) > _MOST
        return kind if late else None
