"""What an operator sees of webhooks and does about them: lists, one with its request, handling it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

from aethex_live.domain.webhook_store import Source
from aethex_live.domain.webhooks import Unreadable
from aethex_live.errors import Conflict, NotFound
from aethex_live.models import WebhookDelivery, WebhookEvent
from aethex_live.providers.webhooks import WebhookRejected, WebhookRequest

if TYPE_CHECKING:
    from aethex_live.actor import Actor
    from aethex_live.db import Database
    from aethex_live.domain.audit import Audit
    from aethex_live.domain.webhooks import Inbox
    from aethex_live.jobs import Jobs

State = Literal["waiting", "failing", "dead", "done", "stale", "discarded"]
STATES: Final[tuple[State, ...]] = ("waiting", "failing", "dead", "done", "stale", "discarded")
MOST_REPLAYED: Final = 10_000  # at once

# the job knows how the handling goes, the event what became of it
_STATE = """
case when event.state <> 'new' then event.state
     when job.id is null then 'discarded'
     when job.state = 'dead' then 'dead'
     when job.attempts > 0 and job.last_error is not null then 'failing'
     else 'waiting' end"""
_COLUMNS = f"""
select event.id, event.kind, event.provider, event.event_id, event.type, event.subject, event.ref, event.occurred_at,
  event.received_at, event.handled_at, event.data, event.delivery_id, event.job_id, event.runs, {_STATE} as state,
  coalesce(job.attempts, 0) as attempts,
  case when event.state = 'new' then coalesce(job.last_error, '') else event.note end as note
from core_webhook_event event left join core_outbox job on job.id = event.job_id"""  # noqa: S608 - constants
_PAGE = f"""
select * from ({_COLUMNS}) as found
where ($1 = '' or state = $1) and ($2 = '' or provider = $2) and ($3 = '' or type like $3 || '%')
and ($4::timestamptz is null or received_at >= $4) and ($5::uuid is null or id < $5)
order by id desc limit $6"""  # noqa: S608 - constants
_COUNTS = f"select state, count(*) as n from ({_COLUMNS}) as found group by state"  # noqa: S608 - constants


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """An event as the operator sees it; `note` says what became of it, or why it failed."""

    id: UUID
    kind: str
    provider: str
    event_id: str
    type: str
    subject: str
    ref: str | None
    occurred_at: datetime
    received_at: datetime
    handled_at: datetime | None
    delivery_id: UUID | None
    job_id: UUID | None
    runs: int
    state: State
    attempts: int
    note: str
    data: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A filter of the list; what is empty does not narrow it. `type` is a beginning, as "payment."."""

    state: str = ""
    provider: str = ""
    type: str = ""
    since: datetime | None = None


class WebhookDesk:
    """Reads the inbox, and has things in it handled again; each act stands in the audit log."""

    def __init__(self, db: Database, jobs: Jobs, inbox: Inbox, audit: Audit) -> None:
        self._db = db
        self._jobs = jobs
        self._inbox = inbox
        self._audit = audit

    async def page(
        self, wanted: Wanted | None = None, *, before: UUID | None = None, limit: int = 50
    ) -> list[StoredEvent]:
        """Events, the newest first; page on with the last one's id as `before`."""
        wanted = wanted or Wanted()
        values = [wanted.state, wanted.provider, wanted.type, wanted.since, before, limit]
        return [StoredEvent(**row) for row in await self._db.fetch(_PAGE, values)]

    async def counts(self) -> dict[str, int]:
        """How many events are in each state, and how many requests could not be read."""
        found = {row["state"]: int(row["n"]) for row in await self._db.fetch(_COUNTS)}
        return found | {"unreadable": await WebhookDelivery.filter(state="unreadable").count()}

    async def get(self, event_id: UUID) -> StoredEvent:
        """One event. Raises NotFound."""
        rows = await self._db.fetch(f"select * from ({_COLUMNS}) as found where id = $1", [event_id])  # noqa: S608 - constants
        if not rows:
            raise NotFound("There is no such webhook event, or its days are over.")
        return StoredEvent(**rows[0])

    async def request_of(self, event: StoredEvent) -> WebhookDelivery | None:
        """The request that brought an event; None when its days are over."""
        return await WebhookDelivery.get_or_none(id=event.delivery_id) if event.delivery_id else None

    async def unreadable(self, *, limit: int = 50) -> Sequence[WebhookDelivery]:
        """Requests that their plugins could not read, the newest first."""
        return await WebhookDelivery.filter(state="unreadable").order_by("-received_at").limit(limit)

    async def replay(self, event_id: UUID, actor: Actor | None) -> None:
        """Handle an event again, now. Raises NotFound, and Conflict while it waits for its first time."""
        async with self._db.transaction():
            event = await self.get(event_id)
            if event.state in {"waiting", "failing"}:
                raise Conflict("This event waits to be handled: there is nothing to repeat yet.")
            if event.state == "dead" and event.job_id is not None:
                await self._jobs.retry(event.job_id)
            else:
                await WebhookEvent.filter(id=event_id).update(state="new", note="", handled_at=None)
                await self._inbox.publish(event_id)
            about = {"type": event.type, "provider": event.provider, "event": event.event_id}
            await self._audit.write("webhook.replayed", actor=actor, subject=f"webhook:{event_id}", detail=about)

    async def replay_all(self, wanted: Wanted, actor: Actor | None) -> int:
        """Handle all events of a filter again that can be, the oldest first; how many that are."""
        found = await self.page(wanted, limit=MOST_REPLAYED)
        again = [event for event in reversed(found) if event.state not in {"waiting", "failing"}]
        for event in again:
            await self.replay(event.id, actor)
        return len(again)

    async def read_again(self, delivery_id: UUID, actor: Actor | None) -> int:
        """Read a request again that its plugin could not read; how many new events were in it.

        It is verified as at the time when it came. Raises NotFound, and Conflict when it still can't be read.
        """
        row = await WebhookDelivery.get_or_none(id=delivery_id, state="unreadable")
        if row is None:
            raise NotFound("There is no such request, or it was read meanwhile.")
        request = WebhookRequest(headers=row.headers, body=row.body, received_at=row.received_at)
        try:
            new = await self._inbox.take(Source(row.kind, row.provider), request)
        except WebhookRejected as rejected:
            raise Conflict(f"It is refused now: {rejected.reason}. The vendor has to send it again.") from None
        except Unreadable as error:
            raise Conflict(str(error)) from None
        async with self._db.transaction():
            await WebhookDelivery.filter(id=row.id).update(state="read", error="")
            await self._audit.write(
                "webhook.read_again", actor=actor, subject=f"webhook:{row.id}", detail={"provider": row.provider}
            )
        return new
