"""The API of reports: filing, one's own, and the operators' queue."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from quart import Blueprint
from quart_schema import tag, validate_querystring, validate_request, validate_response

from aethex_live.scopes import Scope
from aethex_live.web import Access, allow, client_address, current_actor, require_proof
from aethex_live.web.api import Page, PageQuery, page_of, refuses

from .acts import PROVEN
from .models import Report
from .queue import Queue, outcome_of
from .reasons import Act, Reason
from .service import LONGEST, LONGEST_NOTE, Filing, Reports


class ReportIn(BaseModel):
    """A report of one thing: a channel, a broadcast, a recording, or what a plugin offers ("chat.line")."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(min_length=1, max_length=60)
    subject_id: str = Field(min_length=1, max_length=64)
    reason: Reason
    text: str = Field(default="", max_length=LONGEST)
    wants_news: bool = Field(
        default=False, description="write a mail when it is decided; accounts with an address only"
    )


class ReportOut(BaseModel):
    """A report as the person who made it sees it."""

    id: UUID
    kind: str
    subject_id: str
    title: str = Field(description="what was reported, as it was called then")
    reason: Reason
    text: str
    state: Literal["open", "closed"]
    outcome: str = Field(description="what became of it, in a sentence; empty while it is open")
    created_at: datetime
    closed_at: datetime | None


class StaffReportOut(ReportOut):
    """A report as operators see it."""

    channel_id: UUID | None
    accused_id: UUID | None
    reporter_id: UUID | None = Field(description="null: somebody without an account")
    said: str = Field(description="what the reported thing said")
    act: Act | None
    note: str


class QueueQuery(PageQuery):
    """Which part of the queue."""

    state: Literal["open", "closed"] = "open"


class CloseIn(BaseModel):
    """What is done about all open reports of a thing."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(min_length=1, max_length=60)
    subject_id: str = Field(min_length=1, max_length=64)
    act: Act
    note: str = Field(default="", max_length=LONGEST_NOTE, description="why; needed to dismiss")


class Closed(BaseModel):
    """How many reports were closed."""

    reports: int


class Api:
    """Views; each is marked with who may call it."""

    def __init__(self, reports: Reports, queue: Queue) -> None:
        self._reports = reports
        self._queue = queue

    def blueprint(self) -> Blueprint:
        """The routes."""
        routes = Blueprint("reports_api", __name__, url_prefix="/api/v1")
        routes.post("/reports")(self.file)
        routes.get("/me/reports")(self.mine)
        routes.get("/reports")(self.all)
        routes.post("/reports/close")(self.close)
        return routes

    @tag(["reports"])
    @allow(Access.PUBLIC)
    @validate_request(ReportIn)
    @validate_response(ReportOut, 201)
    @refuses(401, 404, 409, 422, 429)
    async def file(self, data: ReportIn) -> tuple[ReportOut, int]:
        """Report something. One open report a person and thing: a second one is refused with 409."""
        filing = Filing(
            kind=data.kind,
            subject_id=data.subject_id,
            reason=data.reason,
            text=data.text,
            wants_news=data.wants_news,
        )
        report = await self._reports.file(filing, current_actor(), client_address())
        return ReportOut(**_facts(report)), 201

    @tag(["reports"])
    @allow(Access.SIGNED_IN)
    @validate_querystring(PageQuery)
    @validate_response(Page[ReportOut])
    @refuses(401, 422)
    async def mine(self, query_args: PageQuery) -> Page[ReportOut]:
        """What the account reported, the newest first."""
        user_id = current_actor().user_id
        assert user_id is not None, "the guard lets signed-in people through only"
        found = await self._queue.of_person(user_id, before=query_args.before, limit=query_args.limit)
        rows, following = page_of(found, query_args.limit, lambda report: report.id)
        return Page(items=[ReportOut(**_facts(report)) for report in rows], next=following)

    @tag(["reports"])
    @allow(Access.OPERATOR)
    @validate_querystring(QueueQuery)
    @validate_response(Page[StaffReportOut])
    @refuses(401, 403, 422)
    async def all(self, query_args: QueueQuery) -> Page[StaffReportOut]:
        """All reports of the site, the newest first."""
        rows = Report.filter(closed_at__isnull=query_args.state == "open")
        if query_args.before is not None:
            rows = rows.filter(id__lt=query_args.before)
        found = await rows.order_by("-id").limit(query_args.limit + 1)
        shown, following = page_of(found, query_args.limit, lambda report: report.id)
        return Page(items=[_for_staff(report) for report in shown], next=following)

    @tag(["reports"])
    @allow(Access.OPERATOR, scope=Scope.OPERATE)
    @validate_request(CloseIn)
    @validate_response(Closed)
    @refuses(401, 403, 404, 409, 422)
    async def close(self, data: CloseIn) -> Closed:
        """Act, and close all open reports of the thing. A ban needs a recent proof, or a token with the scope."""
        if data.act in PROVEN:
            await require_proof(tokens=True)
        count = await self._reports.close(data.kind, data.subject_id, data.act, data.note, current_actor())
        return Closed(reports=count)


def _facts(report: Report) -> dict[str, object]:
    return {
        "id": report.id,
        "kind": report.kind,
        "subject_id": report.subject_id,
        "title": str(report.snapshot.get("title", "")),
        "reason": report.reason,
        "text": report.text,
        "state": "closed" if report.closed_at else "open",
        "outcome": outcome_of(report),
        "created_at": report.created_at,
        "closed_at": report.closed_at,
    }


def _for_staff(report: Report) -> StaffReportOut:
    facts = _facts(report) | {
        "channel_id": report.channel_id,
        "accused_id": report.accused_id,
        "reporter_id": report.reporter_id,
        "said": str(report.snapshot.get("text", "")),
        "act": report.act,
        "note": report.note,
    }
    return StaffReportOut.model_validate(facts)
