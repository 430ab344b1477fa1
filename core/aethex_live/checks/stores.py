"""Checks of what keeps the data: PostgreSQL with its migrations, and Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime

from aethex_live._runtime.discovery import Found
from aethex_live._runtime.ports import StoredState
from aethex_live._runtime.state_store import stored_states
from aethex_live._site.opening import address_of_database
from aethex_live.cache import open_redis
from aethex_live.clock import Clock
from aethex_live.db import Database
from aethex_live.db._address import shown
from aethex_live.domain.provider_facts import noted_troubles
from aethex_live.errors import AethexError
from aethex_live.providers import Kind
from aethex_live.secrets import load_secrets
from aethex_live.settings import Role, Site

from .finding import Finding, bad, ok, warning
from .schema import newer

_MOST_SECONDS = 2.0
_SECONDS = 30.0
_MADE = """
select 'streaming' as kind, provider, count(*) as rows from (
    select provider from core_ingest union all select provider from core_recording where state <> 'deleted'
) as made group by provider
union all
select 'auth', provider, count(*) from core_identity group by provider
order by 1, 2
"""
_APPLIED = "select app || '.' || name as name from tortoise_migrations order by app, name"


@dataclass(frozen=True, slots=True)
class Stored:
    """What a database says about the site: nothing at all before the first start."""

    applied: tuple[str, ...] = ()
    plugins: Mapping[str, StoredState] = field(default_factory=dict)
    fingerprint: str = ""
    now: datetime | None = None
    version: str = ""
    troubles: tuple[str, ...] = ()
    made: Mapping[Kind, Mapping[str, int]] = field(default_factory=dict)


def is_new(site: Site) -> bool:
    """Whether the site has no database yet, so that a look would make one."""
    return site.database_url is None and not (site.data / "postgres" / "cluster" / "PG_VERSION").is_file()


async def look(site: Site) -> Stored:
    """Read what the database says; our own server is started for it when it does not run. Raises StartError."""
    async with AsyncExitStack() as closing, asyncio.timeout(_SECONDS):
        db = await Database.connect(await address_of_database(site, closing), pool=(1, 2), name="aethex-doctor")
        closing.push_async_callback(db.close)
        told = (await db.fetch("select now() as now, current_setting('server_version') as version"))[0]
        if not (await db.fetch("select to_regclass('tortoise_migrations') is not null as there"))[0]["there"]:
            return Stored(now=told["now"], version=told["version"])
        applied = tuple(row["name"] for row in await db.fetch(_APPLIED))
        facts = await db.fetch("select value from core_site_fact where key = 'secret_fingerprint'")
        fingerprint = facts[0]["value"] if facts else ""
        troubles = tuple(await noted_troubles(db, told["now"]))
        states, made = await stored_states(db), await _made(db)
        return Stored(applied, states, fingerprint, told["now"], told["version"], troubles, made)


async def _made(db: Database) -> dict[Kind, dict[str, int]]:
    """How many rows each provider has made that only it can serve."""
    made: dict[Kind, dict[str, int]] = {}
    for row in await db.fetch(_MADE):
        made.setdefault(Kind(row["kind"]), {})[row["provider"]] = row["rows"]
    return made


async def database(site: Site, found: Mapping[str, Found], clock: Clock) -> AsyncIterator[Finding | Stored]:
    """What is wrong with the database; last, where it answers, what it says."""
    if is_new(site):
        yield ok("database", "There is no database yet; the first start makes it.")
        yield Stored()
        return
    try:
        stored = await look(site)
    except TimeoutError:
        yield bad("database", f"The database does not answer within {_SECONDS:.0f} s.", "Look at its log.")
        return
    except AethexError as error:
        yield bad("database", str(error), "Nothing works without the database; see the sentence before.")
        return
    where = shown(site.database_url.get_secret_value()) if site.database_url else "the site's own server"
    yield ok("database", f"PostgreSQL {stored.version} answers ({where}).")
    for trouble in stored.troubles:
        yield warning("providers", trouble, "Look at the vendor's status page, and at the network.")
    for finding in (_schema(stored, found), _secret(site, stored, clock), _clock(stored, clock)):
        if finding is not None:
            yield finding
    yield stored


def _schema(stored: Stored, found: Mapping[str, Found]) -> Finding | None:
    if unknown := newer(stored.applied, found):
        return bad(
            "schema",
            f"The database is newer than this code: it has the migration {unknown[0]}.",
            "Install the version that made it, or restore a backup.",
        )
    return ok("schema", f"{len(stored.applied)} migrations are applied.") if stored.applied else None


def _secret(site: Site, stored: Stored, clock: Clock) -> Finding | None:
    if not stored.fingerprint:
        return None
    if load_secrets(site, clock).fingerprint != stored.fingerprint:
        return bad(
            "secret",
            "The database was made with another secret: the site will not start.",
            "Put the old AETHEX_SECRET, or the file data/secret, back from a backup.",
        )
    return ok("secret", "The secret is the one that the database was made with.")


def _clock(stored: Stored, clock: Clock) -> Finding | None:
    if stored.now is None:
        return None
    apart = abs((clock.now() - stored.now).total_seconds())
    if apart <= _MOST_SECONDS:
        return None
    return warning(
        "clock",
        f"This machine's clock and the database's are {apart:.1f} s apart.",
        "Keep both by NTP.",
    )


async def redis(site: Site) -> Finding:
    """Whether the named Redis answers and can do what is asked of it."""
    if site.redis_url is None:
        if site.role is Role.ALL:
            return ok("redis", "No Redis is named; the one process has its own.")
        return bad("redis", f"The role {site.role} needs Redis.", "Set REDIS_URL=redis://host:6379/0")
    try:
        client = await open_redis(site.redis_url.get_secret_value())
    except AethexError as error:
        return bad("redis", str(error), "Without it rate limits, viewer counts and messages between processes fail.")
    try:
        async with asyncio.timeout(5):
            version = str((await client.info("server"))["redis_version"])
    except (OSError, TimeoutError) as error:
        return bad("redis", f"Redis does not answer: {error}.", "Look at its log.")
    finally:
        await client.aclose()
    if int(version.split(".")[0]) < 6:
        return bad("redis", f"Redis {version} is too old.", "Install Redis 6.2 or newer, or Valkey.")
    return ok("redis", f"Redis {version} answers.")
