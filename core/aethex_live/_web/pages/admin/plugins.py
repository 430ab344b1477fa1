"""Plugins: by phase, one with all its parts, and turning them off and on."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel
from quart import Response

from aethex_live._web.admin.plugins import detail_view, off_view, plugins_view
from aethex_live._web.pages.admin.routes import back, blueprint
from aethex_live.errors import Invalid
from aethex_live.web import Access, allow, current_actor, page, platform, read_form, require_proof


class SwitchForm(BaseModel):
    """What is to become of a plugin, and which page to come back to."""

    switch: Literal["on", "off", "resume"]
    to: Literal["list", "plugin", "setup"] = "list"


@blueprint.get("/admin/plugins")
@allow(Access.OPERATOR)
async def plugins() -> Response:
    """All plugins by phase, and who does the exclusive jobs."""
    return await page("admin_plugins.html", view=plugins_view(platform()))


@blueprint.get("/admin/plugins/<name>")
@allow(Access.OPERATOR)
async def plugin(name: str) -> Response:
    """All that is known of a plugin."""
    return await page("admin_plugin.html", view=await detail_view(platform(), name))


@blueprint.get("/admin/plugins/<name>/off")
@allow(Access.OPERATOR)
async def turning_off(name: str) -> Response:
    """What disappears, before it is turned off."""
    return await page("admin_plugin_off.html", view=await off_view(platform(), name))


@blueprint.post("/admin/plugins/<name>")
@allow(Access.OPERATOR)
async def switch(name: str) -> Response:
    """Switch a plugin off at once, on at the next start, or end its suspension."""
    form = await read_form(SwitchForm)
    if form.data is None:
        raise Invalid("Choose on, off or resume.", field="switch")
    target = {"list": "/admin/plugins", "plugin": f"/admin/plugins/{name}", "setup": "/setup/features"}
    await require_proof(target[form.data.to])
    said = await platform().switch_plugin(name, form.data.switch, current_actor())
    return back(target[form.data.to], said)
