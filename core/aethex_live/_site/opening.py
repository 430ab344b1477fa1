"""Opening a site: data folder, database in two steps, the facts that guard it."""

from __future__ import annotations

import asyncio
import secrets as chance
from collections.abc import Sequence
from contextlib import AsyncExitStack

from redis.asyncio import Redis

from aethex_live._runtime.manager import Plugins
from aethex_live._runtime.state_store import stored_states
from aethex_live._site.beginning import JOURNAL, make_folder
from aethex_live.db import AppModels, Database, EmbeddedPostgres, migrate
from aethex_live.db.database import CORE
from aethex_live.domain.site_choices import CHOOSABLE, stored
from aethex_live.errors import StartError
from aethex_live.models import SiteFact
from aethex_live.realtime import RealtimeSettings
from aethex_live.realtime.bus import Bus, LocalBus
from aethex_live.realtime.bus_redis import RedisBus
from aethex_live.secrets import Secrets
from aethex_live.settings import Role, Site

__all__ = ["JOURNAL", "make_folder"]

WAIT_FOR_SCHEMA_S = 30.0
POOL = (2, 12)


async def address_of_database(
    site: Site, closing: AsyncExitStack, postgres: asyncio.Task[EmbeddedPostgres] | None = None
) -> str:
    """The database's address; starts the embedded server where no other one is named.

    `postgres` is one that is being started already; who began it stops it.
    """
    if site.database_url is not None:
        return site.database_url.get_secret_value()
    if postgres is not None:
        return (await postgres).dsn()
    server = EmbeddedPostgres(site.data / "postgres")
    closing.push_async_callback(server.stop)
    await server.start()
    return server.dsn()


async def choose_plugins(site: Site, address: str, plugins: Plugins) -> list[str]:
    """Bring the core's tables up to date, then decide by what the operator chose which plugins are on."""
    core = await Database.connect(address, (CORE,), pool=(1, 2), name="aethex-open")
    try:
        done = await _migrate(site, core)
        site.adopt(await stored(core), CHOOSABLE)
        plugins.choose(await stored_states(core))
    finally:
        await core.close()
    plugins.load()
    return done


async def open_database(site: Site, address: str, plugins: Plugins) -> tuple[Database, list[str]]:
    """The database with the rows of all plugins that are on, migrated."""
    apps: Sequence[AppModels] = (
        CORE,
        *(AppModels(app.label, app.models_module, app.migrations_module) for app in plugins.models()),
    )
    db = await Database.connect(address, apps, pool=POOL)
    try:
        return db, await _migrate(site, db)
    except BaseException:
        await db.close()
        raise


async def _migrate(site: Site, db: Database) -> list[str]:
    if site.role is Role.ALL:
        return await migrate.upgrade(db)
    await migrate.wait_until_current(db, WAIT_FOR_SCHEMA_S)
    return []


async def check_secret(secrets: Secrets) -> None:
    """Raises StartError when the database belongs to another secret: sessions and stream keys would not fit."""
    known, made = await SiteFact.get_or_create(key="secret_fingerprint", defaults={"value": secrets.fingerprint})
    if not made and known.value != secrets.fingerprint:
        raise StartError(
            "The database was made with another secret. Put the old AETHEX_SECRET (or the file data/secret) back; "
            "without it all sessions and stream keys would change."
        )


async def epoch() -> str:
    """The epoch of this database's sequences; a restored copy gets a new one."""
    fact, _ = await SiteFact.get_or_create(key="epoch", defaults={"value": chance.token_hex(6)})
    return fact.value


def realtime_settings(site: Site) -> RealtimeSettings:
    """The engine's settings: what the operator says, and what follows from the site's address."""
    said = site.realtime.model_dump()
    said["origins"] = (site.url, *site.realtime.origins)
    return RealtimeSettings(trusted_proxies=site.trusted_proxies, **said)


def bus(cache: Redis, site: Site) -> Bus:
    """How this process hears the others: by Redis where one is named, else it is alone."""
    return RedisBus(cache) if site.redis_url is not None else LocalBus()
