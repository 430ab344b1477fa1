"""The mails that were kept instead of sent."""

from __future__ import annotations

from uuid import UUID

from quart import Response

from aethex_live._web.admin.plugins import mail_row
from aethex_live._web.pages.admin.routes import blueprint, cursor, older
from aethex_live._web.views import AdminMailsView
from aethex_live.errors import NotFound
from aethex_live.services.mails import KEPT_MAILS
from aethex_live.web import Access, allow, page, platform
from aethex_live.web.api import page_of

PAGE = 30


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
    rows = await service.page(before=cursor(), limit=PAGE + 1)
    shown, after = page_of(rows, PAGE, lambda row: row.id)
    one = await service.get(mail_id) if mail_id else None
    if mail_id and one is None:
        raise NotFound("This mail is not kept any more.")
    view = AdminMailsView(
        mails=[mail_row(row) for row in shown],
        mail=mail_row(one, whole=True) if one else None,
        pager=older("/admin/mails", after, {}),
        keeps="Mails stay here; nothing is sent. Choose another e-mail provider to send them.",
    )
    return await page("admin_mails.html", view=view)
