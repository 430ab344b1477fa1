"""How numbers and times are written on pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.numbers import format_compact_decimal, format_decimal
from markupsafe import Markup

from aethex_live.clock import Clock
from aethex_live.web.charts import plot

if TYPE_CHECKING:
    from jinja2 import Environment

LOCALE = "en"  # decisions 36: English until the translation issue
RELATIVE = timedelta(days=7)  # older things get a date


@lru_cache(4096)
def number(value: float) -> str:
    """4812 -> 4,812"""
    return format_decimal(value, locale=LOCALE)


@lru_cache(4096)
def compact(value: float) -> str:
    """4812 -> 4.8K, for narrow places"""
    return format_compact_decimal(value, fraction_digits=1 if value >= 1000 else 0, locale=LOCALE)


def duration(seconds: float) -> str:
    """6129 -> 1:42:09, 41 -> 0:41"""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(count: float) -> str:
    """Bytes in the unit that a person would use: 734003200 -> 734 MB"""
    for unit in ("bytes", "KB", "MB", "GB", "TB"):
        if count < 1000 or unit == "TB":
            break
        count /= 1000
    return f"{count:.0f} {unit}" if count >= 100 or unit == "bytes" else f"{count:.1f} {unit}"


def clock_time(moment: datetime) -> str:
    """The hour of the day, 21:46, in UTC until a person's time zone is known."""
    return format_time(moment, "HH:mm", locale=LOCALE)


@lru_cache(1024)
def exact(moment: datetime) -> str:
    """The whole truth, for titles: November 2, 2026, 21:46 UTC"""
    return format_datetime(moment.astimezone(UTC), "MMMM d, y, HH:mm 'UTC'", locale=LOCALE)


class Times:
    """Filters that need to know what time it is."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def ago(self, moment: datetime) -> str:
        """'3 minutes ago' up to seven days, then the date."""
        past = self._clock.now() - moment
        if past < timedelta(seconds=45):
            return "just now"
        if past < RELATIVE:
            return format_timedelta(-past, add_direction=True, locale=LOCALE)
        return format_date(moment, "medium", locale=LOCALE)

    def uptime(self, moment: datetime) -> Markup:
        """A <time> element that runs on in the page: 1:42:09 since `moment`."""
        return Markup('<time datetime="{}" data-uptime>{}</time>').format(
            moment.isoformat(timespec="seconds"), self.elapsed(moment)
        )

    def elapsed(self, moment: datetime) -> str:
        """Time since `moment` as a running clock shows it: 1:42:09"""
        return duration((self._clock.now() - moment).total_seconds())

    def when(self, moment: datetime) -> Markup:
        """A <time> element: relative to read, exact as its title."""
        return Markup('<time datetime="{}" title="{}" data-ago>{}</time>').format(
            moment.isoformat(timespec="seconds"), exact(moment), self.ago(moment)
        )


def install(environment: Environment, clock: Clock) -> None:
    """Give the filters to a Jinja environment."""
    times = Times(clock)
    found: dict[str, Any] = {
        "number": number,
        "compact": compact,
        "duration": duration,
        "size": size,
        "clock_time": clock_time,
        "exact": exact,
        "ago": times.ago,
        "elapsed": times.elapsed,
        "when": times.when,
        "uptime": times.uptime,
        "plot": plot,
    }
    environment.filters.update(found)
