"""Channels: finding them, taking them out of lists, ending what is live."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field
from quart import Response, request

from aethex_live._web.admin.people import channels_view
from aethex_live._web.pages.admin.routes import back, blueprint, cursor, older
from aethex_live.errors import Invalid
from aethex_live.web import Access, allow, current_actor, page, platform, read_form
from aethex_live.web.api import page_of

PAGE = 50


class ChannelActForm(BaseModel):
    """What to do about a channel."""

    act: Literal["unlist", "list", "end", "restore"]
    reason: str = Field(default="", max_length=400)


@blueprint.get("/admin/channels")
@allow(Access.OPERATOR)
async def channels() -> Response:
    """Channels, the newest first."""
    values = {name: request.args.get(name, "")[:100] for name in ("q", "show")}
    found = await platform().domain.directory.channels(
        search=values["q"],
        live=values["show"] == "live",
        visibility=values["show"] if values["show"] in {"public", "unlisted"} else "",
        before=cursor(),
        limit=PAGE + 1,
    )
    shown, after = page_of(found, PAGE, lambda one: one.channel.id)
    view = await channels_view(platform(), list(shown), values, older("/admin/channels", after, values))
    return await page("admin_channels.html", view=view)


@blueprint.post("/admin/channels/<name>")
@allow(Access.OPERATOR)
async def act_on_channel(name: str) -> Response:
    """Unlist, list, end or bring back."""
    form = await read_form(ChannelActForm)
    if form.data is None:
        raise Invalid("Choose what to do.", field="act")
    domain, actor = platform().domain, current_actor()
    if form.data.act == "restore":
        channel = await domain.closing.restore_at(name, actor)
        return back("/admin/channels", f"/{channel.slug} is back.")
    channel = await domain.channels.by_slug(name)
    if form.data.act == "end":
        await domain.operators.end_broadcast(channel, actor)
        return back("/admin/channels", f"What was live on /{channel.slug} is ended.")
    if form.data.act == "unlist":
        await domain.operators.list_channel(channel, "unlisted", actor, form.data.reason)
        return back("/admin/channels", f"/{channel.slug} stands in no list any more.")
    await domain.operators.list_channel(channel, "public", actor)
    return back("/admin/channels", f"/{channel.slug} stands in lists again.")
