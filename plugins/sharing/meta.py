"""The head of a public page: canonical address, Open Graph and Twitter tags, discovery of feed and oEmbed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .public import Pictures, is_listed, is_shown, on_air

if TYPE_CHECKING:
    from aethex_live import PluginContext
    from aethex_live.web.subject import Subject

    from .settings import SharingSettings

LONGEST = 200  # characters of a description; previews cut it there anyway


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """sharing/meta.html: what is told of a page. Addresses are whole; empty ones are left out."""

    title: str
    url: str
    kind: str = "website"
    description: str = ""
    image: str | None = None
    large: bool = False  # the picture is one of the stream, not of a person
    indexed: bool = True
    embed: str = ""
    oembed: str = ""
    feed: str = ""
    feed_title: str = ""
    published: str = ""
    duration: int = 0  # seconds


class Heads:
    """Makes heads out of subjects."""

    def __init__(self, context: PluginContext, settings: SharingSettings, pictures: Pictures) -> None:
        self._context = context
        self._settings = settings
        self._pictures = pictures

    async def slot(self, given: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What the slot `head.meta` shows; nothing where a page has no public subject."""
        subject = given.get("subject")
        head = await self.of(subject) if subject is not None else None
        return {"head": head, "site_name": self._context.site.name} if head else None

    async def of(self, subject: Subject) -> Head | None:
        """The head of a subject; None for what is private."""
        if subject.kind == "home" or subject.channel is None:
            return self._home()
        if subject.kind == "recording":
            return self._recording(subject)
        return await self._channel(subject)

    def _home(self) -> Head:
        site = self._context.site
        return Head(
            title=f"{site.name} LIVE",
            url=f"{site.url}/",
            description=f"Watch live streams on {site.name}, and talk with the people in them.",
            indexed=self._settings.index,
        )

    async def _channel(self, subject: Subject) -> Head:
        channel, broadcast = subject.channel, on_air(subject.broadcast)
        assert channel is not None, "only the home page has none"
        watching = subject.kind == "live"
        image = self._pictures.of(broadcast, channel) if broadcast else None
        title = f"{broadcast.title} · {channel.name}" if watching and broadcast and broadcast.title else channel.name
        live = f"{channel.name} is live" if broadcast else ""
        return Head(
            title=title,
            url=f"{self._context.site.url}{subject.path}",
            kind="video.other" if watching else "profile",
            description=shortened(channel.about) or live,
            image=image or await self._pictures.of_owner(channel),
            large=image is not None,
            indexed=self._settings.index and is_listed(channel),
            feed=f"{self._context.site.url}/feeds/{channel.slug}.xml",
            feed_title=channel.name,
            published=broadcast.started_at.isoformat(timespec="seconds") if watching and broadcast else "",
            embed=self._embed(f"/embed/{channel.slug}"),
            oembed=self._oembed(f"/{channel.slug}/live"),
        )

    def _recording(self, subject: Subject) -> Head | None:
        recording, channel = subject.recording, subject.channel
        assert recording is not None, "a recording's page has one"
        assert channel is not None, "and its channel"
        if not is_shown(recording):
            return None
        image = self._pictures.of(recording, channel)
        return Head(
            title=recording.title or channel.name,
            url=f"{self._context.site.url}{subject.path}",
            kind="video.other",
            description=shortened(channel.about) or f"A stream of {channel.name}",
            image=image,
            large=image is not None,
            indexed=self._settings.index and recording.visibility == "public" and is_listed(channel),
            feed=f"{self._context.site.url}/feeds/{channel.slug}.xml",
            feed_title=channel.name,
            published=recording.created_at.isoformat(timespec="seconds"),
            duration=round(recording.duration),
            embed=self._embed(f"/embed/videos/{recording.id}"),
            oembed=self._oembed(f"/videos/{recording.id}"),
        )

    def _embed(self, path: str) -> str:
        return f"{self._context.site.url}{path}" if self._settings.embeds else ""

    def _oembed(self, path: str) -> str:
        site = self._context.site.url
        return f"{site}/oembed?url={quote(site + path, safe='')}" if self._settings.embeds else ""


def shortened(text: str) -> str:
    """The beginning of a text on one line, cut between words."""
    line = " ".join(text.split())
    if len(line) <= LONGEST:
        return line
    return f"{line[: LONGEST - 1].rpartition(' ')[0] or line[: LONGEST - 1]}…"
