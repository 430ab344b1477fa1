"""View data of the set-up's steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from quart import request

from aethex_live._site.test_encoder import SECONDS
from aethex_live._web.admin.plugins import PHASES, plugin_row
from aethex_live._web.admin.status import check_row
from aethex_live._web.cards import Cards
from aethex_live._web.views import Stat
from aethex_live._web.views.operator import CheckRow
from aethex_live._web.views.setup_steps import (
    FeaturePhase,
    NextStep,
    SetupDoneView,
    SetupFeaturesView,
    SetupMailView,
    SetupPictureView,
    SetupSiteView,
    SetupStepView,
    StepView,
)
from aethex_live.checks import Level
from aethex_live.checks.running import running
from aethex_live.domain.setup_steps import DONE, STEPS
from aethex_live.models import Channel
from aethex_live.providers.email import MailCap
from aethex_live.web import Form

if TYPE_CHECKING:
    from aethex_live.platform import Platform

LABELS = {"site": "Site", "mail": "Mail", "picture": "Test picture", "features": "Features"}
MOST_NEEDS = 4


async def step_view(platform: Platform, current: str) -> SetupStepView:
    """The bar, and where back and skip lead."""
    done = await platform.domain.setup_steps.done()
    bar = [StepView(key=key, label=LABELS[key], done=key in done, current=key == current) for key in STEPS]
    place = STEPS.index(current) if current in STEPS else len(STEPS)
    return SetupStepView(
        steps=bar,
        back=f"/setup/{STEPS[place - 1]}" if place else "",
        skip="" if current == DONE else f"/setup/{current}",
        action=f"/setup/{current}",
    )


async def site_view(platform: Platform, form: Form[Any] | None = None) -> SetupSiteView:
    """Name and address; the visited address is filled in where nobody chose one."""
    rows = {choice.name: choice for choice in await platform.domain.choices.all()}
    visited = f"{request.scheme}://{request.host}"
    elsewhere = request.host.lower() != platform.host
    url, name = rows["url"], rows["name"]
    guess = visited if elsewhere and not url.locked else url.value
    return SetupSiteView(
        step=await step_view(platform, "site"),
        form=form or Form[Any](values={"name": name.value, "url": url.chosen or guess}),
        locked={
            "name": f"Set by {name.source}." if name.locked else "",
            "url": f"Set by {url.source}." if url.locked else "",
        },
        visited=visited if elsewhere and not url.locked and url.chosen is None else "",
        waiting=url.waiting,
    )


async def mail_view(platform: Platform, form: Form[Any], outcome: CheckRow | None = None) -> SetupMailView:
    """The test mail."""
    provider = platform.providers.email()
    return SetupMailView(
        step=await step_view(platform, "mail"),
        form=form,
        provider=provider.name if provider else "none",
        kept=provider is not None and MailCap.KEPT in provider.capabilities,
        outcome=outcome,
    )


async def picture_view(platform: Platform) -> SetupPictureView:
    """The test picture, as it stands."""
    found = await platform.test_picture.state()
    cards = Cards(platform)
    player = channel = None
    if found.channel is not None:
        await cards.know([found.channel])
        channel = cards.channel(found.channel, live=found.broadcast is not None)
    if found.broadcast is not None:
        player = await cards.player_of_broadcast(found.broadcast, muted=True)
    return SetupPictureView(
        step=await step_view(platform, "picture"),
        stage=found.stage,
        sentence=found.sentence,
        note=found.note,
        why_not=platform.test_picture.why_not(),
        seconds=SECONDS,
        channel=channel,
        player=player,
        facts=await _facts(platform, found.channel) if found.channel is not None and player is not None else (),
    )


async def _facts(platform: Platform, channel: Channel) -> list[Stat]:
    health = await platform.domain.ingests.health(channel)
    if health is None:
        return []
    facts: Mapping[str, object] = {
        "Picture": f"{health.width} × {health.height}" if health.width else None,
        "Pictures a second": f"{health.fps:.0f}" if health.fps else None,
        "Bitrate": f"{health.bitrate_kbps:,} kb/s" if health.bitrate_kbps else None,
        "Codecs": ", ".join(codec for codec in (health.video_codec, health.audio_codec) if codec) or None,
    }
    return [Stat(label=label, value=str(value)) for label, value in facts.items() if value]


async def features_view(platform: Platform) -> SetupFeaturesView:
    """Plugins by phase; providers are chosen elsewhere and not listed."""
    rows = [row for row in platform.plugins.rows() if not row.provides]
    phases = [
        FeaturePhase(number=number, title=title, plugins=found)
        for number, title in PHASES.items()
        if (found := [plugin_row(row) for row in rows if row.phase == number])
    ]
    there = {phase.number for phase in phases}
    return SetupFeaturesView(
        step=await step_view(platform, "features"),
        phases=phases,
        empty=[title for number, title in PHASES.items() if number not in there],
    )


async def done_view(platform: Platform) -> SetupDoneView:
    """What to do next."""
    choices = await platform.domain.choices.all()
    waiting = [f"{choice.name} is {choice.chosen}" for choice in choices if choice.waiting]
    waiting += [f"{row.title} comes on" for row in platform.plugins.rows() if row.restart]
    needs = [finding for finding in await running(platform) if finding.level is not Level.OK]
    return SetupDoneView(
        step=await step_view(platform, DONE),
        next_steps=_next_steps(),
        restart=waiting,
        needs=[check_row(finding) for finding in needs[:MOST_NEEDS]],
    )


def _next_steps() -> list[NextStep]:
    return [
        NextStep(
            icon="radio",
            title="Make a channel and go live",
            text="The studio shows the address and the key for OBS, or takes the camera of this browser.",
            href="/studio",
            action="Open the studio",
        ),
        NextStep(
            icon="globe",
            title="Open it to the public",
            text="TLS, a proxy, ports and a service that starts with the machine: see docs/going-public.md.",
            href="/admin/settings",
            action="See the settings",
        ),
        NextStep(
            icon="activity",
            title="Keep an eye on it",
            text="The status page says in words whether something needs you. On the machine: aethex doctor.",
            href="/admin",
            action="Open the status page",
        ),
    ]
