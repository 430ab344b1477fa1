"""Webhooks: what providers told, what became of it, and having it handled again."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel
from quart import Response, request

from aethex_live._web.admin.webhooks import WORDS, webhook_view, webhooks_view
from aethex_live._web.pages.admin.routes import back, blueprint, cursor, older
from aethex_live.domain.webhook_desk import Wanted
from aethex_live.errors import Invalid
from aethex_live.web import Access, allow, current_actor, page, platform, read_form
from aethex_live.web.api import page_of

PAGE = 50
HERE = "/admin/webhooks"


class WebhookForm(BaseModel):
    """What is to become of an event, or of a request that could not be read."""

    act: Literal["replay", "read", "replay-dead"]


@blueprint.get("/admin/webhooks")
@allow(Access.OPERATOR)
async def webhooks() -> Response:
    """Events, the newest first."""
    values = {name: request.args.get(name, "")[:40] for name in ("state", "provider")}
    values["state"] = values["state"] if values["state"] in WORDS else ""
    wanted = Wanted(state=values["state"], provider=values["provider"])
    found = await platform().domain.webhook_desk.page(wanted, before=cursor(), limit=PAGE + 1)
    shown, after = page_of(found, PAGE, lambda event: event.id)
    view = await webhooks_view(platform(), list(shown), values, older(HERE, after, values))
    return await page("admin_webhooks.html", view=view)


@blueprint.get("/admin/webhooks/<uuid:event_id>")
@allow(Access.OPERATOR)
async def webhook(event_id: UUID) -> Response:
    """One event with all that is kept of it."""
    return await page("admin_webhook.html", view=await webhook_view(platform(), event_id))


@blueprint.post("/admin/webhooks")
@allow(Access.OPERATOR)
async def replay_dead() -> Response:
    """Have all that was given up handled again."""
    await _act()
    count = await platform().domain.webhook_desk.replay_all(Wanted(state="dead"), current_actor())
    return back(HERE, f"{count} event{'' if count == 1 else 's'} will be handled again.")


@blueprint.post("/admin/webhooks/<uuid:event_id>")
@allow(Access.OPERATOR)
async def act_on_webhook(event_id: UUID) -> Response:
    """Have an event handled again, or a request read again."""
    desk = platform().domain.webhook_desk
    if await _act() == "read":
        new = await desk.read_again(event_id, current_actor())
        return back(HERE, f"The request was read: {new} new event{'' if new == 1 else 's'}.")
    await desk.replay(event_id, current_actor())
    return back(f"{HERE}/{event_id}", "The event will be handled again in a moment.")


async def _act() -> str:
    form = await read_form(WebhookForm)
    if form.data is None:
        raise Invalid("Choose what to do.", field="act")
    return form.data.act
