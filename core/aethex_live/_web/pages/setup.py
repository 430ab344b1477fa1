"""First start: the operator's account, by the one-time link that the command prints."""

from __future__ import annotations

from typing import Any

from quart import Blueprint, Response

from aethex_live._web.cookies import add_flash
from aethex_live._web.pages.accounts import SignUp, signed_in
from aethex_live._web.views import SetupView
from aethex_live._web.way_buttons import way_buttons
from aethex_live.errors import NotFound, Refusal
from aethex_live.providers.auth import AuthCap
from aethex_live.web import Access, Form, allow, page, platform, read_form

blueprint = Blueprint("setup", __name__)


@blueprint.get("/setup/<token>")
@allow(Access.PUBLIC)
async def setup(token: str) -> Response:
    """The form; 404 with the reason for a link that is used up."""
    await platform().domain.setup.check(token)
    return await _show(token, Form[Any](values={}))


@blueprint.post("/setup/<token>")
@allow(Access.PUBLIC)
async def setup_posted(token: str) -> Response:
    """Make the operator's account and sign it in."""
    parts = platform()
    form = await read_form(SignUp)
    if form.data is None:
        await parts.domain.setup.check(token)
        return await _show(token, form, 422)
    try:
        user = await parts.domain.setup.complete(token, form.data.username, form.data.email, form.data.password)
    except NotFound:
        raise
    except Refusal as refusal:
        form.refuse(refusal)
        return await _show(token, form, refusal.status)
    provider = parts.domain.accounts.provider()
    response = await signed_in(user, provider.name if provider else "", "/setup")
    add_flash(response, parts.secrets, parts.site, f"Welcome, {user.username}. You run this site now.")
    return response


async def _show(token: str, form: Form[Any], status: int = 200) -> Response:
    parts = platform()
    view = SetupView(
        action=f"/setup/{token}",
        form=form,
        site_url=parts.site.url,
        local=parts.domain.accounts.can(AuthCap.REGISTER),
        ways=way_buttons(parts, f"/setup/{token}/with"),
    )
    return await page("setup.html", status=status, view=view)
