"""Writing to the event log, in the transaction that makes it true."""

from datetime import datetime
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient
from tortoise.connection import get_connection

from aethex_live.errors import AethexError
from aethex_live.ids import uuid7

from .registry import payload_of
from .types import Event

CHANNEL = "aethex_events"
"""The channel of NOTIFY that wakes the dispatcher."""

_INSERT = """
with written as (
  insert into core_event (id, type, version, actor_id, channel_id, subject, payload, occurred_at, recorded_at)
  values ($1, $2, $3, $4, $5, $6, $7, coalesce($8, now()), now())
  on conflict (id) do nothing returning 1)
select (select count(*) from written) as written, pg_notify('aethex_events', '')
"""


async def record(
    event: Event,
    *,
    subject: str,
    actor: UUID | None = None,
    channel: UUID | None = None,
    id: UUID | None = None,  # noqa: A002 - the column's name
    occurred_at: datetime | None = None,
) -> bool:
    """Write an event; True when it was new.

    Call it inside the transaction of the change that it tells of: then both are there or neither. `subject` says what
    it is about ("channel:<id>"), `actor` who did it, `channel` where. With an `id` derived from the fact, telling it
    again writes nothing. Raises `AethexError` outside of a transaction.
    """
    connection = get_connection("default")
    if not isinstance(connection, TransactionalDBClient):
        raise AethexError(f"{event.type} must be recorded inside `async with db.transaction()`, with its change.")
    values = [id or uuid7(), event.type, event.version, actor, channel, subject, payload_of(event), occurred_at]
    rows = await connection.execute_query_dict(_INSERT, values)
    return bool(rows[0]["written"])
