"""RSS 2.0 of a channel: what is on now, and its public videos."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from aethex_live.providers.streaming import PlaybackRef

from . import xml
from .meta import shortened
from .public import Pictures, on_air

if TYPE_CHECKING:
    from aethex_live import PluginContext
    from aethex_live.models import Broadcast, Channel, Recording

CONTENT_TYPE = "application/rss+xml; charset=utf-8"
SPACES = {
    "xmlns:atom": "http://www.w3.org/2005/Atom",
    "xmlns:media": "http://search.yahoo.com/mrss/",
}


class Feeds:
    """Writes feeds."""

    def __init__(self, context: PluginContext, pictures: Pictures, items: int) -> None:
        self._context = context
        self._pictures = pictures
        self._items = items

    async def of(self, channel: Channel) -> bytes:
        """The feed of a channel; the same bytes until something in it changes."""
        domain = self._context.domain
        broadcast = on_air(await domain.broadcasts.of_channel(channel.id))
        found = await domain.recordings.of_channel(channel.id, limit=self._items)
        recordings = [row for row in found if not (row.broadcast and row.broadcast.rehearsal)]
        root = xml.element("rss", version="2.0", **SPACES)
        head = self._head(root, channel, _newest(broadcast, recordings))
        if broadcast is not None:
            self._live(head, channel, broadcast)
        for recording in recordings:
            self._recording(head, channel, recording)
        return xml.document(root)

    def _head(self, root: Element, channel: Channel, newest: datetime | None) -> Element:
        site = self._context.site.url
        head = xml.add(root, "channel")
        xml.add(head, "title", channel.name)
        xml.add(head, "link", f"{site}/{channel.slug}")
        xml.add(head, "description", shortened(channel.about) or f"Streams of {channel.name}")
        xml.add(head, "atom:link", href=f"{site}/feeds/{channel.slug}.xml", rel="self", type="application/rss+xml")
        if channel.language:
            xml.add(head, "language", channel.language)
        if newest is not None:
            xml.add(head, "lastBuildDate", format_datetime(newest))
        if channel.mature:
            xml.add(head, "media:rating", "adult", scheme="urn:simple")
        return head

    def _live(self, head: Element, channel: Channel, broadcast: Broadcast) -> None:
        item = xml.add(head, "item")
        xml.add(item, "title", f"Live now: {broadcast.title or channel.name}")
        xml.add(item, "link", f"{self._context.site.url}/{channel.slug}/live")
        xml.add(item, "guid", str(broadcast.id), isPermaLink="false")
        xml.add(item, "pubDate", format_datetime(broadcast.started_at))
        if broadcast.category is not None:
            xml.add(item, "category", broadcast.category.name)
        self._picture(item, self._pictures.of(broadcast, channel))

    def _recording(self, head: Element, channel: Channel, recording: Recording) -> None:
        address = f"{self._context.site.url}/videos/{recording.id}"
        item = xml.add(head, "item")
        xml.add(item, "title", recording.title or channel.name)
        xml.add(item, "link", address)
        xml.add(item, "guid", address, isPermaLink="true")
        xml.add(item, "pubDate", format_datetime(recording.created_at))
        media = xml.add(item, "media:content", medium="video", duration=str(round(recording.duration)))
        xml.add(media, "media:title", recording.title or channel.name)
        xml.add(media, "media:player", url=f"{self._context.site.url}/embed/videos/{recording.id}")
        self._picture(media, self._pictures.of(recording, channel))
        if (file := self._file(recording)) is not None:
            media.set("url", file)
            media.set("type", "video/mp4")
            xml.add(item, "enclosure", url=file, length=str(recording.size), type="video/mp4")

    def _picture(self, parent: Element, address: str | None) -> None:
        if address is not None:
            xml.add(parent, "media:thumbnail", url=address)

    def _file(self, recording: Recording) -> str | None:
        """The address of the whole video as one file; None where the provider has only pieces of it."""
        provider = self._context.providers.streaming(recording.provider)
        if provider is None or not recording.playback:
            return None
        sources = provider.playback(PlaybackRef.from_json(recording.playback))
        lasting = (source.url for source in sources if source.kind == "mp4" and source.expires_at is None)
        return self._pictures.whole(next(lasting, None))


def _newest(broadcast: Broadcast | None, recordings: list[Recording]) -> datetime | None:
    times = [recording.created_at for recording in recordings]
    if broadcast is not None:
        times.append(broadcast.started_at)
    return max(times, default=None)
