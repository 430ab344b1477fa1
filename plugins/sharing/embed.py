"""Players in frames of other sites: no session, no cookie, nothing of the site around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from quart import Blueprint, Response, request

from aethex_live.errors import NotFound
from aethex_live.web import GUEST, Access, allow, current_channel, page, redirect_to
from aethex_live.web.playing import player_of_channel, player_of_recording

from .public import is_shown, on_air

if TYPE_CHECKING:
    from aethex_live import PluginContext
    from aethex_live.models import Channel

    from .settings import SharingSettings

NOT_HERE = "This video is not there, or it is not for everyone."
SWITCHED_OFF = "This site does not show its players on other sites."
OPTIONS = ("autoplay", "muted", "t")


class Embeds:
    """Views for frames; whoever is signed in here is a guest in them."""

    def __init__(self, context: PluginContext, settings: SharingSettings) -> None:
        self._context = context
        self._settings = settings

    def blueprint(self) -> Blueprint:
        """The routes."""
        routes = Blueprint("sharing_embed", __name__, url_prefix="/embed")
        routes.get("/<slug>")(self.channel)
        routes.get("/videos/<uuid:video_id>")(self.video)
        return routes

    @allow(Access.CHANNEL, as_guest=True)
    async def channel(self, slug: str) -> Response:
        """What is on at a channel, or that nothing is."""
        row = current_channel()
        if row.slug != slug:
            return redirect_to(f"/embed/{row.slug}?{_options()}".rstrip("?"))
        broadcast = on_air(await self._context.domain.broadcasts.of_channel(row.id))
        shown, player = await player_of_channel(row, broadcast)
        title = broadcast.title if broadcast else ""
        return await self._show(row, f"/{row.slug}/live", title, shown, player)

    @allow(Access.PUBLIC, as_guest=True)
    async def video(self, video_id: UUID) -> Response:
        """A recording that is public or unlisted."""
        try:
            row = await self._context.domain.recordings.get(video_id, GUEST)
        except NotFound:
            return await self._refuse(NOT_HERE, 404)
        if not is_shown(row):
            return await self._refuse(NOT_HERE, 404)
        shown, player = await player_of_recording(row)
        return await self._show(row.channel, f"/videos/{row.id}", row.title, shown, player)

    async def _show(self, row: Channel, path: str, title: str, channel: Any, player: Any) -> Response:
        if not self._settings.embeds:
            return await self._refuse(SWITCHED_OFF, 403)
        gated = row.mature and "adult" not in request.args
        context = {
            "channel": channel,
            "player_view": None if gated else player,
            "gated": gated,
            "consent": f"?{urlencode([('adult', '1'), *_chosen()])}",
            "title": title or row.name,
            "address": f"{self._context.site.url}{path}",
        }
        return _unlisted(await page("sharing/embed.html", player=True, framed=True, **context))

    async def _refuse(self, sentence: str, status: int) -> Response:
        address = self._context.site.url
        template = "sharing/embed_gone.html"
        return _unlisted(await page(template, status=status, framed=True, sentence=sentence, address=address))


def _chosen() -> list[tuple[str, str]]:
    return [(name, request.args[name][:20]) for name in OPTIONS if name in request.args]


def _options() -> str:
    return urlencode(_chosen())


def _unlisted(response: Response) -> Response:
    """Frames are no pages of their own for search engines, and the same for everyone."""
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers.pop("Vary", None)
    return response
