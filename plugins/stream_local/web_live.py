"""Going live from the browser, the parts of the site: its page, its ticket in the API, its links in the studio."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from pydantic import BaseModel, Field
from quart import Blueprint, Response, request
from quart_schema import hide, tag, validate_response

from aethex_live.domain.rights import Right
from aethex_live.errors import Conflict
from aethex_live.hookspecs.web import Slot, SlotContribution
from aethex_live.web import Access, allow, current_actor, current_channel, limit, page
from aethex_live.web.api import refuses

from .ffmpeg import find_ffmpeg
from .service import PROVIDER
from .web_ingest import PATH
from .web_tickets import LIFE, Tickets

if TYPE_CHECKING:
    from aethex_live import PluginContext

    from .settings import StreamLocalSettings

PERMISSIONS: Final = "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=(), usb=()"
_OFF: Final = "Going live from the browser is switched off on this site: use an encoder such as OBS."


class TicketOut(BaseModel):
    """What a page needs to open the socket."""

    ticket: str = Field(description="good for one connection from this session")
    expires_in: float = Field(description="seconds for which it holds")
    socket: str = Field(description="path of the websocket on this host")
    max_kbps: int = Field(description="bitrate in kb/s above which the stream is cut off")
    converter: bool = Field(description="whether WebM is taken, from browsers that can't encode single frames")


class BrowserLive:
    """The page, the ticket, the links."""

    def __init__(self, context: PluginContext) -> None:
        self._context = context
        self._settings = cast("StreamLocalSettings", context.settings)
        self._ffmpeg: Path | None = None
        self.tickets = Tickets(context)

    async def converter(self) -> Path | None:
        """The ffmpeg for browsers without WebCodecs."""
        if self._ffmpeg is None:
            self._ffmpeg = await find_ffmpeg(self._context.site.ffmpeg)
        return self._ffmpeg

    def blueprints(self) -> list[Blueprint]:
        """The page and the API."""
        pages = Blueprint("stream_local", __name__, url_prefix="/p/stream_local/<slug>")
        pages.get("/go-live")(self.go_live)
        api = Blueprint("stream_local_api", __name__, url_prefix="/api/v1/channels/<slug>/browser-live")
        api.post("")(self.ticket)
        return [pages, api]

    def slots(self) -> list[SlotContribution]:
        """A link in the studio's rail, and a card in the stream manager while nothing is live."""
        if not self._settings.browser:
            return []
        return [
            SlotContribution(slot=Slot.STUDIO_NAV, template="stream_local/nav.html", context=self._nav),
            SlotContribution(slot=Slot.DASHBOARD_MAIN, template="stream_local/card.html", context=self._card, order=20),
        ]

    # --- views

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def go_live(self, slug: str) -> Response:
        """Camera, microphone and screen, and the button that goes live with them."""
        channel = current_channel()
        await self._context.domain.moderators.require(channel, current_actor(), Right.STREAM_START)
        self._check()
        answer = await page(
            "stream_local/go_live.html",
            area="studio",
            channel=channel,
            converter=await self.converter() is not None,
            max_kbps=self._settings.max_kbps,
        )
        # the only page that may use them
        answer.headers["Permissions-Policy"] = PERMISSIONS
        return answer

    @tag(["streaming"])
    @allow(Access.CHANNEL_MODERATOR)
    @validate_response(TicketOut, 201)
    @refuses(401, 403, 404, 409, 429, 503)
    async def ticket(self, slug: str) -> tuple[TicketOut, int]:
        """A ticket for the websocket that takes this browser's picture and sound."""
        await limit("browser-live", 60, LIFE * 10)
        await self._context.domain.moderators.require(current_channel(), current_actor(), Right.STREAM_START)
        self._check()
        ticket = await self.tickets.give(current_channel(), current_actor())
        made = TicketOut(
            ticket=ticket,
            expires_in=LIFE.total_seconds(),
            socket=PATH,
            max_kbps=self._settings.max_kbps,
            converter=await self.converter() is not None,
        )
        return made, 201

    def _check(self) -> None:
        if not self._settings.browser:
            raise Conflict(_OFF)
        streaming = self._context.providers.streaming()
        if streaming is None or streaming.name != PROVIDER:
            raise Conflict("Streams of this site do not come in here: go live with an encoder such as OBS.")

    # --- slots

    def _offered(self) -> bool:
        streaming = self._context.providers.streaming()
        return streaming is not None and streaming.name == PROVIDER

    async def _nav(self, shown: Mapping[str, Any]) -> Mapping[str, Any] | None:
        channel = shown.get("channel")
        if channel is None or not self._offered() or not await self.tickets.may(current_channel(), current_actor()):
            return None
        address = address_of(channel.slug)
        return {"address": address, "current": request.path == address}

    async def _card(self, shown: Mapping[str, Any]) -> Mapping[str, Any] | None:
        if shown.get("live") is not None or not self._offered():
            return None
        if not await self.tickets.may(current_channel(), current_actor()):
            return None
        return {"address": address_of(shown["channel"].slug)}


def address_of(slug: str) -> str:
    """The page's path."""
    return f"/p/stream_local/{slug}/go-live"
