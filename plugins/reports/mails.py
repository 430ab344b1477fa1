"""Outbox work of reports: the mail that says what became of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aethex_live.jobs import OutboxCall, OutboxHandler
from aethex_live.providers.email import Email
from aethex_live.services.posting import post

from .models import Report
from .queue import outcome_of
from .service import TELL

if TYPE_CHECKING:
    from aethex_live import PluginContext


def tell(context: PluginContext) -> OutboxHandler:
    """The handler that writes to who wanted to hear; without an address or a provider nobody is written to."""

    async def run(call: OutboxCall) -> None:
        report = await Report.filter(id=call.payload["report_id"]).select_related("reporter").first()
        provider = context.providers.email()
        if report is None or provider is None or report.reporter is None or not report.reporter.email:
            return
        if await context.domain.mail_stops.stops(report.reporter.email):
            return
        mail = Email(to=report.reporter.email, subject=_subject(context), text=_text(context, report))
        await post(provider, mail, call)

    return OutboxHandler(topic=TELL, run=run)


def _subject(context: PluginContext) -> str:
    return f"Your report on {context.site.name}"


def _text(context: PluginContext, report: Report) -> str:
    title = " ".join(str(report.snapshot.get("title", "")).split())
    lines = [
        f"On {report.created_at:%d %B %Y} you reported “{title}”.",
        outcome_of(report),
        f"All your reports: {context.site.url}/p/reports/mine",
    ]
    return "\n\n".join(lines) + "\n"
