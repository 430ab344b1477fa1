"""Pages below /p/applause/: what a channel's broadcasts got, and clapping without JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import BaseModel
from quart import Blueprint, Response

from aethex_live.errors import Invalid
from aethex_live.web import Access, allow, current_actor, current_channel, page, read_form, redirect_to

if TYPE_CHECKING:
    from .service import Claps


class ClapForm(BaseModel):
    """The form under the player."""

    broadcast: UUID


class Pages:
    """Views parse and call; each says who may call it."""

    def __init__(self, claps: Claps) -> None:
        self._claps = claps

    def blueprint(self) -> Blueprint:
        """The routes."""
        routes = Blueprint("applause", __name__, url_prefix="/p/applause/<slug>")
        routes.get("")(self.counts)
        routes.post("")(self.clap)
        return routes

    @allow(Access.CHANNEL)
    async def counts(self, slug: str) -> Response:
        """What the channel's broadcasts got."""
        channel = current_channel()
        return await page("applause/counts.html", channel=channel, counts=await self._claps.of_channel(channel.id))

    @allow(Access.CHANNEL_MEMBER)
    async def clap(self, slug: str) -> Response:
        """Clap, and go back to the stream. A Refusal becomes a page that says so."""
        form = await read_form(ClapForm)
        if form.data is None:
            raise Invalid("Clap by the button under the player.")
        await self._claps.clap(form.data.broadcast, current_actor())
        return redirect_to(f"/{current_channel().slug}/live")
