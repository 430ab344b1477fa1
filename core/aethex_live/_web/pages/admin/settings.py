"""Settings: the few that can be chosen here, and all others with their values and sources."""

from __future__ import annotations

from typing import Any

from quart import Response

from aethex_live._web.admin.settings import ChoicesForm, settings_view
from aethex_live._web.pages.admin.routes import back, blueprint
from aethex_live.domain.site_choices import AT_ONCE
from aethex_live.errors import Refusal
from aethex_live.web import Access, Form, allow, current_actor, page, platform, read_form, require_proof


@blueprint.get("/admin/settings")
@allow(Access.OPERATOR)
async def settings() -> Response:
    """Every setting."""
    return await page("admin_settings.html", view=await settings_view(platform()))


@blueprint.post("/admin/settings")
@allow(Access.OPERATOR)
async def save() -> Response:
    """Keep what was chosen."""
    await require_proof("/admin/settings")
    form = await read_form(ChoicesForm)
    if form.data is None:
        return await _again(form, 422)
    try:
        changed = await platform().domain.choices.change(form.data.given(), current_actor())
    except Refusal as refusal:
        form.refuse(refusal)
        return await _again(form, refusal.status)
    return back("/admin/settings", said_of(changed))


def said_of(changed: list[str]) -> str:
    """What became of the choices."""
    if not changed:
        return "Nothing was changed."
    if set(changed) <= AT_ONCE:
        return "Saved; it counts from now on."
    return "Saved. Some of it counts from the next start of the site: see the marks."


async def _again(form: Form[Any], status: int) -> Response:
    return await page("admin_settings.html", status=status, view=await settings_view(platform(), form))
