"""The real chat, cut off by force: sockets, web processes and Redis; then every page's log against the table."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import uvloop

from bench.chat_pages import Author, Counts, Page
from bench.chat_site import ChatSite, chat_site
from bench.cluster import now
from bench.figures import Figure
from bench.log_checker import Promise, Shown, Verdict, check
from bench.realtime_servers import NotMeasured, raise_file_limit

START_S, SETTLE_S = 120.0, 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is done to the site. `pace` is the seconds between two messages of an author."""

    pages: int
    authors: int
    cuts: int
    kills: int
    redis_kills: int
    seconds: float
    pace: float = 0.5


FULL = Plan(pages=1000, authors=8, cuts=5000, kills=10, redis_kills=5, seconds=100.0)
SMALL = Plan(pages=50, authors=4, cuts=100, kills=2, redis_kills=1, seconds=8.0, pace=0.2)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found, and what was done for it."""

    verdict: Verdict
    counts: Counts
    acknowledged: int
    kills: int
    redis_kills: int


def run(quick: bool) -> Iterable[Figure]:
    """The whole plan, or a small one."""
    plan = SMALL if quick else FULL
    raise_file_limit()
    found = uvloop.run(_measured(plan))
    done = (
        f"{found.counts.cuts} cuts, {found.kills} kills of web processes, {found.redis_kills} of Redis, "
        f"{found.counts.resumed} resumed, {found.counts.reloads} read the page again; {found.acknowledged} acknowledged"
    )
    whole = found.counts.cuts >= plan.cuts and (found.kills, found.redis_kills) == (plan.kills, plan.redis_kills)
    verdict = found.verdict
    for name, value in (
        ("acknowledged or shown messages lost", verdict.lost),
        ("doubled", verdict.doubled),
        ("reordered", verdict.reordered + verdict.foreign),
    ):
        yield Figure(
            figure=f"realtime: {name}, {plan.pages} sockets cut",
            value=float(value),
            unit="messages",
            goal="0",
            met=value == 0 and (whole or quick),
            valid=whole,
            note=done + "".join(f"; {example}" for example in verdict.examples),
        )


async def _measured(plan: Plan) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="aethex-cuts-", ignore_cleanup_errors=True) as folder:
        async with chat_site(Path(folder), plan.authors) as site:
            return await cut_and_check(site, plan)


async def cut_and_check(site: ChatSite, plan: Plan) -> Outcome:
    """Carry a plan out in the chat of a site. Raises NotMeasured."""
    counts = Counts()
    async with _crowd(site, plan, counts) as (pages, authors):
        await asyncio.gather(
            _cut(pages, plan.cuts, plan.seconds),
            _kill(site, ("web1", "web2"), plan.kills, plan.seconds),
            _kill(site, ("redis",), plan.redis_kills, plan.seconds),
        )
        await _settle(site, pages, authors)
        logs = {page.name: page.log for page in pages}
        promises: list[Promise] = [promise for author in authors for promise in author.promises]
        verdict = await asyncio.to_thread(check, logs, promises, await site.table())
    return Outcome(verdict, counts, len(promises), plan.kills, plan.redis_kills)


@contextlib.asynccontextmanager
async def _crowd(site: ChatSite, plan: Plan, counts: Counts) -> AsyncIterator[tuple[list[Page], list[Author]]]:
    """All pages are there, and the authors write over the first of them."""
    interned: dict[Shown, Shown] = {}
    pages = [Page(site, number, counts, interned) for number in range(plan.pages)]
    authors = [Author(name, page, plan.pace) for name, page in zip(site.authors, pages, strict=False)]
    for author in authors:
        author.page.cookie = site.authors[author.name]
    gc.freeze()
    work = [asyncio.create_task(page.run()) for page in pages]
    try:
        await _until(lambda: all(page.joined.is_set() for page in pages), START_S, "not all pages came in")
        work += [asyncio.create_task(author.run()) for author in authors]
        yield pages, authors
    finally:
        for page in pages:
            page.end()
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)


async def _cut(pages: list[Page], cuts: int, seconds: float) -> None:
    """So many connections are broken, evenly over the time; those that have just broken are passed over."""
    chance = random.Random(20261123)
    begun = now()
    for number in range(cuts):
        while not chance.choice(pages).cut():
            await asyncio.sleep(0.005)
        await asyncio.sleep(max(0.0, begun + (number + 1) * seconds / cuts - now()))


async def _kill(site: ChatSite, names: tuple[str, ...], kills: int, seconds: float) -> None:
    """kill -9 of these in turn, each after it has come back."""
    begun = now()
    for number in range(kills):
        await asyncio.sleep(max(0.0, begun + (number + 0.5) * seconds / kills - now()))
        name = names[number % len(names)]
        service = site.cluster.services[name]
        starts = service.starts
        service.send(signal.SIGKILL)
        await _until(lambda starts=starts, of=service: of.starts > starts, 30, f"{name} was not started again")  # type: ignore[misc]  # bound per round
        if name in site.cluster.ports:
            await site.cluster.ready(name)


async def _settle(site: ChatSite, pages: list[Page], authors: list[Author]) -> None:
    """The authors end; then every page has as long to get the rest as a person would wait."""
    for author in authors:
        author.ended = True
    silent = asyncio.gather(*(_acknowledged(author) for author in authors))
    async with asyncio.timeout(SETTLE_S):
        await silent
    newest = max((row.seq for row in await site.table()), default=0)
    with contextlib.suppress(NotMeasured):  # what is missing then is lost, and the checker says where
        await _until(lambda: all(page.last >= newest for page in pages), SETTLE_S / 4, "")
    await asyncio.sleep(1.0)  # what would come twice


async def _acknowledged(author: Author) -> None:
    while not author.over:
        await asyncio.sleep(0.05)


async def _until(true: Callable[[], bool], seconds: float, why: str) -> None:
    """Wait until it is so. Raises NotMeasured."""
    try:
        async with asyncio.timeout(seconds):
            while not true():
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise NotMeasured(f"{why} within {seconds:.0f} s") from None
