"""The first of the operator's pages: how the site is."""

from __future__ import annotations

from quart import Response

from aethex_live._web.admin.status import status_view
from aethex_live._web.pages.admin.routes import blueprint
from aethex_live.web import Access, allow, page, platform


@blueprint.get("/admin")
@allow(Access.OPERATOR)
async def status() -> Response:
    """One verdict in words, then everything that was looked at."""
    return await page("admin_status.html", view=await status_view(platform()))
