"""The SQL of the outbox: new -> sent (leased) -> done, or dead. The row is the truth; the queue only wakes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from aethex_live.db import Database
from aethex_live.ids import uuid7

from .contracts import DeadJob, WaitingJob

CHANNEL = "aethex_outbox"
LEASE_MARGIN_SECONDS = 10.0
_LONGEST_ERROR = 2000

_PUBLISH = """
with written as (
  insert into core_outbox (id, plugin, topic, payload, dedupe, state, available_at, attempts)
  values ($1, $2, $3, $4, $5, 'new', coalesce($6, now()), 0)
  on conflict (dedupe) do nothing returning id)
select (select id from written) as id, pg_notify('aethex_outbox', '')
"""
_BURY = """
update core_outbox as row set state = 'dead', lease_until = null,
  last_error = coalesce(row.last_error || ' ', '') || 'The process ended in the middle of the last attempt.'
from unnest($1::text[], $2::int[]) as known(topic, most)
where row.topic = known.topic and row.state = 'sent' and row.lease_until < now() and row.attempts >= known.most
"""
_CLAIM = """
update core_outbox as row set state = 'sent', lease_until = now() + make_interval(secs => known.lease)
from unnest($1::text[], $2::float8[]) as known(topic, lease)
where row.topic = known.topic and row.id in (
  select id from core_outbox where topic = any($1)
  and ((state = 'new' and available_at <= now()) or (state = 'sent' and lease_until < now()))
  order by id limit $3 for update skip locked)
returning row.id, row.lease_until as until, known.lease as seconds
"""
_TAKE = """
update core_outbox set attempts = attempts + 1, lease_until = now() + make_interval(secs => $3)
where id = $1 and state = 'sent' and lease_until = $2
returning id, topic, payload, attempts, lease_until
"""
_FINISH = (
    "update core_outbox set state = 'done', lease_until = null, last_error = null where id = $1 and lease_until = $2"
)
_FAIL = """
update core_outbox set state = $3, lease_until = null, last_error = $4, available_at = now() + make_interval(secs => $5)
where id = $1 and lease_until = $2
"""
_RELEASE = (
    "update core_outbox set state = 'new', lease_until = null where id = $1 and state = 'sent' and lease_until = $2"
)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to carry out a row until a moment, `seconds` long; the moment is also the token that proves it."""

    id: UUID
    until: datetime
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Taken:
    """A row in hand, its attempt counted."""

    lease: Lease
    topic: str
    payload: dict[str, Any]
    attempt: int


async def publish(
    db: Database, topic: str, payload: Mapping[str, Any], plugin: str, dedupe: str | None, available_at: datetime | None
) -> UUID | None:
    """Write a row; its id, or None when the dedupe key is there already."""
    rows = await db.fetch(_PUBLISH, [uuid7(), plugin, topic, dict(payload), dedupe, available_at])
    found: UUID | None = rows[0]["id"]
    return found


async def claim(db: Database, limits: Mapping[str, tuple[float, int]], most: int) -> list[Lease]:
    """Lease up to `most` due rows; `limits` has the time limit and the attempts of each topic."""
    topics = list(limits)
    await db.execute(_BURY, [topics, [attempts for _, attempts in limits.values()]])
    leases = [seconds + LEASE_MARGIN_SECONDS for seconds, _ in limits.values()]
    return [Lease(**row) for row in await db.fetch(_CLAIM, [topics, leases, most])]


async def topic_of(db: Database, row_id: UUID) -> str | None:
    """The topic of a row."""
    rows = await db.fetch("select topic from core_outbox where id = $1", [row_id])
    return rows[0]["topic"] if rows else None


async def take(db: Database, lease: Lease, seconds: float) -> Taken | None:
    """Begin an attempt; None when the lease is not ours any more (done, or given to somebody else)."""
    rows = await db.fetch(_TAKE, [lease.id, lease.until, seconds + LEASE_MARGIN_SECONDS])
    if not rows:
        return None
    row = rows[0]
    return Taken(Lease(row["id"], row["lease_until"]), row["topic"], row["payload"], row["attempts"])


async def lock(db: Database, lease: Lease) -> bool:
    """Lock the row for the transaction that also carries it out; False when the lease is gone."""
    sql = "select 1 from core_outbox where id = $1 and state = 'sent' and lease_until = $2 for update skip locked"
    return bool(await db.fetch(sql, [lease.id, lease.until]))


async def finish(db: Database, lease: Lease) -> bool:
    """The row is done; False when somebody else has it by now."""
    return bool(await db.execute(_FINISH, [lease.id, lease.until]))


async def fail(db: Database, lease: Lease, error: str, *, retry_in: float | None) -> None:
    """The attempt failed: again in `retry_in` seconds, or dead when that is None."""
    state = "dead" if retry_in is None else "new"
    text = error.replace("\0", "")[:_LONGEST_ERROR]
    await db.execute(_FAIL, [lease.id, lease.until, state, text, retry_in or 0.0])


async def release(db: Database, lease: Lease) -> None:
    """Give a row back untried, for another process."""
    await db.execute(_RELEASE, [lease.id, lease.until])


async def due_in(db: Database, topics: Sequence[str]) -> float | None:
    """Seconds until the next row of these topics is due (0 or less: now); None when there is none."""
    sql = """
        select extract(epoch from
          min(case state when 'new' then available_at else lease_until end) - now())::float8 as due
        from core_outbox where state in ('new', 'sent') and topic = any($1)"""
    due: float | None = (await db.fetch(sql, [list(topics)]))[0]["due"]
    return due


async def busy(db: Database, topics: Sequence[str], within: float) -> bool:
    """Whether rows of these topics are in hand, or due `within` seconds."""
    sql = """
        select 1 from core_outbox where topic = any($1)
        and (state = 'sent' or (state = 'new' and available_at <= now() + make_interval(secs => $2))) limit 1"""
    return bool(await db.fetch(sql, [list(topics), within]))


async def dead(db: Database, limit: int, before: UUID | None) -> list[DeadJob]:
    """Rows that were given up, the newest first."""
    sql = """
        select id, topic, plugin, payload, attempts, coalesce(last_error, '') as last_error from core_outbox
        where state = 'dead' and ($2::uuid is null or id < $2) order by id desc limit $1"""
    return [DeadJob(**row) for row in await db.fetch(sql, [limit, before])]


async def revive(db: Database, row_id: UUID) -> bool:
    """Begin a dead row anew; False when there is no such dead row."""
    sql = """
        with revived as (update core_outbox set state = 'new', attempts = 0, available_at = now(), lease_until = null
                         where id = $1 and state = 'dead' returning 1)
        select count(*) as n, pg_notify('aethex_outbox', '') from revived"""
    return bool((await db.fetch(sql, [row_id]))[0]["n"])


async def discard(db: Database, row_id: UUID) -> bool:
    """Forget a dead row; False when there is no such dead row."""
    return bool(await db.execute("delete from core_outbox where id = $1 and state = 'dead'", [row_id]))


async def oldest_due(db: Database) -> float:
    """For how many seconds the row that waits longest has been due; 0 when none is."""
    sql = """
        select coalesce(extract(epoch from now() - min(available_at)), 0)::float8 as late from core_outbox
        where state in ('new', 'sent') and available_at < now()"""
    late: float = (await db.fetch(sql))[0]["late"]
    return late


async def waiting(db: Database, limit: int) -> list[WaitingJob]:
    """Rows that are not done, those due first."""
    sql = """
        select id, topic, plugin, state, attempts, available_at, coalesce(last_error, '') as last_error
        from core_outbox where state in ('new', 'sent') order by available_at, id limit $1"""
    return [WaitingJob(**row) for row in await db.fetch(sql, [limit])]


async def counts(db: Database) -> dict[str, int]:
    """How many rows are in each state."""
    rows = await db.fetch("select state, count(*) as n from core_outbox group by state")
    return {row["state"]: row["n"] for row in rows}


async def prune(db: Database, days: int) -> int:
    """Remove rows that were done `days` ago or longer (their age is in their id)."""
    sql = """
        delete from core_outbox where state = 'done'
        and id < (lpad(to_hex((extract(epoch from now() - make_interval(days => $1)) * 1000)::bigint), 12, '0')
                  || '00000000000000000000')::uuid"""
    return await db.execute(sql, [days])
