"""What a database holds at one moment: its tables by number and sum of rows, its migrations, its secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import asyncpg

from aethex_live.domain.audit_chain import GENESIS

from .manifest import Table

# texts of values must not depend on who asks
_FORMS = """
set local timezone = 'UTC'; set local datestyle = 'ISO, MDY'; set local intervalstyle = 'postgres';
set local extra_float_digits = 1; set local bytea_output = 'hex'; set local statement_timeout = 0
"""
_TABLES = """
select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind = 'r' order by c.relname
"""
_SUM = """
select count(*) as rows, coalesce(sum(('x' || left(md5(t::text), 15))::bit(60)::bigint), 0)::text as sum from only {} t
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The facts that a manifest keeps."""

    postgres: int
    migrations: tuple[str, ...]
    secret: str
    audit_head: str
    tables: dict[str, Table]


async def gather(connection: asyncpg.Connection[Any]) -> Facts:
    """The facts, seen in the transaction that the connection is in."""
    await connection.execute(_FORMS)
    return Facts(
        postgres=connection.get_server_version().major,
        migrations=await migrations(connection),
        secret=await _secret(connection),
        audit_head=await _audit_head(connection),
        tables=await tables(connection),
    )


async def tables(connection: asyncpg.Connection[Any]) -> dict[str, Table]:
    """All tables with the number and the sum of their rows."""
    found = {}
    for row in await connection.fetch(_TABLES):
        quoted = '"' + row["name"].replace('"', '""') + '"'
        counted = await connection.fetchrow(_SUM.format(quoted))
        assert counted is not None
        found[row["name"]] = Table(rows=counted["rows"], sum=counted["sum"])
    return found


async def migrations(connection: asyncpg.Connection[Any]) -> tuple[str, ...]:
    """What is recorded as applied, as `core.0001_initial`; empty in a database that is none of ours."""
    if not await connection.fetchval("select to_regclass('public.tortoise_migrations') is not null"):
        return ()
    rows = await connection.fetch("select app, name from tortoise_migrations order by app, name")
    return tuple(f"{row['app']}.{row['name']}" for row in rows)


async def _secret(connection: asyncpg.Connection[Any]) -> str:
    value = await connection.fetchval("select value from core_site_fact where key = 'secret_fingerprint'")
    return str(value or "")


async def _audit_head(connection: asyncpg.Connection[Any]) -> str:
    there = await connection.fetchval(
        "select exists (select 1 from pg_attribute where attrelid = to_regclass('public.core_audit_entry')"
        " and attname = 'chain')"
    )
    sql = "select number || ':' || chain from core_audit_entry where number is not null order by number desc limit 1"
    return str((await connection.fetchval(sql) if there else None) or f"0:{GENESIS}")
