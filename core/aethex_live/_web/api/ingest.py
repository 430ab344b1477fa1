"""API of a channel's ingest: server, health, key."""

from __future__ import annotations

from datetime import timedelta

from quart import Blueprint
from quart_schema import tag, validate_request, validate_response

from aethex_live._web.api.models import IngestChange, IngestOut, KeyAsk, KeyOut
from aethex_live._web.pages.settings import prove
from aethex_live.providers.streaming import IngestHealth, LiveStatus
from aethex_live.scopes import Scope
from aethex_live.web import Access, allow, current_actor, current_channel, is_proven, limit, platform
from aethex_live.web.api import Done, refuses

blueprint = Blueprint("api_ingest", __name__, url_prefix="/api/v1")
NOTHING = IngestHealth(status=LiveStatus.IDLE, verdict="none")


@blueprint.get("/channels/<slug>/ingest")
@tag(["ingest"])
@allow(Access.CHANNEL_OWNER)
@validate_response(IngestOut)
@refuses(401, 403, 404, 503)
async def ingest(slug: str) -> IngestOut:
    """Where the encoder sends to, and what comes in."""
    return await _ingest_out()


@blueprint.patch("/channels/<slug>/ingest")
@tag(["ingest"])
@allow(Access.CHANNEL_OWNER, scope=Scope.CHANNEL_WRITE)
@validate_request(IngestChange)
@validate_response(IngestOut)
@refuses(401, 403, 404, 422, 503)
async def change(slug: str, data: IngestChange) -> IngestOut:
    """Switch rehearsals: while on, what is sent is for the channel's owner and moderators alone."""
    await platform().domain.ingests.rehearse(current_channel(), current_actor(), on=data.rehearsal)
    return await _ingest_out()


@blueprint.post("/channels/<slug>/broadcast/publish")
@tag(["live"])
@allow(Access.CHANNEL_OWNER, scope=Scope.CHANNEL_WRITE)
@validate_response(Done)
@refuses(401, 403, 404, 503)
async def publish(slug: str) -> Done:
    """Go public: the rehearsal ends, and what the same encoder goes on sending is a broadcast for everyone."""
    await platform().domain.ingests.go_public(current_channel(), current_actor())
    return Done()


async def _ingest_out() -> IngestOut:
    ingests, channel = platform().domain.ingests, current_channel()
    found = await ingests.of(channel)
    endpoints = await ingests.endpoints(channel)
    health = await ingests.health(channel) or NOTHING
    return IngestOut(
        server=endpoints[0].url,
        secure_server=next((item.url for item in endpoints if item.protocol == "rtmps"), None),
        rehearsal=found.row.rehearsal,
        status=health.status.value,
        verdict=health.verdict,
        findings=[finding.text for finding in health.findings],
        bitrate_kbps=health.bitrate_kbps,
        fps=health.fps,
        keyframe_interval=health.keyframe_interval,
        width=health.width,
        height=health.height,
    )


@blueprint.post("/channels/<slug>/ingest/key")
@tag(["ingest"])
@allow(Access.CHANNEL_OWNER, scope=Scope.STREAM_KEY)
@validate_request(KeyAsk)
@validate_response(KeyOut)
@refuses(401, 403, 404, 422, 429, 503)
async def key(slug: str, data: KeyAsk) -> KeyOut:
    """The stream key; that it was shown is audited."""
    return await _key(data, rotate=False)


@blueprint.post("/channels/<slug>/ingest/key/rotate")
@tag(["ingest"])
@allow(Access.CHANNEL_OWNER, scope=Scope.STREAM_KEY)
@validate_request(KeyAsk)
@validate_response(KeyOut)
@refuses(401, 403, 404, 422, 429, 503)
async def rotate(slug: str, data: KeyAsk) -> KeyOut:
    """A new stream key; the old one is refused and cut off."""
    return await _key(data, rotate=True)


async def _key(data: KeyAsk, *, rotate: bool) -> KeyOut:
    ingests, channel, actor = platform().domain.ingests, current_channel(), current_actor()
    await limit("stream-key", 20, timedelta(minutes=10))
    platform().domain.accounts.check_may_act(actor)
    # a token with this scope was made for it, after a proof of its own
    if not actor.by_token and not await is_proven():
        await prove(actor, data.password)
    if rotate:
        await ingests.rotate_key(channel, actor)
    endpoints = await ingests.show_key(channel, actor)
    return KeyOut(server=endpoints[0].url, key=endpoints[0].key or "")
