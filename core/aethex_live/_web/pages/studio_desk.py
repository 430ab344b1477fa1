"""The desk of a channel's moderators: what the owner lets them do besides the chat."""

from __future__ import annotations

from typing import Any

from quart import Blueprint, Response

from aethex_live._web.cards import Cards
from aethex_live._web.cookies import add_flash
from aethex_live._web.pages.studio import Details, categories
from aethex_live._web.views import DeskView
from aethex_live._web.words import language_options
from aethex_live.domain.rights import SENTENCES, Right
from aethex_live.errors import Refusal
from aethex_live.web import (
    Access,
    Form,
    allow,
    current_actor,
    current_channel,
    page,
    platform,
    read_form,
    redirect_to,
)

blueprint = Blueprint("studio_desk", __name__)


@blueprint.get("/studio/<slug>/desk")
@allow(Access.CHANNEL_MODERATOR)
async def desk(slug: str) -> Response:
    """What the actor may do here."""
    return await _show()


@blueprint.post("/studio/<slug>/desk/details")
@allow(Access.CHANNEL_MODERATOR)
async def details(slug: str) -> Response:
    """Save title, category and language."""
    form = await read_form(Details)
    if form.data is None:
        return await _show(form, 422)
    try:
        await platform().domain.channels.update(current_channel(), current_actor(), form.data.model_dump())
    except Refusal as refusal:
        form.refuse(refusal)
        return await _show(form, refusal.status)
    return _back("Title and category are saved.")


@blueprint.post("/studio/<slug>/desk/end")
@allow(Access.CHANNEL_MODERATOR)
async def end(slug: str) -> Response:
    """End the stream at once."""
    await platform().domain.moderators.require(current_channel(), current_actor(), Right.STREAM_END)
    await platform().domain.ingests.end(current_channel())
    return _back("The stream is ended.")


def _back(text: str) -> Response:
    parts = platform()
    response = redirect_to(f"/studio/{current_channel().slug}/desk")
    return add_flash(response, parts.secrets, parts.site, text)


async def _show(form: Form[Any] | None = None, status: int = 200) -> Response:
    parts, channel = platform(), current_channel()
    cards = Cards(parts)
    await cards.know([channel])
    rights = await parts.domain.moderators.rights(channel, current_actor())
    broadcast = await parts.domain.broadcasts.of_channel(channel.id)
    typed = {
        "title": channel.title,
        "category": channel.category.slug if channel.category else "",
        "language": channel.language,
    }
    view = DeskView(
        channel=cards.channel(channel, live=broadcast is not None),
        live=cards.live(broadcast) if broadcast else None,
        rights=[SENTENCES[right] for right in Right if right in rights],
        may_edit=Right.STREAM_EDIT in rights,
        may_end=Right.STREAM_END in rights,
        form=form or Form[Any](values=typed),
        categories=await categories(),
        languages=language_options(),
    )
    return await page("studio_desk.html", status=status, view=view)
