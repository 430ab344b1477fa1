"""One going-live: its packager, its live window in memory and its recording on disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from uuid import UUID

from .dvr import Dvr
from .packager import Packager, PackSettings
from .ports import EndReason, Time
from .recorder import Recorder
from .renditions import Renditions
from .segments import Observer, Part, Segment
from .window import LiveWindow, WindowSettings


@dataclass(frozen=True, slots=True)
class HubSettings:
    """How the server treats broadcasts; times in seconds, sizes in bytes, bitrates in kilobits a second."""

    media: Path
    pack: PackSettings = field(default_factory=PackSettings)
    record: bool = True
    disk_floor: int = 2 << 30
    reconnect: float = 30.0
    reconnect_clean: float = 10.0
    refuse_after_end: float = 60.0
    longest: float = 12 * 3600.0
    publishers: int = 16
    max_kbps: int = 10_000
    warn_kbps: int = 6_000
    linger: float = 1800.0
    linger_unrecorded: float = 60.0
    dvr: float = 7200.0

    @property
    def live(self) -> Path:
        """Where broadcasts are while they are on: <ingest>/<broadcast>/."""
        return self.media / "live"

    @property
    def vod(self) -> Path:
        """Where recordings are: <recording>/."""
        return self.media / "vod"


class Broadcast:
    """What one going-live consists of; `folder` moves when the recording is finished."""

    def __init__(
        self,
        ingest_id: str,
        broadcast_id: UUID,
        settings: HubSettings,
        time: Time,
        *,
        record: bool,
        rehearsal: bool = False,
        on_open: Callable[[], None],
        on_close: Callable[[Segment], None],
    ) -> None:
        self.ingest_id, self.id, self.rehearsal = ingest_id, broadcast_id, rehearsal
        self.folder = settings.live / ingest_id / str(broadcast_id)
        pack = settings.pack
        self.window = LiveWindow(time.monotonic, WindowSettings(part=pack.part, segment=pack.segment))
        observers: list[Observer] = [self.window, _Watcher(on_open, on_close)]
        self.recorder: Recorder | None = None
        if record and settings.record:
            self.recorder = Recorder(
                self.folder,
                ingest_id,
                str(broadcast_id),
                segment=pack.segment,
                floor=settings.disk_floor,
                rehearsal=rehearsal,
            )
            # first the file, then the players: what they see listed can be read
            observers.insert(0, self.recorder)
        self.dvr: Dvr | None = None
        if self.recorder is not None and settings.dvr > 0:
            self.dvr = Dvr(seconds=settings.dvr, segment=pack.segment)
            observers.append(self.dvr)
        self.packager = Packager(observers, time.wall, pack)
        self.renditions = Renditions(self.packager, self.window)
        self.began = time.monotonic()
        self.started = False
        self.ladder: TroubleTeller | None = None
        self.ladder_trouble = ""
        self.poster: bytes | None = None
        self.reason: EndReason | None = None

    def why_no_ladder(self) -> str:
        """Why there are no other qualities, where there should be; for people."""
        return self.ladder.trouble if self.ladder is not None else self.ladder_trouble

    @property
    def kept(self) -> bool:
        """Whether anything of it is on disk."""
        return self.recorder is not None and self.recorder.begun

    @property
    def path(self) -> str:
        """Its place in addresses and in the media folder."""
        return f"{self.ingest_id}/{self.id}"


class TroubleTeller(Protocol):
    """What a broadcast wants to know of its ladder."""

    trouble: str


class _Watcher:
    """An observer that only tells of opened and closed segments."""

    def __init__(self, on_open: Callable[[], None], on_close: Callable[[Segment], None]) -> None:
        self._on_open, self._on_close = on_open, on_close

    def init_added(self, index: int, data: bytes) -> None:
        """Nothing to do."""

    def segment_opened(self, segment: Segment) -> None:
        self._on_open()

    def part_added(self, segment: Segment, part: Part) -> None:
        """Nothing to do."""

    def segment_closed(self, segment: Segment) -> None:
        self._on_close(segment)
