"""The SQL of the webhook inbox: each event once, with the request that brought it and the job that handles it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from aethex_live.ids import uuid7
from aethex_live.models import WebhookEvent
from aethex_live.providers.webhooks import ProviderEvent, WebhookRequest

if TYPE_CHECKING:
    from aethex_live.db import Database

MOST_UNREADABLE: Final = 100  # kept of one provider: whoever sends rubbish fills no disk

_KNOWN = "select event_id from core_webhook_event where kind = $1 and provider = $2 and event_id = any($3)"
_EVENT = """
insert into core_webhook_event
  (id, kind, provider, event_id, type, subject, ref, occurred_at, data, received_at, delivery_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (kind, provider, event_id) do nothing returning id
"""
_DELIVERY = """
insert into core_webhook_delivery (id, kind, provider, digest, state, error, headers, body, received_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (kind, provider, digest) do update set state = excluded.state, error = excluded.error,
  headers = excluded.headers, received_at = excluded.received_at, times = core_webhook_delivery.times + 1
returning id
"""
_FEWER = """
delete from core_webhook_delivery where kind = $1 and provider = $2 and state = 'unreadable' and id not in (
  select id from core_webhook_delivery where kind = $1 and provider = $2 and state = 'unreadable'
  order by received_at desc limit $3)
"""
_NEWEST = """
insert into core_provider_state (id, kind, provider, subject, family, type, occurred_at)
values ($1, $2, $3, $4, $5, $6, $7) on conflict (kind, provider, subject, family) do update
set type = excluded.type, occurred_at = excluded.occurred_at
where core_provider_state.occurred_at <= excluded.occurred_at returning id
"""
_LOCK = "select pg_advisory_xact_lock(hashtextextended($1, 7))"
_OLDER = """
select event.id from core_webhook_event event join core_outbox job on job.id = event.job_id
where event.kind = $1 and event.provider = $2 and event.subject = $3 and event.state = 'new'
and event.occurred_at < $4 and job.state in ('new', 'sent') order by event.occurred_at, event.id limit 50
"""


@dataclass(frozen=True, slots=True)
class Source:
    """Whose inbox it is: the kind and the name of a provider."""

    kind: str
    provider: str


async def known(db: Database, source: Source, events: Sequence[ProviderEvent]) -> set[str]:
    """The ids of those events that are stored already."""
    ids = [event.id for event in events]
    return {row["event_id"] for row in await db.fetch(_KNOWN, [source.kind, source.provider, ids])}


async def add(
    db: Database, source: Source, request: WebhookRequest, headers: Mapping[str, str], events: Sequence[ProviderEvent]
) -> list[UUID]:
    """Store what is new, and the request if anything is; the ids of the new rows. Call it in a transaction."""
    delivery, new = uuid7(), list[UUID]()
    for event in sorted(events, key=lambda one: one.id):  # in one order, so that two requests never wait crosswise
        values = [uuid7(), source.kind, source.provider, event.id, event.type, event.subject, event.ref]
        values += [event.occurred_at, dict(event.data), request.received_at, delivery]
        new += [row["id"] for row in await db.fetch(_EVENT, values)]
    if new:
        kept = await keep(db, source, request, headers, delivery=delivery)
        if kept != delivery:  # the same body was kept before, when its plugin could not read it
            await WebhookEvent.filter(id__in=new).update(delivery_id=kept)
    return new


async def keep(
    db: Database,
    source: Source,
    request: WebhookRequest,
    headers: Mapping[str, str],
    *,
    error: str = "",
    delivery: UUID | None = None,
) -> UUID:
    """Keep a request as it came; the id of its row. With an `error` it is one that can't be read."""
    digest = hashlib.sha256(request.body).hexdigest()
    state = "unreadable" if error else "read"
    values = [delivery or uuid7(), source.kind, source.provider, digest, state, error, dict(headers)]
    rows = await db.fetch(_DELIVERY, [*values, request.body, request.received_at])
    if error:
        await db.execute(_FEWER, [source.kind, source.provider, MOST_UNREADABLE])
    found: UUID = rows[0]["id"]
    return found


async def lock(db: Database, source: Source, subject: str) -> None:
    """One at a time about a subject, until the transaction ends."""
    await db.fetch(_LOCK, [f"{source.kind}:{source.provider}:{subject}"])


async def older(db: Database, row: WebhookEvent) -> list[UUID]:
    """What happened earlier to the same thing and still waits, the oldest first."""
    values = [row.kind, row.provider, row.subject, row.occurred_at]
    return [found["id"] for found in await db.fetch(_OLDER, values)]


async def is_newest(db: Database, row: WebhookEvent, family: str) -> bool:
    """Note down a state; False when a newer one of the same family was noted before."""
    values: list[Any] = [uuid7(), row.kind, row.provider, row.subject, family, row.type, row.occurred_at]
    return bool(await db.fetch(_NEWEST, values))


async def prune(db: Database, days: int) -> None:
    """Forget what was received `days` ago or longer and is handled; what waits or was given up stays."""
    old = "received_at < now() - make_interval(days => $1)"
    gone = "not exists (select 1 from core_outbox job where job.id = event.job_id and job.state <> 'done')"
    await db.execute(
        f"delete from core_webhook_event event where {old} and (state <> 'new' or {gone})",  # noqa: S608 - constants
        [days],
    )
    waits = "exists (select 1 from core_webhook_event event where event.delivery_id = delivery.id)"
    await db.execute(
        f"delete from core_webhook_delivery delivery where {old} and not {waits}",  # noqa: S608 - constants
        [days],
    )
