"""A busy site to measure: channels that are live and plugins that fill slots, beside the official ones."""

from __future__ import annotations

import asyncio
import re
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aethex_live.db import Database
from aethex_live.db.embedded import EmbeddedPostgres
from aethex_live.ids import uuid7
from aethex_live.models import Broadcast, Category, Channel, ChannelSlug, Recording, User
from bench.served import ServedSite, start, stop

TOPICS = ("Building a modular synth", "Speedrun, any percent", "Watercolour for the impatient", "Late night radio")
LANGUAGES = ("en", "de", "fr", "ja")
_PLUGIN = '''"""A plugin of the benchmark: fills slots of the home and of the watch page."""

from aethex_live import Plugin, hookimpl
from aethex_live.hookspecs.web import Slot, SlotContribution


class Part(Plugin):
    @hookimpl
    def slots(self):
        return [
            SlotContribution(slot=Slot(name), template="part{number}/part.html", context=self.words)
            for name in {slots}
        ]

    async def words(self, context):
        return {{"words": "Part {number}"}}
'''
_TOML = """name = "part{number}"
title = "Part {number}"
summary = "Fills slots, for the benchmark."
api = "1.0"
"""
_PART = '<p class="ax-muted"><a href="/p/part{number}">{{{{ words }}}}</a> {{{{ _("of the benchmark") }}}}</p>\n'
# every plugin has a part of both pages; the first one also marks cards, as labels would
_EVERY = ("home.sections", "watch.below_player", "footer.links", "nav.rail", "watch.actions")
_FIRST = ("card.badges",)


def write_plugins(folder: Path, count: int) -> Path:
    """Plugins of a site's own, beside its aethex.toml; returns the file."""
    for number in range(count):
        place = folder / "plugins" / f"part{number}"
        (place / "templates" / f"part{number}").mkdir(parents=True, exist_ok=True)
        slots = (*_EVERY, *(_FIRST if number < 1 else ()))
        (place / "plugin.toml").write_text(_TOML.format(number=number))
        (place / "__init__.py").write_text(_PLUGIN.format(number=number, slots=slots))
        (place / "templates" / f"part{number}" / "part.html").write_text(_PART.format(number=number))
    config = folder / "aethex.toml"
    config.write_text("")
    return config


@contextmanager
def crowded(*, live: int, plugins: int, official: bool = True) -> Iterator[ServedSite]:
    """A site with so many live channels and so many plugins with slots; `official` are our own ones' features."""
    with tempfile.TemporaryDirectory(prefix="aethex-bench-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        settings = {"AETHEX_CONFIG": str(write_plugins(place, plugins))}
        if not official:
            settings["AETHEX_DISABLE"] = "chat,profiles"
        site = start(place / "data", settings)
        try:
            site.sign_up("creator")
            asyncio.run(fill(EmbeddedPostgres(site.data / "postgres").dsn(), live))
            yield site
        finally:
            stop(site)


async def fill(dsn: str, live: int) -> None:
    """Write the rows of channels that are live, of one account, and of recordings."""
    db = await Database.connect(dsn)
    try:
        owner = await User.get(username="creator")
        categories = list(await Category.all().limit(4))
        for number in range(live):
            await _channel(number, owner, categories)
    finally:
        await db.close()


async def _channel(number: int, owner: User, categories: list[Category]) -> None:
    now = datetime.now(UTC)
    name, slug = f"Channel {number}", f"channel-{number}"
    category = categories[number % len(categories)] if categories else None
    channel = await Channel.create(
        id=uuid7(),
        owner=owner,
        slug=slug,
        name=name,
        hue=number * 7 % 360,
        language=LANGUAGES[number % len(LANGUAGES)],
        category=category,
        about="Every evening, with questions from the chat.",
    )
    await ChannelSlug.create(slug=slug, channel=channel)
    broadcast = uuid7()
    playback = {"provider": "local", "id": f"{uuid7()}/{broadcast}", "live": True}
    await Broadcast.create(
        id=broadcast,
        channel=channel,
        provider="local",
        provider_id=playback["id"],
        title=f"{TOPICS[number % len(TOPICS)]}, part {number}",
        category=category,
        started_at=now - timedelta(minutes=number),
        playback=playback,
    )
    for index in range(number < 12 and 2):
        await Recording.create(
            id=uuid7(),
            channel=channel,
            provider="local",
            provider_id=str(uuid7()),
            title=f"Yesterday, part {index}",
            state="ready",
            duration=3600.0,
            width=1280,
            height=720,
            playback={"provider": "local", "id": str(uuid7()), "live": False},
        )


def cards_on(page: str) -> int:
    """How many cards of live channels a page shows."""
    return len(re.findall(r'href="/channel-\d+/live" dir="auto"', page))


def read(url: str) -> str:
    """A page as a stranger sees it."""
    with urllib.request.urlopen(url, timeout=20) as answer:
        text: str = answer.read().decode()
        return text
