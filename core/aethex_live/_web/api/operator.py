"""API of the operator beside plugins and mails: status, settings, jobs, audit, providers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from quart import Blueprint
from quart_schema import tag, validate_querystring, validate_request, validate_response

from aethex_live._web.admin.settings import core_group, plugin_groups
from aethex_live._web.api.operator_models import (
    AuditOut,
    AuditQuery,
    DeadJobOut,
    DeadLetterOut,
    FindingOut,
    SettingOut,
    Settings,
    SettingsChange,
    StatusOut,
    TryOut,
    WorkAct,
)
from aethex_live._web.pages.admin.jobs import backlog
from aethex_live.checks import Finding, worst
from aethex_live.checks.running import running
from aethex_live.checks.trying import try_provider
from aethex_live.domain.audit_log import AuditFilter
from aethex_live.domain.site_choices import CHOOSABLE
from aethex_live.errors import NotFound
from aethex_live.events.dead_letters import dead_letters
from aethex_live.models import AuditEntry
from aethex_live.providers import Kind
from aethex_live.scopes import Scope
from aethex_live.web import Access, allow, current_actor, limit, platform, require_proof
from aethex_live.web.access import CLOSED
from aethex_live.web.api import Done, Page, PageQuery, page_of, refuses

blueprint = Blueprint("api_operator", __name__, url_prefix="/api/v1/admin")


@blueprint.get("/status")
@tag(["operator"])
@allow(Access.OPERATOR)
@validate_response(StatusOut)
@refuses(401, 403)
async def status() -> StatusOut:
    """How the site is: a verdict, and everything that was looked at."""
    findings = await running(platform())
    return StatusOut(verdict=worst(findings).value, findings=[_finding(finding) for finding in findings])


@blueprint.get("/settings")
@tag(["operator"])
@allow(Access.OPERATOR)
@validate_response(Settings)
@refuses(401, 403)
async def settings() -> Settings:
    """Every setting with its value, secrets masked, and its source."""
    parts = platform()
    waiting = {choice.name for choice in await parts.domain.choices.all() if choice.waiting}
    items = []
    for group in (core_group(parts.site), *plugin_groups(parts)):
        prefix = "" if group.name == "core" else f"plugins.{group.name}."
        for row in group.rows:
            name = prefix + row.name
            items.append(
                SettingOut(
                    name=name,
                    value=row.value,
                    source=row.source,
                    description=row.description,
                    choosable=name in CHOOSABLE and parts.site.is_open(name),
                    waiting=name in waiting,
                )
            )
    return Settings(items=items)


@blueprint.patch("/settings")
@tag(["operator"])
@allow(Access.OPERATOR, scope=CLOSED)
@validate_request(SettingsChange)
@validate_response(Done)
@refuses(401, 403, 409, 422)
async def choose(data: SettingsChange) -> Done:
    """Choose settings that neither file nor environment nor command line say. Needs a recent proof."""
    await require_proof()
    given = {name: text for name, text in data.model_dump().items() if text is not None}
    await platform().domain.choices.change(given, current_actor())
    return Done()


@blueprint.get("/jobs")
@tag(["operator"])
@allow(Access.OPERATOR)
@validate_querystring(PageQuery)
@validate_response(Page[DeadJobOut])
@refuses(401, 403, 422)
async def jobs(query_args: PageQuery) -> Page[DeadJobOut]:
    """Jobs that were given up, the newest first."""
    rows = await platform().jobs.dead(limit=query_args.limit + 1, before=query_args.before)
    shown, after = page_of(rows, query_args.limit, lambda row: row.id)
    items = [
        DeadJobOut(id=row.id, topic=row.topic, plugin=row.plugin, attempts=row.attempts, error=row.last_error)
        for row in shown
    ]
    return Page[DeadJobOut](items=items, next=after)


@blueprint.post("/jobs/<uuid:job_id>")
@tag(["operator"])
@allow(Access.OPERATOR, scope=Scope.OPERATE)
@validate_request(WorkAct)
@validate_response(Done)
@refuses(401, 403, 404, 422)
async def act_on_job(job_id: UUID, data: WorkAct) -> Done:
    """Begin a job anew that was given up, or forget it."""
    act = backlog().retry_job if data.act == "retry" else backlog().discard_job
    await act(job_id, current_actor())
    return Done()


@blueprint.get("/letters")
@tag(["operator"])
@allow(Access.OPERATOR)
@validate_querystring(PageQuery)
@validate_response(Page[DeadLetterOut])
@refuses(401, 403, 422)
async def letters(query_args: PageQuery) -> Page[DeadLetterOut]:
    """Events that a reader could not handle, the newest first."""
    rows = await dead_letters(platform().db, limit=query_args.limit + 1, before=query_args.before)
    shown, after = page_of(rows, query_args.limit, lambda row: row.id)
    items = [
        DeadLetterOut(
            id=row.id,
            consumer=row.consumer,
            event_id=row.event_id,
            type=row.type,
            attempts=row.attempts,
            error=row.error,
            created_at=row.created_at,
        )
        for row in shown
    ]
    return Page[DeadLetterOut](items=items, next=after)


@blueprint.post("/letters/<uuid:letter_id>")
@tag(["operator"])
@allow(Access.OPERATOR, scope=Scope.OPERATE)
@validate_request(WorkAct)
@validate_response(Done)
@refuses(401, 403, 404, 409, 422)
async def act_on_letter(letter_id: UUID, data: WorkAct) -> Done:
    """Hand an event over again that could not be handled, or forget it."""
    act = backlog().retry_letter if data.act == "retry" else backlog().discard_letter
    await act(letter_id, current_actor())
    return Done()


@blueprint.get("/audit")
@tag(["operator"])
@allow(Access.OPERATOR)
@validate_querystring(AuditQuery)
@validate_response(Page[AuditOut])
@refuses(401, 403, 404, 422)
async def audit(query_args: AuditQuery) -> Page[AuditOut]:
    """Entries of the audit, the newest first."""
    wanted = AuditFilter(
        actor=query_args.actor,
        action=query_args.action,
        since=_aware(query_args.since),
        until=_aware(query_args.until),
    )
    log = platform().domain.audit_log
    rows = await log.page(wanted, before=query_args.before, limit=query_args.limit + 1)
    shown, after = page_of(rows, query_args.limit, lambda row: row.id)
    return Page[AuditOut](items=[_entry(row) for row in shown], next=after)


@blueprint.post("/providers/<kind>/test")
@tag(["operator"])
@allow(Access.OPERATOR, scope=Scope.OPERATE)
@validate_request(TryOut)
@validate_response(FindingOut)
@refuses(401, 403, 404, 422, 429)
async def try_out(kind: str, data: TryOut) -> FindingOut:
    """Try the chosen provider of a kind (auth, streaming, storage, payments, email), within a time limit."""
    if kind not in set(Kind):
        raise NotFound("There is no such kind of provider.")
    await limit("provider-test", 20, timedelta(minutes=10))
    found = await try_provider(platform(), Kind(kind), mail_to=data.to)
    await platform().domain.audit.write(
        "provider.tested", actor=current_actor(), subject=f"provider:{kind}", detail={"outcome": found.sentence}
    )
    return _finding(found)


def _finding(finding: Finding) -> FindingOut:
    return FindingOut(
        check=finding.check, level=finding.level.value, sentence=finding.sentence, next_step=finding.next_step
    )


def _entry(row: AuditEntry) -> AuditOut:
    return AuditOut(
        id=row.id,
        at=row.at,
        actor=row.actor_name,
        action=row.action,
        subject=row.subject,
        detail=row.detail,
        number=row.number,
        chain=row.chain,
    )


def _aware(moment: datetime | None) -> datetime | None:
    """A time without a zone is UTC."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
