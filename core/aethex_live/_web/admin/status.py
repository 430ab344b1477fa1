"""The status page: findings as rows, the verdict over them in words, and figures of the site."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from aethex_live._web.views import Shape, Stat, Tone
from aethex_live._web.views.operator import CheckRow, StatusView
from aethex_live.checks import Finding, Level, worst
from aethex_live.checks.running import running
from aethex_live.web.filters import number

if TYPE_CHECKING:
    from aethex_live.platform import Platform

SHAPES: dict[Level, Shape] = {Level.OK: "healthy", Level.WARNING: "attention", Level.BAD: "broken"}
WORDS = {Level.OK: "Fine", Level.WARNING: "Look at it", Level.BAD: "Broken"}
TONES: dict[Level, Tone] = {Level.OK: "ok", Level.WARNING: "warn", Level.BAD: "danger"}
# what a check is called, its icon, and the page that helps
NAMES = {
    "plugin": ("Plugin", "puzzle", "/admin/plugins"),
    "plugins": ("Plugins", "puzzle", "/admin/plugins"),
    "providers": ("Providers", "plug", "/admin/providers"),
    "disk": ("Disk", "hard-drive", ""),
    "jobs": ("Jobs", "list-checks", "/admin/jobs"),
    "webhooks": ("Webhooks", "webhook", "/admin/webhooks"),
    "events": ("Events", "scroll-text", "/admin/jobs"),
    "database": ("Database", "database", ""),
    "redis": ("Redis", "zap", ""),
    "clock": ("Clock", "clock", ""),
    "address": ("Address", "globe", "/admin/settings"),
    "tls": ("TLS", "lock", ""),
    "ffmpeg": ("ffmpeg", "film", ""),
    "versions": ("Versions", "info", ""),
}
DAY = timedelta(days=1)


async def status_view(platform: Platform) -> StatusView:
    """The page as it is at this moment."""
    findings = await running(platform)
    level, needs = worst(findings), [finding for finding in findings if finding.level is not Level.OK]
    verdict, note = words_of(level, len(needs))
    return StatusView(
        verdict=verdict,
        note=note,
        tone=TONES[level],
        needs=[check_row(finding) for finding in needs],
        checks=[check_row(finding) for finding in findings if finding.level is Level.OK],
        figures=await figures(platform),
        checked_at=platform.clock.now(),
    )


def words_of(level: Level, count: int) -> tuple[str, str]:
    """The verdict, and a sentence under it."""
    if level is Level.OK:
        return "All is well", "Everything that was looked at is as it should be."
    needs = "1 thing needs you" if count == 1 else f"{count} things need you"
    if level is Level.BAD:
        return needs, "Something is broken: begin with the first of the list."
    return needs, "The site works; these are worth a look."


def check_row(finding: Finding) -> CheckRow:
    """A finding as the pages show it."""
    kind, _, about = finding.check.partition(" ")
    title, icon, href = NAMES.get(kind, (finding.check, "circle", ""))
    if kind == "plugin" and about:
        title, href = about, f"/admin/plugins/{about}"
    return CheckRow(
        check=title,
        icon=icon,
        shape=SHAPES[finding.level],
        word=WORDS[finding.level],
        sentence=finding.sentence,
        next_step=finding.next_step,
        href=href,
    )


async def figures(platform: Platform) -> Sequence[Stat]:
    """What goes on now."""
    live = await platform.domain.broadcasts.live_ids()
    day = await platform.domain.directory.seen_since(platform.clock.now() - DAY)
    viewers = sum(platform.presence.count(channel_id) for channel_id, _ in live)
    return [
        Stat(label="Live now", value=number(len(live)), icon="radio"),
        Stat(label="Watching", value=number(viewers), icon="eye"),
        Stat(label="Here in the last day", value=number(day), icon="users"),
        Stat(label="Open sockets", value=number(platform.realtime.connections()), icon="zap"),
    ]
