"""Reading reports: the queue by what was reported, what was closed, one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from .acts import acts_for
from .models import Report
from .reasons import BUTTONS, DONE, OUTCOMES, SENTENCES, Act, Reason
from .subjects import kind_name

if TYPE_CHECKING:
    from aethex_live.db import Database

PAGE = 20
MOST_SHOWN = 20  # reports of one thing

_OPEN = """
select kind, subject_id, count(*) as count from reports_report
where closed_at is null and ($1::uuid is null or channel_id = $1) and ($2::text is null or kind like $2)
group by kind, subject_id order by count(*) desc, min(id::text) limit $3 offset $4
"""
_COUNT = """
select count(distinct (kind, subject_id)) as count from reports_report
where closed_at is null and ($1::uuid is null or channel_id = $1) and ($2::text is null or kind like $2)
"""
_CLOSED = """
select distinct on (case_id) id, case_id from reports_report
where closed_at is not null and ($1::uuid is null or channel_id = $1) and ($2::text is null or kind like $2)
  and ($3::uuid is null or case_id < $3)
order by case_id desc, id limit $4
"""
# of these a channel's moderators take care
CHAT, CHAT_PERSON = "chat.line", "chat.person"
OF_CHATS = "chat.%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one person reported."""

    reason: str
    text: str
    by: str  # empty: somebody without an account
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All reports of one thing: reports/case.html. `snapshot` is the thing as the last of them saw it."""

    kind: str
    kind_name: str
    subject_id: str
    snapshot: Mapping[str, Any]
    count: int
    said: Sequence[Said]
    acts: Sequence[tuple[str, str]] = ()
    closed_at: datetime | None = None
    outcome: str = ""
    note: str = ""
    cursor: UUID | None = None

    @property
    def key(self) -> str:
        """An id for the page."""
        return f"{self.kind.replace('.', '-')}-{self.subject_id}"


class Queue:
    """Lists cases; with a channel, those of its chat alone."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def count(self, channel_id: UUID | None = None) -> int:
        """How many things wait."""
        return int((await self._db.fetch(_COUNT, [channel_id, OF_CHATS if channel_id else None]))[0]["count"])

    async def open(self, channel_id: UUID | None = None, *, page: int = 0) -> tuple[list[Case], bool]:
        """A page of what waits, the most reported first; and whether there is more."""
        values = [channel_id, OF_CHATS if channel_id else None, PAGE + 1, page * PAGE]
        found = await self._db.fetch(_OPEN, values)
        rows = await self._reports([row["subject_id"] for row in found[:PAGE]])
        moderator = channel_id is not None
        cases = [_case(rows[row["kind"], row["subject_id"]], moderator=moderator) for row in found[:PAGE]]
        return cases, len(found) > PAGE

    async def _reports(self, subject_ids: Sequence[str]) -> dict[tuple[str, str], list[Report]]:
        grouped: dict[tuple[str, str], list[Report]] = {}
        rows = Report.filter(subject_id__in=list(subject_ids), closed_at__isnull=True)
        for report in await rows.order_by("id").select_related("reporter"):
            grouped.setdefault((report.kind, report.subject_id), []).append(report)
        return grouped

    async def closed(self, channel_id: UUID | None = None, *, before: UUID | None = None) -> list[Case]:
        """What was closed, the newest first; one more than a page where there is more."""
        values = [channel_id, OF_CHATS if channel_id else None, before, PAGE + 1]
        ids = [row["case_id"] for row in await self._db.fetch(_CLOSED, values)]
        grouped: dict[UUID | None, list[Report]] = {}
        for report in await Report.filter(case_id__in=ids).order_by("id").select_related("reporter"):
            grouped.setdefault(report.case_id, []).append(report)
        return [_case(grouped[case_id], moderator=False) for case_id in ids]

    async def of_person(self, user_id: UUID, *, before: UUID | None = None, limit: int = PAGE) -> Sequence[Report]:
        """What one person reported, the newest first; one more than `limit` where there is more."""
        rows = Report.filter(reporter_id=user_id)
        if before is not None:
            rows = rows.filter(id__lt=before)
        return await rows.order_by("-id").limit(limit + 1)


def outcome_of(report: Report) -> str:
    """What became of a report, in a sentence; empty while it is open."""
    return OUTCOMES[Act(report.act)] if report.act else ""


def _case(reports: Sequence[Report], *, moderator: bool) -> Case:
    last = reports[-1]
    acts = acts_for(last.kind, moderator=moderator, accused=last.accused_id is not None)
    return Case(
        kind=last.kind,
        kind_name=kind_name(last.kind),
        subject_id=last.subject_id,
        snapshot=last.snapshot,
        count=len(reports),
        said=[_said(report) for report in reports[-MOST_SHOWN:]],
        acts=[] if last.closed_at else [(act.value, BUTTONS[act]) for act in acts],
        closed_at=last.closed_at,
        outcome=DONE[Act(last.act)] if last.act else "",
        note=last.note,
        cursor=last.case_id,
    )


def _said(report: Report) -> Said:
    return Said(
        reason=SENTENCES[Reason(report.reason)],
        text=report.text,
        by=report.reporter.username if report.reporter else "",
        at=report.created_at,
    )
