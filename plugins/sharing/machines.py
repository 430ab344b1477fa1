"""Documents for machines: robots.txt, sitemap, feeds, oEmbed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field, ValidationError
from quart import Blueprint, Response, request

from aethex_live.errors import NotFound
from aethex_live.models import Channel
from aethex_live.web import GUEST, Access, allow, current_channel, redirect_to

from .addresses import target_of
from .answers import XML, cached
from .feeds import CONTENT_TYPE, Feeds
from .oembed import KEEP_S, Box, Descriptions, as_json, as_xml, box_within
from .public import Pictures, is_listed, is_shown
from .sitemap import Kind, Sitemap, robots

if TYPE_CHECKING:
    from aethex_live import PluginContext

    from .settings import SharingSettings

FEED_S, SITEMAP_S, ROBOTS_S = 60, 600, 3600
NO_PLAYER = "This address leads to nothing that can be shown on other sites."

Pixels = Annotated[int | None, Field(ge=1, le=100_000)]


class OembedQuery(BaseModel):
    """What a consumer of oEmbed asks for; sizes in pixels."""

    url: str = Field(min_length=1)
    format: str = "json"
    maxwidth: Pixels = None
    maxheight: Pixels = None


class Machines:
    """Views; all of them for everyone, and the same for everyone."""

    def __init__(self, context: PluginContext, settings: SharingSettings, pictures: Pictures) -> None:
        self._context = context
        self._settings = settings
        self._sitemap = Sitemap(context.db, context.site.url)
        self._feeds = Feeds(context, pictures, settings.feed_items)
        self._descriptions = Descriptions(context)

    def blueprint(self) -> Blueprint:
        """The routes."""
        routes = Blueprint("sharing_machines", __name__)
        routes.get("/robots.txt")(self.robots)
        routes.get("/sitemap.xml")(self.sitemap)
        routes.get("/sitemap/channels-<int:number>.xml")(self.channels)
        routes.get("/sitemap/videos-<int:number>.xml")(self.videos)
        routes.get("/feeds/<slug>.xml")(self.feed)
        routes.get("/oembed")(self.oembed)
        return routes

    @allow(Access.PUBLIC, as_guest=True)
    async def robots(self) -> Response:
        """What crawlers leave out."""
        body = robots(self._context.site.url, index=self._settings.index)
        return cached(body, "text/plain; charset=utf-8", seconds=ROBOTS_S)

    @allow(Access.PUBLIC, as_guest=True)
    async def sitemap(self) -> Response:
        """The index of the sitemap."""
        return cached(await self._sitemap.index(), XML, seconds=SITEMAP_S)

    @allow(Access.PUBLIC, as_guest=True)
    async def channels(self, number: int) -> Response:
        """A page of public channels."""
        return await self._page("channels", number)

    @allow(Access.PUBLIC, as_guest=True)
    async def videos(self, number: int) -> Response:
        """A page of public videos."""
        return await self._page("videos", number)

    async def _page(self, kind: Kind, number: int) -> Response:
        body = await self._sitemap.page(kind, number) if 1 <= number <= 50_000 else None
        if body is None:
            raise NotFound("The sitemap has no such page; begin with /sitemap.xml.")
        return cached(body, XML, seconds=SITEMAP_S)

    @allow(Access.CHANNEL, as_guest=True)
    async def feed(self, slug: str) -> Response:
        """The feed of a channel, also of an unlisted one for who knows its address."""
        channel = current_channel()
        if channel.slug != slug:
            return redirect_to(f"/feeds/{channel.slug}.xml")
        response = cached(await self._feeds.of(channel), CONTENT_TYPE, seconds=FEED_S)
        if not is_listed(channel):
            response.headers["X-Robots-Tag"] = "noindex"
        return response

    @allow(Access.PUBLIC, as_guest=True)
    async def oembed(self) -> Response:
        """What another site needs to show the player of one of our pages."""
        try:
            query = OembedQuery.model_validate(request.args.to_dict())
        except ValidationError:
            return _plain("Give the address of a page of ours as url; maxwidth and maxheight are in pixels.", 400)
        if query.format not in {"json", "xml"}:
            return _plain("The formats are json and xml.", 501)
        box = box_within(query.maxwidth, query.maxheight)
        description = await self._describe(query.url, box)
        as_bytes, content_type = (as_xml, "text/xml; charset=utf-8")
        if query.format == "json":
            as_bytes, content_type = (as_json, "application/json")
        response = cached(as_bytes(description), content_type, seconds=KEEP_S)
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    async def _describe(self, address: str, box: Box) -> dict[str, object]:
        """What is at an address of ours. Raises NotFound for everything that is not for everyone."""
        target = target_of(address, self._context.site.url) if self._settings.embeds else None
        if target is None:
            raise NotFound(NO_PLAYER)
        domain = self._context.domain
        if target.recording_id is not None:
            recording = await domain.recordings.get(target.recording_id, GUEST)
            if not is_shown(recording):
                raise NotFound(NO_PLAYER)
            return self._descriptions.of_recording(recording, box)
        channel: Channel = await domain.channels.by_slug(target.slug)
        return self._descriptions.of_channel(channel, box)


def _plain(sentence: str, status: int) -> Response:
    return Response(sentence + "\n", status=status, content_type="text/plain; charset=utf-8")
