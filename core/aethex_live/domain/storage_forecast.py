"""How long the disk of recordings lasts: what is free, what comes a day, and what that means in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tortoise.expressions import Q
from tortoise.functions import Sum
from tortoise.queryset import QuerySet

from aethex_live.models import Recording
from aethex_live.providers.streaming import DiskKeeping, DiskUse

if TYPE_CHECKING:
    from aethex_live._runtime.registry import Providers
    from aethex_live.clock import Clock

WEEK = timedelta(days=7)
_DAY = 86_400.0
_SOON = timedelta(days=7)
_GB = 1 << 30


@dataclass(frozen=True, slots=True)
class StorageForecast:
    """What an operator wants to know of the disk; sizes in bytes.

    `full_in` is the time until the floor at the rate of the last week, None when the disk does not fill. `recording`:
    whether new streams are recorded now.
    """

    disk: DiskUse
    recorded: int
    a_day: int
    full_in: timedelta | None
    recording: bool

    @property
    def tone(self) -> str:
        """ok, warn or danger."""
        if not self.recording:
            return "danger"
        return "warn" if self.full_in is not None and self.full_in < _SOON else "ok"

    @property
    def sentence(self) -> str:
        """The forecast for people."""
        free = f"{self.disk.free / _GB:.1f} GB are free"
        if not self.recording:
            floor = f"{self.disk.floor / _GB:.1f} GB"
            return f"{free}, less than the floor of {floor}: streams go on, but nothing is recorded."
        if self.full_in is None:
            return f"{free}; recordings took no more room in the last week."
        return f"{free}: full in about {in_words(self.full_in)} at the rate of the last week."


def in_words(span: timedelta) -> str:
    """A span as people say it: 5 hours, 3 days, 2 years."""
    hours = span.total_seconds() / 3600
    for unit, length in (("year", 24 * 365), ("month", 24 * 30), ("day", 24), ("hour", 1)):
        if hours >= 2 * length or unit == "hour":
            count = max(1, round(hours / length))
            return f"{count} {unit}{'' if count == 1 else 's'}"
    raise AssertionError("the last unit fits always")


def forecast(disk: DiskUse, *, recorded: int, grown: int, over: timedelta) -> StorageForecast:
    """The forecast of a disk on which recordings grew by `grown` bytes (less what will go) within `over`."""
    a_day = max(0, round(grown * _DAY / max(over.total_seconds(), _DAY)))
    left = max(0, disk.free - disk.floor)
    # beyond a hundred years it does not fill
    full_in = timedelta(days=left / a_day) if a_day and left / a_day < 36_500 else None
    return StorageForecast(disk, recorded, a_day, full_in, disk.free >= disk.floor)


class StorageForecasts:
    """Reads the figures."""

    def __init__(self, providers: Providers, clock: Clock) -> None:
        self._providers = providers
        self._clock = clock

    async def now(self) -> StorageForecast | None:
        """The forecast of the chosen streaming provider's disk; None where it has none, or nobody can tell."""
        provider = self._providers.streaming()
        if not isinstance(provider, DiskKeeping):
            return None
        disk = await provider.disk()
        if disk is None:
            return None
        now = self._clock.now()
        first = await Recording.all().order_by("created_at").first()
        over = min(WEEK, now - first.created_at) if first else WEEK
        came = await _size(Recording.filter(created_at__gte=now - WEEK))
        # what retention and deleting make room for within the next week
        goes = await _size(Recording.filter(Q(expires_at__lte=now + WEEK) | Q(state="deleted")))
        return forecast(disk, recorded=await _size(Recording.all()), grown=came - goes, over=over)


async def _size(rows: QuerySet[Recording]) -> int:
    found = await rows.annotate(bytes=Sum("size")).values("bytes")
    return int(found[0]["bytes"] or 0) if found else 0
