"""Vendors in trouble: every vendor in every way to fail, what becomes of a call, of pages, and of the vendor.

Figures: one row a vendor, one for the whole table, one a site for its pages. `--cells` prints the table itself:
    .venv/bin/python -m bench.outage [--quick]
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final

from aethex_live.clock import ManualClock
from aethex_live.providers import ProviderError
from aethex_live.providers.calls import FAILURES as FAILED
from aethex_live.providers.calls import PROBE_S
from bench.figures import Figure
from bench.outage_sites import SITES, Visit, visit
from bench.outage_vendors import ANSWER, SECRET, VENDORS, Vendor
from bench.peers.troubled import FAILURES, FINE, Troubled

CALLS: Final = 100  # in an outage, one after another and at once
FEW: Final = 25  # in a quick run
AT_ONCE: Final = 2  # vendors that are measured side by side, but for those that time out: there all is waiting
OUTAGE_S: Final = 60.0  # by the clock that can be moved
STEP_S: Final = 0.1
HEALS_S: Final = 10.0
PAGE_S: Final = 2.0
MOST: Final = 1.1  # calls in an outage by calls while all is well
HASTE_S: Final = 1.5  # what a quick run lets a call take


@dataclass(frozen=True, slots=True)
class Cell:
    """A vendor in one way to fail: what became of a call, and the seconds that it took and until the vendor healed."""

    vendor: str
    failure: str
    became: str
    expected: str
    said: str
    seconds: float
    healed_s: float

    @property
    def named(self) -> bool:
        """Whether it is as it should be, in a sentence that tells no secret."""
        return self.became == self.expected and SECRET not in self.said and (self.said != "" or self.became == ANSWER)


@dataclass(frozen=True, slots=True)
class Outage:
    """Calls that reached the vendor: while all was well, in an outage until it was spared, and afterwards.

    `well` and `down` are for `calls` calls one after another, and for half as many at once; of those in turn the vendor
    was spared after `opened_at`; `probes` came in OUTAGE_S seconds after that.
    """

    calls: int
    well: tuple[int, int]
    down: tuple[int, int]
    opened_at: int
    probes: int

    @property
    def ratio(self) -> float:
        """Calls in the outage by calls while all is well, the worse of both ways."""
        return max(down / well for down, well in zip(self.down, self.well, strict=True))


@dataclass(frozen=True, slots=True)
class Record:
    """What was measured of one vendor."""

    vendor: Vendor
    cells: Sequence[Cell]
    outage: Outage


def run(quick: bool) -> Iterable[Figure]:
    """The figures."""
    records = asyncio.run(measure(VENDORS, quick=quick))
    yield from figures(records, quick=quick)
    for site in SITES[:1] if quick else SITES:
        yield from of_pages(visit(site, quick=quick), quick=quick)


async def measure(vendors: Sequence[Vendor], *, quick: bool) -> list[Record]:
    """All vendors, some side by side."""
    room, calls = asyncio.Semaphore(2 * AT_ONCE if quick else AT_ONCE), FEW if quick else CALLS

    async def rest(bench: Bench, first: Cell) -> Record:
        async with room:
            cells = [first] + [await cell(bench, failure) for failure in FAILURES if failure != first.failure]
            return Record(bench.vendor, cells, await outage(bench, calls))

    async with AsyncExitStack() as stack:
        haste_s = HASTE_S if quick else None
        benches = [await stack.enter_async_context(Bench(vendor, haste_s)) for vendor in vendors]
        waiting = await asyncio.gather(*(cell(bench, "time-out") for bench in benches))
        return await asyncio.gather(*(rest(bench, first) for bench, first in zip(benches, waiting, strict=True)))


class Bench:
    """A vendor's provider over its stand-in, with a clock to move."""

    def __init__(self, vendor: Vendor, haste_s: float | None = None) -> None:
        self.vendor = vendor
        self.clock = ManualClock()
        self.stand_in: Troubled = vendor.stand_in(self.clock)
        self._haste_s = haste_s

    async def __aenter__(self) -> Bench:
        await asyncio.to_thread(self.stand_in.__enter__)
        self.provider: Any = self.vendor.build(f"http://127.0.0.1:{self.stand_in.port}", self.clock)
        if self._haste_s is not None:
            self.provider.calls.timeout_s = self._haste_s
        return self

    async def __aexit__(self, *error: object) -> None:
        await asyncio.to_thread(self.stand_in.__exit__, *error)
        await self.provider.aclose()

    async def ask(self) -> tuple[str, str]:
        """One call: what became of it, and what was said."""
        try:
            await self.vendor.ask(self.provider)
        except ProviderError as error:
            return type(error).__name__, f"{error} {error!r} {error.__cause__!r}"
        return ANSWER, ""

    async def mood(self, mood: str) -> None:
        """How the vendor is from now on."""
        await asyncio.to_thread(setattr, self.stand_in, "mood", mood)


async def cell(bench: Bench, failure: str) -> Cell:
    """One way to fail, until the vendor is well again."""
    await bench.ask()  # what is remembered is remembered
    await bench.mood(failure)
    begun = time.monotonic()
    became, said = await bench.ask()
    took = time.monotonic() - begun
    if failure not in {"time-out", "slow"}:  # enough for the breaker, where that takes no time
        for _ in range(FAILED):
            await bench.ask()
    await bench.mood(FINE)
    expected = bench.vendor.behaviour(failure)
    name = expected if isinstance(expected, str) else expected.__name__
    return Cell(bench.vendor.plugin, failure, became, name, said, took, await _healing(bench))


async def _healing(bench: Bench) -> float:
    """Seconds by the clock until a call goes through, with one a second."""
    waited = 0.0
    while (await bench.ask())[0] != ANSWER:
        if waited > 3 * HEALS_S:
            return waited
        bench.clock.advance(1.0)
        waited += 1.0
    return waited


async def outage(bench: Bench, calls: int) -> Outage:
    """A total outage: the vendor fails every call at once."""
    # a quiet time, in which repeats are saved up: the worst for what follows
    in_turn_well = await _in_turn(bench, calls)
    at_once_well = await _at_once(bench, calls // 2)
    await _healing(bench)
    await bench.mood("500")
    at_once_down = await _at_once(bench, calls // 2)
    await bench.mood(FINE)
    await _healing(bench)
    await _in_turn(bench, calls)
    await bench.mood("500")
    before, opened_at, at = bench.stand_in.asked, 0, 0
    while at < calls and not opened_at:
        at += 1
        await bench.ask()
        opened_at = 0 if bench.provider.calls.condition.healthy else at
    in_turn_down = bench.stand_in.asked - before + await _in_turn(bench, calls - at)
    probes = 0
    for _ in range(round(OUTAGE_S / STEP_S)):
        bench.clock.advance(STEP_S)
        probes += await _in_turn(bench, 1)
    return Outage(calls, (in_turn_well, at_once_well), (in_turn_down, at_once_down), opened_at, probes)


async def _in_turn(bench: Bench, calls: int) -> int:
    """So many calls one after another; those that reached the vendor."""
    before = bench.stand_in.asked
    for _ in range(calls):
        await bench.ask()
    return bench.stand_in.asked - before


async def _at_once(bench: Bench, calls: int) -> int:
    """As many at the same time."""
    before = bench.stand_in.asked
    await asyncio.gather(*(bench.ask() for _ in range(calls)))
    return bench.stand_in.asked - before


def figures(records: Sequence[Record], *, quick: bool) -> Iterator[Figure]:
    """One row a vendor, and one for all."""
    for record in records:
        yield _of_vendor(record, quick=quick)
    cells = [cell for record in records for cell in record.cells]
    named = sum(cell.named for cell in cells)
    yield Figure(
        figure="outage: cells with the behaviour that is named",
        value=named,
        unit=f"of {len(cells)}",
        goal=len(cells),
        met=None if quick else named == len(cells),
        note=f"{len(records)} vendors x {', '.join(FAILURES)}",
    )
    worst = max(cells, key=lambda cell: cell.healed_s)
    yield Figure(
        figure="outage: healed, the slowest",
        value=worst.healed_s,
        unit="s",
        goal=HEALS_S,
        met=None if quick else worst.healed_s <= HEALS_S,
        note=f"{worst.vendor}, {worst.failure}; by a clock that is moved",
    )


def _of_vendor(record: Record, *, quick: bool) -> Figure:
    outage, cells = record.outage, record.cells
    probes = round(OUTAGE_S / PROBE_S)
    slowest = max(cells, key=lambda cell: cell.seconds)
    met = (
        all(cell.named and cell.healed_s <= HEALS_S for cell in cells)
        and outage.ratio <= MOST
        and outage.probes <= probes
    )
    return Figure(
        figure=f"outage: {record.vendor.plugin}, calls by those while well",
        value=outage.ratio,
        unit="x",
        goal=MOST,
        met=None if quick else met,
        note=(
            f"{outage.calls // 2} calls at once: {outage.down[1]} at the vendor, well {outage.well[1]}; in turn "
            f"{outage.down[0]}, well {outage.well[0]}, spared after {outage.opened_at}; then {outage.probes} "
            f"probes in {OUTAGE_S:.0f} s (at most {probes}); {sum(cell.named for cell in cells)} of {len(cells)} cells "
            f"named, slowest call {slowest.seconds:.1f} s ({slowest.failure})"
        ),
    )


def of_pages(visits: Sequence[Visit], *, quick: bool) -> Iterator[Figure]:
    """What a site's visitors waited while all its vendors were silent, and until its pages were whole again."""
    for one in visits:
        yield Figure(
            figure=f"outage: pages of a site with {one.site}, slowest",
            value=one.slowest_s,
            unit="s",
            goal=PAGE_S,
            met=None if quick else one.slowest_s <= PAGE_S,
            note=(
                f"{one.vendors}: {one.pages} pages while {one.mood}; slowest {one.slowest}; "
                f"medians {one.median_s * 1000:.0f} ms"
            ),
        )
        if one.healed_s is not None:
            yield Figure(
                figure=f"outage: pages of a site with {one.site}, whole again",
                value=one.healed_s,
                unit="s",
                goal=HEALS_S,
                met=None if quick else one.healed_s <= HEALS_S + 0.1,  # looks take a moment themselves
                note=f"after {one.mood}; real time",
            )


def table(records: Sequence[Record]) -> Iterator[str]:
    """All cells, as docs/measured.md has them."""
    yield "| vendor | " + " | ".join(FAILURES) + " |"
    yield "| --- |" + " --- |" * len(FAILURES)
    for record in records:
        cells = {cell.failure: cell for cell in record.cells}
        said = [f"{cells[failure].became}, {cells[failure].seconds:.1f} s" for failure in FAILURES]
        yield f"| {record.vendor.plugin} | " + " | ".join(said) + " |"


def main() -> int:
    """Print the table."""
    records = asyncio.run(measure(VENDORS, quick="--quick" in sys.argv))
    print("\n".join(table(records)))
    return 0 if all(cell.named for record in records for cell in record.cells) else 1


if __name__ == "__main__":
    sys.exit(main())
