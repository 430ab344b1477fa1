"""The studio: making a channel, and the stream manager."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import BaseModel, Field
from quart import Blueprint, Response, g, request

from aethex_live._web.cards import Cards, channel_topic
from aethex_live._web.cookies import add_flash
from aethex_live._web.pages.settings import prove
from aethex_live._web.patience import Patience
from aethex_live._web.studio_views import connection_view, health_view, stats_of
from aethex_live._web.views import ClosedChannel, ConnectionView, Option, StudioStartView, StudioView
from aethex_live._web.words import language_options
from aethex_live.domain.provider_facts import trouble
from aethex_live.errors import Refusal, Unavailable
from aethex_live.models import Category
from aethex_live.presence import count_topic
from aethex_live.providers import Kind, ProviderError
from aethex_live.providers.streaming import StreamCap
from aethex_live.web import (
    Access,
    Form,
    allow,
    current_actor,
    current_channel,
    is_proven,
    limit,
    page,
    platform,
    read_form,
    redirect_to,
)
from aethex_live.web.proof import ProofNeeded

blueprint = Blueprint("studio", __name__)


class NewChannel(BaseModel):
    """The form of a new channel."""

    name: str = Field(min_length=1, max_length=50)
    slug: str = Field(min_length=1, max_length=40)
    category: str = Field(default="", max_length=40)
    hue: int | None = Field(default=None, ge=0, le=359)


class Details(BaseModel):
    """What the broadcast is about."""

    title: str = Field(default="", max_length=140)
    category: str = Field(default="", max_length=40)
    language: str = Field(default="en", max_length=12)


class KeyForm(BaseModel):
    """Asking for the stream key; the password is needed when the session is not fresh."""

    password: str = Field(default="", max_length=1024)


@blueprint.get("/studio")
@allow(Access.SIGNED_IN)
async def start() -> Response:
    """Straight to the only channel, or the choice, or the form for the first one."""
    user_id = current_actor().user_id
    assert user_id is not None, "the guard lets signed-in people through only"
    channels = await platform().domain.channels.of_owner(user_id)
    helps = await platform().domain.moderators.channels_of(user_id)
    closed = await platform().domain.closing.of_owner(user_id)
    if len(channels) == 1 and not helps and not closed and "new" not in request.args:
        return redirect_to(f"/studio/{channels[0].slug}")
    return await _show_start(Form[Any](values={"name": current_actor().name}))


@blueprint.post("/studio")
@allow(Access.SIGNED_IN)
async def make() -> Response:
    """Make a channel."""
    parts, actor = platform(), current_actor()
    assert actor.user_id is not None, "the guard lets signed-in people through only"
    form = await read_form(NewChannel)
    if form.data is None:
        return await _show_start(form, 422)
    try:
        parts.domain.accounts.check_may_act(actor)
        await limit("channel", 10, timedelta(hours=1))
        channel = await parts.domain.channels.create(actor.user_id, form.data.slug, form.data.name)
        more = {"category": form.data.category} | ({} if form.data.hue is None else {"hue": form.data.hue})
        await parts.domain.channels.update(channel, actor, more)
    except Refusal as refusal:
        form.refuse(refusal)
        return await _show_start(form, refusal.status)
    return redirect_to(f"/studio/{channel.slug}")


@blueprint.get("/studio/<slug>")
@allow(Access.CHANNEL_OWNER)
async def manager(slug: str) -> Response:
    """The stream manager."""
    return await _show_manager()


@blueprint.post("/studio/<slug>/details")
@allow(Access.CHANNEL_OWNER)
async def details(slug: str) -> Response:
    """Save title, category and language; viewers see them at once."""
    form = await read_form(Details)
    if form.data is None:
        return await _show_manager(details_form=form, status=422)
    try:
        await platform().domain.channels.update(current_channel(), current_actor(), form.data.model_dump())
    except Refusal as refusal:
        form.refuse(refusal)
        return await _show_manager(details_form=form, status=refusal.status)
    return _back("Title and category are saved.")


@blueprint.post("/studio/<slug>/key")
@allow(Access.CHANNEL_OWNER)
async def key(slug: str) -> Response:
    """Show the stream key once, to who has just proved who they are."""
    return await _with_key(rotate=False)


@blueprint.post("/studio/<slug>/key/rotate")
@allow(Access.CHANNEL_OWNER)
async def rotate(slug: str) -> Response:
    """Make a new key and show it; the old one is refused from now on."""
    return await _with_key(rotate=True)


@blueprint.post("/studio/<slug>/end")
@allow(Access.CHANNEL_OWNER)
async def end(slug: str) -> Response:
    """End the stream at once."""
    await platform().domain.ingests.end(current_channel())
    return _back("The stream is ended. Its recording will be here in a moment.")


@blueprint.post("/studio/<slug>/rehearsal")
@allow(Access.CHANNEL_OWNER)
async def rehearse(slug: str) -> Response:
    """Switch rehearsals on or off for what is sent next."""
    on = (await request.form).get("on") == "1"
    await platform().domain.ingests.rehearse(current_channel(), current_actor(), on=on)
    if on:
        return _back("Rehearsal is on: what you send from now on is seen by you and your moderators alone.")
    return _back("Rehearsal is off: the next time you go live, everyone can watch.")


@blueprint.post("/studio/<slug>/publish")
@allow(Access.CHANNEL_OWNER)
async def publish(slug: str) -> Response:
    """Go public with what is rehearsed; the encoder goes on sending."""
    await platform().domain.ingests.go_public(current_channel(), current_actor())
    return _back("You go public with the next keyframe, in two seconds or so.")


async def _with_key(*, rotate: bool) -> Response:
    parts, actor, channel = platform(), current_actor(), current_channel()
    form = await read_form(KeyForm)
    try:
        await limit("stream-key", 20, timedelta(minutes=10))
        parts.domain.accounts.check_may_act(actor)
        if not await is_proven():
            if form.data is None or not form.data.password:
                raise ProofNeeded(f"/studio/{channel.slug}")
            await prove(actor, form.data.password)
        if rotate:
            await parts.domain.ingests.rotate_key(channel, actor)
        endpoints = await parts.domain.ingests.show_key(channel, actor)
    except ProofNeeded:
        raise
    except Refusal as refusal:
        return await _show_manager(key_error=str(refusal), status=refusal.status)
    shown = endpoints[0].key or ""
    return await _show_manager(shown_key=shown)


def _back(text: str) -> Response:
    parts = platform()
    response = redirect_to(f"/studio/{current_channel().slug}")
    return add_flash(response, parts.secrets, parts.site, text)


async def categories() -> list[Option]:
    """The categories as a select shows them."""
    return [Option(value=row.slug, label=row.name) for row in await Category.all().order_by("name")]


async def _show_start(form: Form[Any], status: int = 200) -> Response:
    parts, actor = platform(), current_actor()
    assert actor.user_id is not None, "the guard lets signed-in people through only"
    cards = Cards(parts)
    channels = await parts.domain.channels.of_owner(actor.user_id)
    helps = await parts.domain.moderators.channels_of(actor.user_id)
    closed = await parts.domain.closing.of_owner(actor.user_id)
    await cards.know([*channels, *helps, *closed])
    view = StudioStartView(
        form=form,
        channels=[cards.channel(channel) for channel in channels],
        helps=[cards.channel(channel) for channel in helps],
        closed=[
            ClosedChannel(
                id=str(row.id), channel=cards.channel(row), delete_at=row.delete_at, by_operator=row.closed_by_operator
            )
            for row in closed
            if row.delete_at is not None
        ],
        categories=await categories(),
        site_url=parts.site.url,
    )
    return await page("studio_start.html", status=status, view=view)


async def _show_manager(
    *,
    details_form: Form[Any] | None = None,
    shown_key: str | None = None,
    key_error: str = "",
    status: int = 200,
) -> Response:
    parts, channel = platform(), current_channel()
    cards = Cards(parts)
    await cards.know([channel])
    broadcast = await parts.domain.broadcasts.of_channel(channel.id, rehearsals=True)
    patience = Patience()
    caps, rehearsal = await _provider(patience)
    recent = await cards.video_cards(await parts.domain.recordings.of_channel(channel.id, all_of_them=True, limit=1))
    health = await _health(patience)
    typed = {
        "title": channel.title,
        "category": channel.category.slug if channel.category else "",
        "language": channel.language,
    }
    view = StudioView(
        channel=cards.channel(channel, live=broadcast is not None, can_manage=True),
        live=cards.live(broadcast) if broadcast else None,
        connection=await _connection(shown_key, key_error, patience),
        details=details_form or Form[Any](values=typed),
        stats=stats_of(broadcast, parts.presence.count(channel.id), count_topic(channel.id)),
        preview=await cards.player_of_broadcast(broadcast, muted=True, counted=False) if broadcast else None,
        health=health_view(health, f"studio:{channel.id}") if health else None,
        categories=await categories(),
        languages=language_options(),
        can_end=g.get("channel_role") == "owner",
        rehearsal=rehearsal,
        can_rehearse=StreamCap.REHEARSE in caps,
        can_use_browser=StreamCap.BROWSER in caps,
        state_topic=channel_topic(channel.id),
        last_video=recent[0] if recent else None,
        trouble=trouble(parts.providers, Kind.STREAMING) or patience.sentence,
        has_provider=parts.providers.streaming() is not None,
    )
    return await page("studio.html", player=True, status=status, view=view)


async def _provider(patience: Patience) -> tuple[frozenset[StreamCap], bool]:
    """What the channel's provider can do, and whether what is sent next is a rehearsal."""
    ingests, channel = platform().domain.ingests, current_channel()
    try:
        found = await patience.of(lambda: ingests.of(channel))
    except (Unavailable, ProviderError):
        return frozenset(), False
    return found.provider.capabilities, found.row.rehearsal


async def _health(patience: Patience) -> Any:
    ingests, channel = platform().domain.ingests, current_channel()
    try:
        return await patience.of(lambda: ingests.health(channel))
    except (Unavailable, ProviderError):
        return None


async def _connection(shown_key: str | None, key_error: str, patience: Patience) -> ConnectionView | None:
    ingests, channel = platform().domain.ingests, current_channel()
    try:
        endpoints = await patience.of(lambda: ingests.endpoints(channel))
        health = await patience.of(lambda: ingests.health(channel))
    except (Unavailable, ProviderError):
        return None
    return connection_view(endpoints, health, shown_key, key_error)
