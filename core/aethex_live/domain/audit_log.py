"""Reading the audit: pages of entries, filtered, and how the chain over them stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.models import AuditEntry

if TYPE_CHECKING:
    from aethex_live.db import Database

LONGEST = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainState:
    """How many entries are chained, and how many wait for it; `head` is the newest hash, empty when there is none."""

    chained: int
    waiting: int
    head: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries: by who did it, by the beginning of the action, by time (`since` included, `until` not)."""

    actor: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None


class AuditLog:
    """Reads the audit."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def page(self, wanted: AuditFilter, *, before: UUID | None = None, limit: int = 50) -> Sequence[AuditEntry]:
        """Entries, the newest first; page on with the last one's id as `before`."""
        rows = AuditEntry.all()
        if wanted.actor:
            rows = rows.filter(actor_name__iexact=wanted.actor.strip()[:LONGEST])
        if wanted.action:
            rows = rows.filter(action__istartswith=wanted.action.strip()[:LONGEST])
        if wanted.since is not None:
            rows = rows.filter(at__gte=wanted.since)
        if wanted.until is not None:
            rows = rows.filter(at__lt=wanted.until)
        if before is not None:
            rows = rows.filter(id__lt=before)
        return await rows.order_by("-id").limit(limit)

    async def actions(self) -> Sequence[str]:
        """Every action that stands in the audit, for the filter's list."""
        rows = await self._db.fetch("select distinct action from core_audit_entry order by action limit 200")
        return [row["action"] for row in rows]

    async def chain(self) -> ChainState:
        """How the chain stands."""
        rows = await self._db.fetch(
            "select coalesce(max(number), 0) as chained, count(*) filter (where number is null) as waiting,"
            " coalesce((array_agg(chain order by number desc nulls last))[1], '') as head from core_audit_entry"
        )
        return ChainState(chained=rows[0]["chained"], waiting=rows[0]["waiting"], head=rows[0]["head"])
