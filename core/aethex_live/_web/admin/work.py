"""What the operator's pages show of jobs, schedules, dead letters and the audit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from aethex_live._web.views import Option, Pager, Stat
from aethex_live._web.views.operator import AdminJobsView, AuditRow, JobRow, ScheduleView
from aethex_live.events.dead_letters import DeadLetter, dead_letters
from aethex_live.jobs import DeadJob, WaitingJob
from aethex_live.models import AuditEntry, Channel, User
from aethex_live.web.api import page_of
from aethex_live.web.filters import number

if TYPE_CHECKING:
    from aethex_live.platform import Platform

PAGE = 20
MOST_WAITING = 20
LONGEST_VALUE = 300


async def jobs_view(platform: Platform, before_job: UUID | None, before_letter: UUID | None) -> AdminJobsView:
    """The page; the two lists of what failed are paged apart."""
    counts, lag = await platform.jobs.counts(), await platform.dispatcher.lag()
    dead, older_jobs = page_of(await platform.jobs.dead(limit=PAGE + 1, before=before_job), PAGE, lambda row: row.id)
    letters, older_letters = page_of(
        await dead_letters(platform.db, limit=PAGE + 1, before=before_letter), PAGE, lambda row: row.id
    )
    waiting = counts.get("new", 0) + counts.get("sent", 0)
    return AdminJobsView(
        figures=[
            Stat(label="Waiting", value=number(waiting), icon="hourglass"),
            Stat(label="Done in the last 7 days", value=number(counts.get("done", 0)), icon="circle-check"),
            Stat(label="Given up", value=number(counts.get("dead", 0)), icon="circle-alert"),
            Stat(label="Events behind", value=number(max(lag.values(), default=0)), icon="scroll-text"),
        ],
        dead=[dead_row(job) for job in dead],
        letters=[letter_row(letter) for letter in letters],
        waiting=[waiting_row(job) for job in await platform.jobs.waiting(limit=MOST_WAITING)],
        schedules=await schedule_views(platform),
        dead_pager=Pager(older=f"/admin/jobs?jobs={older_jobs}#dead" if older_jobs else None),
        letters_pager=Pager(older=f"/admin/jobs?letters={older_letters}#letters" if older_letters else None),
    )


def dead_row(job: DeadJob) -> JobRow:
    """A job that was given up. Its payload is not shown: it may hold what people wrote."""
    tries = "1 attempt" if job.attempts == 1 else f"{job.attempts} attempts"
    return JobRow(id=str(job.id), title=job.topic, note=f"{job.plugin} · {tries}", error=job.last_error)


def letter_row(letter: DeadLetter) -> JobRow:
    """An event that a reader could not handle."""
    return JobRow(
        id=str(letter.id),
        title=letter.type or "an event that is gone",
        note=f"{letter.consumer} · {letter.subject}" if letter.subject else letter.consumer,
        error=letter.error,
        when=letter.created_at,
    )


def waiting_row(job: WaitingJob) -> JobRow:
    """A job that is not done."""
    return JobRow(
        id=str(job.id),
        title=job.topic,
        note=job.plugin if not job.attempts else f"{job.plugin} · attempt {job.attempts + 1}",
        error=job.last_error,
        when=job.available_at,
        state="Running" if job.state == "sent" else "Waiting",
        shape="healthy" if job.state == "sent" else "off",
    )


async def schedule_views(platform: Platform) -> list[ScheduleView]:
    """What is done again and again."""
    return [
        ScheduleView(
            name=row.name,
            every=span(row.every) if row.every else "",
            due_at=row.due_at,
            running=row.running,
            known=row.known,
        )
        for row in await platform.jobs.schedules()
    ]


def span(length: timedelta) -> str:
    """`every 5 minutes`."""
    seconds = int(length.total_seconds())
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        if seconds >= size and seconds % size == 0:
            count = seconds // size
            return f"every {unit}" if count == 1 else f"every {count} {unit}s"
    return f"every {length.total_seconds():g} seconds"


async def audit_rows(entries: Sequence[AuditEntry]) -> list[AuditRow]:
    """Entries with links to what they are about, where that is still there."""
    names = await _names(entries)
    return [
        AuditRow(
            id=str(entry.id),
            at=entry.at,
            actor=entry.actor_name,
            action=entry.action,
            subject=names.get(entry.subject, (entry.subject, ""))[0],
            href=names.get(entry.subject, ("", ""))[1],
            detail=[(name, _text(value)) for name, value in entry.detail.items()],
            number=entry.number,
        )
        for entry in entries
    ]


async def _names(entries: Sequence[AuditEntry]) -> Mapping[str, tuple[str, str]]:
    """Subject -> (what people call it, its page)."""
    ids: dict[str, list[UUID]] = {"user": [], "channel": []}
    found: dict[str, tuple[str, str]] = {}
    for entry in entries:
        kind, _, key = entry.subject.partition(":")
        if kind in ids:
            ids[kind].extend(_uuid(key))
        elif kind == "plugin":
            found[entry.subject] = (key, f"/admin/plugins/{key}")
    users = await User.filter(id__in=ids["user"]).exclude(state="deleted").values("id", "username")
    found |= {f"user:{row['id']}": (f"@{row['username']}", f"/admin/people/{row['username']}") for row in users}
    channels = await Channel.filter(id__in=ids["channel"]).values("id", "slug")
    return found | {f"channel:{row['id']}": (f"/{row['slug']}", f"/{row['slug']}") for row in channels}


def _uuid(text: str) -> list[UUID]:
    try:
        return [UUID(text)]
    except ValueError:
        return []


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def action_options(actions: Sequence[str]) -> list[Option]:
    """The filter's list: each action, and each beginning that several share."""
    groups = sorted({action.partition(".")[0] for action in actions if "." in action})
    made = [Option(value="", label="Everything")]
    made += [Option(value=f"{group}.", label=f"{group}: all") for group in groups]
    return made + [Option(value=action, label=action) for action in actions]
