"""The operator's pages: plugins with their state and reason, mails that were kept."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel
from quart import Blueprint, Response, request

from aethex_live._web import admin_views
from aethex_live._web.cookies import add_flash
from aethex_live._web.views import AdminMailsView, Pager
from aethex_live.errors import Invalid, NotFound
from aethex_live.services.mails import KEPT_MAILS
from aethex_live.web import Access, allow, current_actor, page, platform, read_form, redirect_to
from aethex_live.web.api import page_of, uuid_of

blueprint = Blueprint("admin", __name__)
PAGE = 30


class SwitchForm(BaseModel):
    """What is to become of a plugin."""

    switch: Literal["on", "off", "resume"]


@blueprint.get("/admin")
@allow(Access.OPERATOR)
async def admin() -> Response:
    """The first of the operator's pages."""
    return redirect_to("/admin/plugins")


@blueprint.get("/admin/plugins")
@allow(Access.OPERATOR)
async def plugins() -> Response:
    """All plugins by phase, and who does the exclusive jobs."""
    return await page("admin_plugins.html", view=admin_views.plugins_view(platform()))


@blueprint.post("/admin/plugins/<name>")
@allow(Access.OPERATOR)
async def switch(name: str) -> Response:
    """Switch a plugin off at once, on at the next start, or end its suspension."""
    form = await read_form(SwitchForm)
    if form.data is None:
        raise Invalid("Choose on, off or resume.", field="switch")
    parts = platform()
    said = await parts.switch_plugin(name, form.data.switch, current_actor())
    response = redirect_to("/admin/plugins")
    return add_flash(response, parts.secrets, parts.site, said)


@blueprint.get("/admin/mails")
@allow(Access.OPERATOR)
async def mails() -> Response:
    """The mails that were kept, newest first."""
    return await _show_mails(None)


@blueprint.get("/admin/mails/<uuid:mail_id>")
@allow(Access.OPERATOR)
async def mail(mail_id: UUID) -> Response:
    """One mail beside the list."""
    return await _show_mails(mail_id)


async def _show_mails(mail_id: UUID | None) -> Response:
    service = platform().services.get(KEPT_MAILS)
    if service is None:
        keeps = "The e-mail provider of this site keeps no mails."
        return await page("admin_mails.html", view=AdminMailsView(keeps=keeps))
    wanted = request.args.get("before")
    before = uuid_of(wanted, "before") if wanted else None
    rows = await service.page(before=before, limit=PAGE + 1)
    shown, after = page_of(rows, PAGE, lambda row: row.id)
    one = await service.get(mail_id) if mail_id else None
    if mail_id and one is None:
        raise NotFound("This mail is not kept any more.")
    view = AdminMailsView(
        mails=[admin_views.mail_row(row) for row in shown],
        mail=admin_views.mail_row(one, whole=True) if one else None,
        pager=Pager(older=f"/admin/mails?before={after}" if after else None),
        keeps="Mails stay here; nothing is sent. Choose another e-mail provider to send them.",
    )
    return await page("admin_mails.html", view=view)
