"""Filing reports and closing them: the rules, each change with its event and its audit entry."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from tortoise.exceptions import IntegrityError

from aethex_live.errors import Conflict, Invalid, NotFound, TooMany, Unauthenticated
from aethex_live.events import record
from aethex_live.ids import uuid7
from aethex_live.models import User

from .acts import Acts
from .events import ReportFiled, ReportsClosed
from .models import Report
from .reasons import Act, Reason
from .subjects import Subjects, snapshot_of

if TYPE_CHECKING:
    from aethex_live import PluginContext
    from aethex_live.actor import Actor
    from aethex_live.hookspecs.moderation import Reportable

    from .settings import ReportsSettings

TELL = "reports.tell"
LONGEST, LONGEST_NOTE = 1000, 300
HOUR = timedelta(hours=1)
_BATCH = 1000
_TIDY = "delete from reports_report where id in (select id from reports_report where closed_at < $1 limit $2)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """What somebody says about a thing."""

    kind: str
    subject_id: str
    reason: Reason
    text: str = ""
    wants_news: bool = False


class Reports:
    """Takes reports and closes them."""

    def __init__(self, context: PluginContext, settings: ReportsSettings, subjects: Subjects) -> None:
        self._context = context
        self._settings = settings
        self._subjects = subjects
        self._acts = Acts(context)
        self._guest_key = context.secrets.derive("guests")

    async def file(self, filing: Filing, actor: Actor, address: str) -> Report:
        """Take a report. Raises NotFound, Invalid, TooMany; Conflict where the same person's is open already."""
        text = check_text(filing.text, LONGEST, "text")
        if actor.user_id is None and not self._settings.guests:
            raise Unauthenticated("Sign in to report this.")
        found = await self._subjects.get(filing.kind, filing.subject_id)
        who = str(actor.user_id) if actor.user_id else self.guest(address)
        await self._limit(who, guest=actor.user_id is None)
        try:
            return await self._store(filing, found, actor, who, text)
        except IntegrityError:
            raise Conflict("You have reported this already; we are looking at it.", code="reported") from None

    async def _limit(self, who: str, *, guest: bool) -> None:
        most = self._settings.guests_per_hour if guest else self._settings.accounts_per_hour
        verdict = await self._context.limiter.hit(f"reports.file:{who}", most, HOUR)
        if not verdict.allowed:
            raise TooMany("That were many reports. Wait a while, please.", retry_after=verdict.retry_after_s)

    async def _store(self, filing: Filing, found: Reportable, actor: Actor, who: str, text: str) -> Report:
        async with self._context.db.transaction():
            report = await Report.create(
                kind=filing.kind,
                subject_id=filing.subject_id,
                channel_id=found.channel_id,
                accused_id=found.author_id,
                reporter_id=actor.user_id,
                guest_hash=None if actor.user_id else who,
                reason=filing.reason.value,
                text=text,
                snapshot=snapshot_of(found),
                wants_news=filing.wants_news and actor.user_id is not None,
                open_key=_open_key(who, filing),
                created_at=self._context.clock.now(),
            )
            await record(
                ReportFiled(
                    report_id=report.id,
                    kind=filing.kind,
                    subject_id=filing.subject_id,
                    channel_id=found.channel_id,
                    reason=filing.reason.value,
                ),
                subject=f"report:{report.id}",
                actor=actor.user_id,
                channel=found.channel_id,
            )
        return report

    async def close(
        self, kind: str, subject_id: str, act: Act, note: str, actor: Actor, *, channel_id: UUID | None = None
    ) -> int:
        """Do what is to be done and close all open reports of a thing; returns how many they were.

        With `channel_id` only those of that channel's chat, as its moderators may. Raises NotFound where none is
        open, Invalid about `note`, and what the act itself refuses: then the reports stay open.
        """
        said = check_text(note, LONGEST_NOTE, "note")
        if act is Act.DISMISS and not said:
            raise Invalid("Say why there is nothing to do.", field="note")
        rows = await self._open(kind, subject_id, channel_id)
        if not rows:
            raise NotFound("These reports are closed already.")
        await self._acts.carry_out(act, rows[-1], said, actor)
        return await self._close(rows, act, said, actor)

    async def _open(self, kind: str, subject_id: str, channel_id: UUID | None) -> Sequence[Report]:
        rows = Report.filter(kind=kind, subject_id=subject_id, closed_at__isnull=True)
        if channel_id is not None:
            rows = rows.filter(channel_id=channel_id)
        return await rows.order_by("id")

    async def _close(self, rows: Sequence[Report], act: Act, note: str, actor: Actor) -> int:
        case_id, first = uuid7(), rows[0]
        ids = [row.id for row in rows]
        async with self._context.db.transaction():
            count = await Report.filter(id__in=ids, closed_at__isnull=True).update(
                open_key=None,
                guest_hash=None,  # it served to know one guest from another, and that is over
                closed_at=self._context.clock.now(),
                closed_by=actor.user_id,
                case_id=case_id,
                act=act.value,
                note=note,
            )
            if not count:
                raise NotFound("These reports are closed already.")
            await record(
                ReportsClosed(
                    case_id=case_id,
                    kind=first.kind,
                    subject_id=first.subject_id,
                    channel_id=first.channel_id,
                    act=act.value,
                    reports=count,
                ),
                subject=f"{first.kind}:{first.subject_id}",
                actor=actor.user_id,
                channel=first.channel_id,
            )
            await self._context.domain.audit.write(
                f"reports.{act.value}",
                actor=actor,
                subject=f"{first.kind}:{first.subject_id}",
                channel_id=first.channel_id,
                detail={"reports": count, "note": note, "title": str(first.snapshot.get("title", ""))},
            )
            for row in rows:
                if row.wants_news and row.reporter_id:
                    await self._context.jobs.publish(TELL, {"report_id": str(row.id)}, plugin=self._context.name)
        return count

    async def may_hear(self, actor: Actor) -> bool:
        """Whether the actor has an address that news could go to."""
        if actor.user_id is None or self._context.providers.email() is None:
            return False
        return await User.filter(id=actor.user_id).exclude(email=None).exists()

    async def tidy(self) -> int:
        """Forget closed reports that are older than the setting says; returns how many."""
        before, count = self._context.clock.now() - timedelta(days=self._settings.keep_days), 0
        while deleted := await self._context.db.execute(_TIDY, [before, _BATCH]):
            count += deleted
        return count

    def guest(self, address: str) -> str:
        """What tells one guest from another: no address, and only this site can make it from one."""
        return hmac.new(self._guest_key, _network(address).encode(), hashlib.sha256).hexdigest()


def _network(address: str) -> str:
    """One household: an IPv4 address, or the 64 bits of an IPv6 one that a line has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network(f"{parsed}/64", strict=False)) if parsed.version == 6 else str(parsed)


def _open_key(who: str, filing: Filing) -> str:
    return hashlib.sha256(f"{who}|{filing.kind}|{filing.subject_id}".encode()).hexdigest()


def check_text(text: str, longest: int, field: str) -> str:
    """The text without controls and empty ends. Raises Invalid about `field` when it is too long."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(c for c in lines if c == "\n" or c.isprintable() or c == "\u200d").strip()
    if len(kept) > longest:
        raise Invalid(f"Use at most {longest:,} characters; these are {len(kept):,}.", field=field)
    return kept
