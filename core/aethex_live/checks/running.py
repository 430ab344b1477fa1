"""Checks of a site that runs: what the operator's status page says of this process and of all that it talks to."""

from __future__ import annotations

import asyncio
import os
import platform as machine_facts
from collections.abc import Awaitable, Callable
from importlib import metadata
from typing import TYPE_CHECKING

from redis.exceptions import RedisError

from aethex_live import API_VERSION
from aethex_live._runtime.states import State
from aethex_live.domain.provider_facts import trouble
from aethex_live.errors import AethexError
from aethex_live.events.dead_letters import count_dead_letters
from aethex_live.providers import Kind
from aethex_live.settings import Role

from . import machine
from .finding import Finding, bad, ok, warning

if TYPE_CHECKING:
    from aethex_live.platform import Platform

LIMIT_S = 5.0  # for one check
LATE_S, VERY_LATE_S = 60.0, 900.0  # of a job that is due
BEHIND, FAR_BEHIND = 100, 5_000  # events that a reader has not heard
_CLOCKS_APART_S = 2.0
_FAILED = (State.FAILED, State.MISCONFIGURED, State.INCOMPATIBLE)
Check = Callable[["Platform"], Awaitable[list[Finding]]]


async def running(platform: Platform) -> list[Finding]:
    """Every finding of a site that runs, in the order of the page. A check that fails or hangs is a finding itself."""
    checks: tuple[tuple[str, Check], ...] = (
        ("plugins", plugins),
        ("providers", providers),
        ("disk", disk),
        ("jobs", jobs),
        ("webhooks", webhooks),
        ("events", events),
        ("database", database),
        ("redis", redis),
        ("clock", clock),
        ("address", address),
        ("ffmpeg", ffmpeg),
        ("versions", versions),
    )
    return [finding for name, check in checks for finding in await _one(name, check, platform)]


async def _one(name: str, check: Check, platform: Platform) -> list[Finding]:
    try:
        async with asyncio.timeout(LIMIT_S):
            return await check(platform)
    except TimeoutError:
        return [bad(name, f"This could not be looked at within {LIMIT_S:g} s.", "Look at the log and at the machine.")]
    except (AethexError, OSError, RedisError) as error:
        return [bad(name, f"This could not be looked at: {error}", "Look at the log.")]


async def plugins(platform: Platform) -> list[Finding]:
    """Plugins that failed, are suspended or wait for a restart."""
    found = []
    rows = platform.plugins.rows()
    for row in rows:
        name = f"plugin {row.name}"
        if row.state in _FAILED:
            found.append(bad(name, f"{row.title} can't run: {row.reason}", row.next_step))
        elif row.suspended:
            found.append(warning(name, f"{row.title} is suspended: {row.reason}", "Let it run again, or turn it off."))
        elif row.restart:
            found.append(warning(name, f"{row.title} waits for the next start.", "Restart the site."))
    on = sum(row.state is State.RUNNING for row in rows)
    return found or [ok("plugins", f"{on} of {len(rows)} plugins are on, and all of them run.")]


async def providers(platform: Platform) -> list[Finding]:
    """Whether the chosen provider of each kind is there."""
    found, live = [], []
    for kind in Kind:
        names = platform.site.providers.of(kind)
        if not names and kind is Kind.AUTH:
            found.append(warning("providers", "Nobody can sign in: there is no provider of accounts.", "Choose one."))
        for name in names:
            if platform.providers.get(kind, name) is None:
                step = "Turn its plugin on, or choose another provider."
                found.append(bad("providers", f"The {kind} provider “{name}” is not there.", step))
            else:
                live.append(f"{kind} by {name}")
        found += [
            warning(
                "providers", trouble(platform.providers, kind, name), "Look at its status page, and at the network."
            )
            for name in platform.providers.names(kind)
            if trouble(platform.providers, kind, name)
        ]
    return found or [ok("providers", f"In place: {', '.join(live)}.")]


async def disk(platform: Platform) -> list[Finding]:
    """How long the disk lasts, by the streaming provider's forecast; without one, what is free."""
    step = "Free some space, shorten the retention of recordings, or move the data to a larger disk."
    forecast = await platform.domain.storage.now()
    if forecast is None:
        return [await asyncio.to_thread(machine.disk, platform.site)]
    if forecast.tone == "danger":
        return [bad("disk", forecast.sentence, step)]
    return [warning("disk", forecast.sentence, step) if forecast.tone == "warn" else ok("disk", forecast.sentence)]


async def jobs(platform: Platform) -> list[Finding]:
    """Commands that wait too long or were given up."""
    counts, late = await platform.jobs.counts(), await platform.jobs.oldest_due()
    found = []
    if dead := counts.get("dead", 0):
        step = "Read the reasons on the page Jobs; retry or discard them."
        found.append(warning("jobs", f"{_counted(dead, 'job was', 'jobs were')} given up.", step))
    waiting = counts.get("new", 0) + counts.get("sent", 0)
    said = _counted(waiting, "job waits", "jobs wait")
    if late > LATE_S:
        level = bad if late > VERY_LATE_S else warning
        sentence = f"{said}; the oldest has been due for {late / 60:.0f} minutes."
        found.append(level("jobs", sentence, "Is a worker running? See the page Jobs and the log."))
    return found or [ok("jobs", f"{said}, none of them late." if waiting else "No job waits.")]


async def webhooks(platform: Platform) -> list[Finding]:
    """What vendors told and nobody could handle or read."""
    counts = await platform.domain.webhook_desk.counts()
    found = []
    step = "Read the reasons on the page Webhooks; have them handled again once they are mended."
    if dead := counts.get("dead", 0):
        found.append(warning("webhooks", f"{_counted(dead, 'event was', 'events were')} given up.", step))
    if unreadable := counts["unreadable"]:
        said = _counted(unreadable, "request", "requests")
        found.append(warning("webhooks", f"{said} of vendors could not be read by their plugins.", step))
    return found or [ok("webhooks", "All that vendors told was handled, or is about to be.")]


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


async def events(platform: Platform) -> list[Finding]:
    """How far the readers of the event log are, and what they could not handle."""
    found = []
    if dead := await count_dead_letters(platform.db):
        step = "See the page Jobs: hand them over again, or discard them."
        found.append(warning("events", f"{_counted(dead, 'event', 'events')} could not be handled.", step))
    lag = await platform.dispatcher.lag()
    name, most = max(lag.items(), key=lambda pair: pair[1], default=("", 0))
    if most > BEHIND:
        level = bad if most > FAR_BEHIND else warning
        step = "It catches up by itself; if it does not, look at the log of the worker."
        found.append(level("events", f"{name} is {most:,} events behind.", step))
    if platform.site.role in (Role.ALL, Role.WORKER) and not platform.dispatcher.leading and not lag:
        found.append(warning("events", "Nobody hands out events yet.", "Wait a moment; if it stays, restart the site."))
    return found or [ok("events", f"{len(lag)} readers of the event log are up to date.")]


async def database(platform: Platform) -> list[Finding]:
    """Whether PostgreSQL answers, and how large the data is."""
    sql = "select current_setting('server_version') as version, pg_database_size(current_database()) as size"
    row = (await platform.db.fetch(sql))[0]
    kind = "named by DATABASE_URL" if platform.site.database_url else "the site's own"
    version, size = row["version"].split()[0], row["size"] / 1e6
    return [ok("database", f"PostgreSQL {version} answers ({kind}); it holds {size:,.0f} MB.")]


async def redis(platform: Platform) -> list[Finding]:
    """Whether Redis answers."""
    await platform.cache.ping()
    if platform.site.redis_url is None:
        return [ok("redis", "No Redis is named; the one process has its own.")]
    version = (await platform.cache.info("server"))["redis_version"]
    return [ok("redis", f"Redis {version} answers.")]


async def clock(platform: Platform) -> list[Finding]:
    """Whether this clock can be right, and is the database's."""
    row = (await platform.db.fetch("select clock_timestamp() as now"))[0]
    apart = abs((platform.clock.now() - row["now"]).total_seconds())
    if apart > _CLOCKS_APART_S:
        sentence = f"This machine's clock and the database's are {apart:.1f} s apart."
        return [warning("clock", sentence, "Keep both by NTP.")]
    return [await asyncio.to_thread(machine.clock, platform.clock.now())]


async def address(platform: Platform) -> list[Finding]:
    """Whether people reach the site safely."""
    site = platform.site
    host = platform.host.rsplit(":", 1)[0].strip("[]")
    if host == "localhost" or platform.is_local(host):
        return [ok("address", f"The site is for this machine alone: {site.url}")]
    if not site.https:
        step = "Put a proxy with TLS in front (docs/going-public.md), then set the https address."
        return [warning("address", f"{site.url} is not https: passwords cross the network in the clear.", step)]
    return [ok("address", f"The site is at {site.url}")]


async def ffmpeg(platform: Platform) -> list[Finding]:
    """Whether there is an ffmpeg that runs."""
    return [await asyncio.to_thread(machine.ffmpeg, platform.site)]


async def versions(platform: Platform) -> list[Finding]:
    """What runs here, and since when."""
    up = platform.clock.now() - platform.started_at
    hours, minutes = divmod(int(up.total_seconds()) // 60, 60)
    since = f"{hours // 24} d {hours % 24} h" if hours >= 48 else f"{hours} h {minutes} min"
    python, cores = machine_facts.python_version(), os.cpu_count() or 1
    sentence = f"AeThex LIVE {version()}, plugin API {API_VERSION}, Python {python}, {cores} cores; up for {since}."
    return [ok("versions", sentence)]


def version() -> str:
    """The installed version of the platform."""
    try:
        return metadata.version("aethex-live")
    except metadata.PackageNotFoundError:
        return "from source"
