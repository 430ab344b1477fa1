"""Jobs: what waits, what is done again and again, what was given up and could not be handled."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel
from quart import Response

from aethex_live._web.admin.work import jobs_view
from aethex_live._web.pages.admin.routes import back, blueprint, cursor
from aethex_live.domain.backlog import Backlog
from aethex_live.errors import Invalid
from aethex_live.web import Access, allow, current_actor, page, platform, read_form


class JobForm(BaseModel):
    """What is to become of something that failed."""

    act: Literal["retry", "discard"]


@blueprint.get("/admin/jobs")
@allow(Access.OPERATOR)
async def jobs() -> Response:
    """Everything that is done outside of requests."""
    view = await jobs_view(platform(), cursor("jobs"), cursor("letters"))
    return await page("admin_jobs.html", view=view)


@blueprint.post("/admin/jobs/<uuid:job_id>")
@allow(Access.OPERATOR)
async def act_on_job(job_id: UUID) -> Response:
    """Begin a job anew that was given up, or forget it."""
    act = await _act()
    if act == "retry":
        await backlog().retry_job(job_id, current_actor())
        return back("/admin/jobs", "The job begins anew.")
    await backlog().discard_job(job_id, current_actor())
    return back("/admin/jobs", "The job is discarded.")


@blueprint.post("/admin/letters/<uuid:letter_id>")
@allow(Access.OPERATOR)
async def act_on_letter(letter_id: UUID) -> Response:
    """Hand an event over again that could not be handled, or forget it."""
    act = await _act()
    if act == "retry":
        await backlog().retry_letter(letter_id, current_actor())
        return back("/admin/jobs", "The event was handled.")
    await backlog().discard_letter(letter_id, current_actor())
    return back("/admin/jobs", "The event is discarded.")


def backlog() -> Backlog:
    """What acts on jobs and dead letters."""
    parts = platform()
    return Backlog(parts.db, parts.jobs, parts.dispatcher, parts.domain.audit)


async def _act() -> str:
    form = await read_form(JobForm)
    if form.data is None:
        raise Invalid("Choose retry or discard.", field="act")
    return form.data.act
