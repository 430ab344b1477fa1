"""oEmbed 1.0: what another site needs to show a player of ours, given the address of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson
from markupsafe import Markup

from . import xml

if TYPE_CHECKING:
    from aethex_live import PluginContext
    from aethex_live.models import Channel, Recording

WIDTH, HEIGHT = 1280, 720
LEAST = 80  # pixels; nobody sees anything in a smaller frame
ALLOWED = "autoplay; fullscreen; picture-in-picture; encrypted-media"
KEEP_S = 3600


@dataclass(frozen=True, slots=True)
class Box:
    """Width and height of a frame, in pixels."""

    width: int = WIDTH
    height: int = HEIGHT


def box_within(most_wide: int | None, most_high: int | None) -> Box:
    """The largest frame of 16 to 9 within the given bounds, at most 1280 wide."""
    width = min(WIDTH, most_wide or WIDTH)
    if most_high:
        width = min(width, most_high * 16 // 9)
    width = max(LEAST, width)
    return Box(width, max(1, width * 9 // 16))


def frame(address: str, title: str, box: Box) -> str:
    """The HTML that shows a player; everything in it is escaped."""
    return str(
        Markup(
            '<iframe src="{}" width="{}" height="{}" title="{}" allow="{}" allowfullscreen frameborder="0"'
            ' loading="lazy" referrerpolicy="strict-origin-when-cross-origin"></iframe>'
        ).format(address, box.width, box.height, title, ALLOWED)
    )


class Descriptions:
    """Describes what is public as oEmbed wants it."""

    def __init__(self, context: PluginContext) -> None:
        self._site = context.site

    def of_channel(self, channel: Channel, box: Box) -> dict[str, object]:
        """The player of a channel."""
        return self._description(channel, channel.title or channel.name, f"/embed/{channel.slug}", box)

    def of_recording(self, recording: Recording, box: Box) -> dict[str, object]:
        """The player of a recording, whose `channel` is loaded."""
        title = recording.title or recording.channel.name
        return self._description(recording.channel, title, f"/embed/videos/{recording.id}", box)

    def _description(self, channel: Channel, title: str, embed: str, box: Box) -> dict[str, object]:
        return {
            "version": "1.0",
            "type": "video",
            "title": title,
            "author_name": channel.name,
            "author_url": f"{self._site.url}/{channel.slug}",
            "provider_name": self._site.name,
            "provider_url": self._site.url,
            "cache_age": KEEP_S,
            "width": box.width,
            "height": box.height,
            "html": frame(f"{self._site.url}{embed}", title, box),
        }


def as_json(description: dict[str, object]) -> bytes:
    """The description as JSON."""
    return orjson.dumps(description)


def as_xml(description: dict[str, object]) -> bytes:
    """The description as XML."""
    root = xml.element("oembed")
    for name, value in description.items():
        xml.add(root, name, str(value))
    return xml.document(root)
