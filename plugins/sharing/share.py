"""The share button of players' pages, and the same as a page for browsers without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from quart import Blueprint, Response, request

from aethex_live.errors import NotFound
from aethex_live.web import Access, allow, current_actor, current_channel, page, redirect_to

from .oembed import Box, frame

if TYPE_CHECKING:
    from aethex_live import PluginContext

    from .settings import SharingSettings

LONGEST_S = 7 * 24 * 3600
FRAME = Box(640, 360)


class Shares:
    """What can be copied of a page: its address, with a place in it, and the code of a frame."""

    def __init__(self, context: PluginContext, settings: SharingSettings) -> None:
        self._context = context
        self._settings = settings

    def blueprint(self) -> Blueprint:
        """The routes."""
        routes = Blueprint("sharing", __name__, url_prefix="/p/sharing")
        routes.get("/channels/<slug>")(self.channel_page)
        routes.get("/videos/<uuid:video_id>")(self.video_page)
        return routes

    async def live(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The button on a watch page."""
        channel = given["channel"]
        return self._of_channel(channel.slug, channel.name)

    async def video(self, given: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The button on a video's page; nothing for a private one."""
        video = given["video"]
        if video.visibility == "private":
            return None
        return self._of_video(video.id, video.title or given["channel"].name, 0)

    @allow(Access.CHANNEL)
    async def channel_page(self, slug: str) -> Response:
        """Sharing a channel."""
        channel = current_channel()
        if channel.slug != slug:
            return redirect_to(f"/p/sharing/channels/{channel.slug}")
        return await page("sharing/page.html", **self._of_channel(channel.slug, channel.name))

    @allow(Access.PUBLIC)
    async def video_page(self, video_id: UUID) -> Response:
        """Sharing a video; `t` is the second at which it should begin."""
        row = await self._context.domain.recordings.get(video_id, current_actor())
        if row.visibility == "private":
            raise NotFound("This video is private: make it public or unlisted before you share it.")
        name = row.title or row.channel.name
        return await page("sharing/page.html", **self._of_video(str(row.id), name, _seconds()))

    def _of_channel(self, slug: str, name: str) -> dict[str, Any]:
        return self._shared(f"/{slug}/live", f"/embed/{slug}", f"/p/sharing/channels/{slug}", name)

    def _of_video(self, video_id: str, name: str, seconds: int) -> dict[str, Any]:
        page_path = f"/p/sharing/videos/{video_id}"
        return self._shared(f"/videos/{video_id}", f"/embed/videos/{video_id}", page_path, name, seconds, timed=True)

    def _shared(
        self, path: str, embed: str, page_path: str, name: str, seconds: int = 0, *, timed: bool = False
    ) -> dict[str, Any]:
        site = self._context.site.url
        at = f"?t={seconds}" if seconds else ""
        return {
            "share_name": name,
            "share_path": path,
            "share_page": page_path,
            "share_url": f"{site}{path}{at}",
            "share_code": frame(f"{site}{embed}{at}", name, FRAME) if self._settings.embeds else "",
            "share_timed": timed,
            "share_seconds": seconds,
        }


def _seconds() -> int:
    wanted = request.args.get("t", "")
    return min(int(wanted), LONGEST_S) if wanted.isascii() and wanted.isdigit() and len(wanted) < 9 else 0
