"""The audit log: who did what, filtered, and whether the chain over it holds."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, time, timedelta

from quart import Response, request

from aethex_live._web.admin.work import action_options, audit_rows
from aethex_live._web.pages.admin.routes import blueprint, cursor, older
from aethex_live._web.views import Tone
from aethex_live._web.views.operator import AdminAuditView
from aethex_live.domain.audit_log import AuditFilter
from aethex_live.web import Access, allow, page, platform
from aethex_live.web.api import page_of

PAGE = 50
FILTERS = ("actor", "action", "since", "until")
VERIFY_S = 20.0


@blueprint.get("/admin/audit")
@allow(Access.OPERATOR)
async def audit() -> Response:
    """Entries, the newest first."""
    return await _show("", "neutral")


@blueprint.post("/admin/audit/verify")
@allow(Access.OPERATOR)
async def verify() -> Response:
    """Look over the whole chain, and say whether anything was changed or is missing."""
    try:
        async with asyncio.timeout(VERIFY_S):
            await platform().audit_chain.seal()
            found = await platform().audit_chain.verify()
    except TimeoutError:
        said = f"The log is too long to be read within {VERIFY_S:.0f} s: run `aethex audit verify` on the machine."
        return await _show(said, "warn")
    if found.broken is not None:
        return await _show(f"The chain breaks at entry {found.broken}: {found.why}.", "danger")
    return await _show(f"All {found.head.number:,} entries are as they were written, and none is missing.", "ok")


async def _show(verdict: str, tone: Tone) -> Response:
    values = {name: request.args.get(name, "")[:100] for name in FILTERS}
    errors: dict[str, str] = {}
    wanted = AuditFilter(
        actor=values["actor"].removeprefix("@"),
        action=values["action"],
        since=_day(values, "since", errors),
        until=_day(values, "until", errors, after=True),
    )
    log = platform().domain.audit_log
    rows = await log.page(wanted, before=cursor(), limit=PAGE + 1)
    shown, after = page_of(rows, PAGE, lambda row: row.id)
    chain = await log.chain()
    view = AdminAuditView(
        entries=await audit_rows(shown),
        values=values,
        actions=action_options(await log.actions()),
        chained=chain.chained,
        waiting=chain.waiting,
        head=chain.head,
        verdict=verdict,
        tone=tone,
        pager=older("/admin/audit", after, values),
        errors=errors,
    )
    return await page("admin_audit.html", view=view)


def _day(values: dict[str, str], name: str, errors: dict[str, str], *, after: bool = False) -> datetime | None:
    """The beginning of a day (UTC), or its end; a date that is none is told beside its field."""
    if not values[name]:
        return None
    try:
        day = date.fromisoformat(values[name]) + (timedelta(days=1) if after else timedelta(0))
    except (ValueError, OverflowError):
        errors[name] = "Give a day such as 2026-11-22."
        return None
    return datetime.combine(day, time(), UTC)
