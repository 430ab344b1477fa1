"""The site's terms: reading them, accepting them."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel
from quart import Blueprint, Response

from aethex_live._web import terms
from aethex_live._web.views import TermsView
from aethex_live.errors import NotFound
from aethex_live.web import Access, allow, current_actor, page, platform, read_form, redirect_to
from aethex_live.web.pages import local_address, safe_next

blueprint = Blueprint("terms", __name__)
TICK = "Tick the box to accept the terms; without it you can't go on here."


class AcceptForm(BaseModel):
    """The box, and where to go on."""

    accept: bool = False
    next: str = "/"


@blueprint.get("/terms")
@allow(Access.PUBLIC)
async def read() -> Response:
    """The terms; whoever has not accepted them yet is asked."""
    return await _show(safe_next())


@blueprint.post("/terms")
@allow(Access.SIGNED_IN)
async def accept() -> Response:
    """Accept the terms of today."""
    form, parts = await read_form(AcceptForm), platform()
    wanted = (local_address(form.data.next) if form.data else None) or "/"
    if form.data is None or not form.data.accept:
        return await _show(wanted, error=TICK, status=422)
    await parts.domain.accounts.accept_terms(_user_id(), parts.site.terms_version)
    parts.domain.sessions.forget(user_id=_user_id())
    return redirect_to(wanted)


def _user_id() -> UUID:
    user_id = current_actor().user_id
    assert user_id is not None, "the guard lets signed-in people through only"
    return user_id


async def _show(wanted: str, *, error: str = "", status: int = 200) -> Response:
    site = platform().site
    text = terms.paragraphs(site)
    if not site.terms_url and not text:
        raise NotFound("This site has no terms of its own.")
    ask = terms.missing(site, current_actor())
    view = TermsView(url=site.terms_url, paragraphs=text, ask=ask, next=wanted, error=error)
    return await page("terms.html", status=status, view=view)
