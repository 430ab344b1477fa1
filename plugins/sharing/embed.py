"""Players in frames of other sites: no session, no cookie, nothing of the site around them.

The gate before content for adults can't lean on a cookie here, because browsers keep those from frames. The answer is
a signed word in the address instead, good for whom it was given to, so that no site can frame a player past the gate.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from quart import Blueprint, Response, request

from aethex_live.errors import NotFound, Refusal
from aethex_live.secrets import BadSignature
from aethex_live.web import GUEST, Access, allow, client_address, current_channel, page, redirect_to
from aethex_live.web.playing import player_of_channel, player_of_recording

from .public import is_shown, on_air

if TYPE_CHECKING:
    from aethex_live import PluginContext
    from aethex_live.models import Channel

    from .settings import SharingSettings

NOT_HERE = "This video is not there, or it is not for everyone."
SWITCHED_OFF = "This site does not show its players on other sites."
OPTIONS = ("autoplay", "muted", "t")
ADULT = "adult"
AGREED_FOR = timedelta(hours=12)


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
        routes.get("/<path:nothing>")(self.nothing)
        routes.register_error_handler(Refusal, self._refused)
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

    @allow(Access.PUBLIC, as_guest=True)
    async def nothing(self, nothing: str) -> Response:
        """Any other address below /embed: said inside the frame, because an error page of the site shows in none."""
        return await self._refuse(NOT_HERE, 404)

    async def _refused(self, refusal: Refusal) -> Response:
        return await self._refuse(str(refusal), refusal.status)

    async def _show(self, row: Channel, path: str, title: str, channel: Any, player: Any) -> Response:
        if not self._settings.embeds:
            return await self._refuse(SWITCHED_OFF, 403)
        address = f"{self._context.site.url}{path}"
        if row.mature and not self._agreed():
            consent = f"?{urlencode([(ADULT, self._consent()), *_chosen()])}"
            gate = {"channel": channel, "title": row.name, "address": address, "consent": consent}
            return _for_one(await page("sharing/embed_gate.html", framed=True, **gate))
        context = {"channel": channel, "player_view": player, "title": title or row.name, "address": address}
        shown = _unlisted(await page("sharing/embed.html", player=True, framed=True, **context))
        return _for_one(shown) if row.mature else shown

    def _consent(self) -> str:
        return self._context.secrets.sign(ADULT, client_address().encode(), AGREED_FOR)

    def _agreed(self) -> bool:
        try:
            given = self._context.secrets.unsign(ADULT, request.args.get(ADULT, ""))
        except BadSignature:
            return False
        return given == client_address().encode()

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


def _for_one(response: Response) -> Response:
    """What depends on the visitor's answer stays out of shared caches."""
    response.headers["Cache-Control"] = "private, no-store"
    return _unlisted(response)
