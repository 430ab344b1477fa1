"""What plugins cost: all official ones on against none, a hook that nobody implements, a plugin that is off."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.crowd import write_plugins
from bench.figures import Figure, rss_mb
from bench.hooks import Caller
from bench.load import Asker, Target
from bench.served import start, stop

CORE = {
    "AETHEX_PROVIDERS__STREAMING": "none",
    "AETHEX_PROVIDERS__STORAGE": "none",
    "AETHEX_PROVIDERS__EMAIL": "none",
    "AETHEX_PROVIDERS__AUTH": "none",
}
MORE_S, MORE_MB, MORE_PAGE = 1.0, 50.0, 0.20
HOOK_US = 1.0
OFF = 20  # plugins that are found and off: one alone is below what can be measured
OFF_MS, OFF_MB = 5.0, 0.5
CALLS = 20_000


@dataclass
class Starts:
    """What was measured of one kind of site, a value a round."""

    seconds: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    page: list[float] = field(default_factory=list)


def run(quick: bool) -> Iterable[Figure]:
    """The kinds of site in turn, round by round."""
    rounds = 1 if quick else 5
    yield from whole_sites(rounds, judge=not quick)
    yield asyncio.run(empty_hook())


def whole_sites(rounds: int, *, judge: bool) -> Iterator[Figure]:
    """Start, memory and home page: the core alone, all official plugins, the core and plugins that are off."""
    with tempfile.TemporaryDirectory(prefix="aethex-bench-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        (place / "off").mkdir()
        off = {"AETHEX_CONFIG": str(write_plugins(place / "off", OFF))}
        names = ",".join(f"part{number}" for number in range(OFF))
        kinds: dict[str, Mapping[str, str]] = {
            "none": CORE | {"AETHEX_DISABLE": official()},
            "all": {},
            "off": CORE | off | {"AETHEX_DISABLE": f"{official()},{names}"},
        }
        found = {kind: Starts() for kind in kinds}
        for kind, settings in kinds.items():
            once(place / kind, settings, Starts())  # makes the database: from then on starts are warm
        for _ in range(rounds):
            for kind, settings in kinds.items():
                once(place / kind, settings, found[kind])
    yield from figures(found, judge=judge)


def once(data: Path, settings: Mapping[str, str], into: Starts) -> None:
    """Start, look, stop."""
    begun = time.monotonic()
    site = start(data, settings)
    try:
        into.seconds.append(time.monotonic() - begun)
        asker = Asker(Target("aethex", f"{site.url}/", [site.pid], 1000), connections=4)
        asker.spend(0.5)
        into.page.append(asker.spend(1.5))
        into.memory.append(rss_mb(site.pid))
    finally:
        stop(site)


def figures(found: Mapping[str, Starts], *, judge: bool) -> Iterator[Figure]:
    """The differences of the medians; not valid where the rounds of the core alone differ more than the goal."""
    none, every, off = (found[kind] for kind in ("none", "all", "off"))
    seconds = median(every.seconds) - median(none.seconds)
    yield difference("all official plugins: start", seconds, "s", MORE_S, none.seconds, judge=judge)
    memory = median(every.memory) - median(none.memory)
    yield difference("all official plugins: memory", memory, "MB", MORE_MB, none.memory, judge=judge)
    page = median(every.page) / median(none.page) - 1
    note = f"{median(every.page):.0f} us against {median(none.page):.0f} us"
    steady = [value / median(none.page) for value in none.page]
    yield difference("all official plugins: home page", page, "times more", MORE_PAGE, steady, judge=judge, note=note)
    each = 1000 * (median(off.seconds) - median(none.seconds)) / OFF
    noise = [1000 * value / OFF for value in none.seconds]
    yield difference("a plugin that is off: start", each, "ms", OFF_MS, noise, judge=judge, note=f"of {OFF}")
    each = (median(off.memory) - median(none.memory)) / OFF
    noise = [value / OFF for value in none.memory]
    yield difference("a plugin that is off: memory", each, "MB", OFF_MB, noise, judge=judge, note=f"of {OFF}")


def difference(
    name: str, value: float, unit: str, goal: float, base: list[float], *, judge: bool, note: str = ""
) -> Figure:
    """One difference; `base` are the rounds that it was taken against."""
    apart = max(base) - min(base)
    steady = apart <= goal
    doubt = "" if steady else f"the machine was busy: rounds of the core alone are {apart:.2g} {unit} apart"
    return Figure(
        figure=name,
        value=round(value, 3),
        unit=unit,
        goal=goal,
        met=(value <= goal and steady) if judge else None,
        valid=steady,
        note="; ".join(part for part in (note, doubt) if part),
    )


async def empty_hook() -> Figure:
    """Microseconds of a hook that no plugin implements, the best of rounds."""
    site = Caller(0)
    times = []
    for _ in range(7):
        begun = time.process_time()
        for _ in range(CALLS):
            await site.notify()
        times.append((time.process_time() - begun) / CALLS * 1e6)
    site.hooks.close()
    best = min(times)
    steady = sorted(times)[len(times) // 2] <= best * 1.6
    return Figure(
        figure="a hook without implementers",
        value=round(best, 2),
        unit="us CPU a call",
        goal=HOOK_US,
        met=best <= HOOK_US and steady,
        valid=steady,
        note="" if steady else "the machine was busy: rounds differ too much",
    )


def official() -> str:
    """The names of our own plugins, from their folders."""
    folder = Path(__file__).parent.parent / "plugins"
    return ",".join(sorted(path.parent.name for path in folder.glob("*/plugin.toml")))
