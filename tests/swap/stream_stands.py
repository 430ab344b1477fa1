"""Streaming providers with who sends to them: the embedded server with an encoder, Mux and Cloudflare with twins."""

from __future__ import annotations

import asyncio
import base64
import functools
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urljoin
from uuid import uuid4

import cloudflare_twin
import mux_twin
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from stream_kit import RtmpClient, media_bytes, stream
from swap_kit import Stand, post

from aethex_live.models import Broadcast, Ingest
from aethex_live.providers.streaming import LiveState, LiveStatus, PlaybackRef, ProviderRecording, StreamProvider
from aethex_live.testing.fakes import vendor as fake_vendor
from aethex_live.testing.fakes.vendor import FakeVendor
from sites import LiveSite, free_port

SECONDS = 5  # of media that an encoder sends


class Sender(Protocol):
    """Who sends to an ingest, and what the vendor tells of it."""

    async def go_live(self, site: LiveSite, provider: StreamProvider, ingest: Ingest) -> None:
        """Send; what follows is told to the site as the vendor tells it."""
        ...

    async def leave(self, site: LiveSite, ingest: Ingest) -> None:
        """What is live has ended (or ends now): told, with the recording that is ready."""
        ...

    async def has(self, site: LiveSite, recording_id: str) -> bool:
        """Whether the vendor keeps this recording."""
        ...

    def knows(self, ingest_id: str) -> bool:
        """Whether the vendor has this ingest."""
        ...


class LocalEncoder:
    """Sends by RTMP."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.clients: dict[str, RtmpClient] = {}

    async def go_live(self, site: LiveSite, provider: StreamProvider, ingest: Ingest) -> None:
        [endpoint] = await provider.endpoints(ingest.provider_id, key_version=ingest.key_version)
        assert endpoint.key
        self.clients[ingest.provider_id] = client = await RtmpClient.publish(self.port, endpoint.key)
        await client.hears(b"Publish.Start")
        client.send(media_bytes(stream(SECONDS)))
        await client.drained()

    async def leave(self, site: LiveSite, ingest: Ingest) -> None:
        client = self.clients.pop(ingest.provider_id, None)
        if client is not None:
            with suppress(ConnectionError):
                client.goodbye()
            client.hang_up()

    async def has(self, site: LiveSite, recording_id: str) -> bool:
        return (site.platform.site.data / "media" / "vod" / recording_id).exists()

    def knows(self, ingest_id: str) -> bool:
        return False  # its ingests are rows of the site alone


class MuxEncoder:
    """Moves the twin, and tells by signed webhooks."""

    secret = "SuperSecret123"

    def __init__(self, mux: mux_twin.Twin) -> None:
        self.mux = mux

    async def go_live(self, site: LiveSite, provider: StreamProvider, ingest: Ingest) -> None:
        name = f"PB-{uuid4().hex[:12]}"
        asset = self.mux.asset(
            live_stream_id=ingest.provider_id,
            is_live=True,
            passthrough=str(ingest.id),
            playback_ids=[{"id": name, "policy": "signed"}],
        )
        live = self.mux.streams[ingest.provider_id]
        live.update(status="active", active_asset_id=asset, reconnect_window=60)
        await self._tell(site, "video.live_stream.connected", live)
        await self._tell(site, "video.live_stream.active", live)

    async def leave(self, site: LiveSite, ingest: Ingest) -> None:
        live = self.mux.streams[ingest.provider_id]
        asset = self.mux.assets[live["active_asset_id"]]
        live.update(status="idle")
        asset.update(is_live=False)
        await self._tell(site, "video.live_stream.idle", live)
        live.pop("active_asset_id")
        await self._tell(site, "video.asset.live_stream_completed", asset)

    async def has(self, site: LiveSite, recording_id: str) -> bool:
        return recording_id in self.mux.assets

    def knows(self, ingest_id: str) -> bool:
        return ingest_id in self.mux.streams

    async def _tell(self, site: LiveSite, kind: str, data: dict[str, Any]) -> None:
        thing = {"id": data["id"], "type": kind.split(".")[1]}
        event = {
            "id": uuid4().hex,
            "type": kind,
            "created_at": now_text(),
            "attempts": [],
            "object": thing,
            "data": data,
        }
        body, stamp = json.dumps(event).encode(), str(int(time.time()))
        headers = {"Mux-Signature": f"t={stamp},v1={digest(self.secret, stamp, body)}"}
        await post(urljoin(site.url, "webhooks/streaming/mux"), body, headers)


class CloudflareEncoder:
    """Moves the twin, and tells by notifications and signed webhooks."""

    video_secret, notice_secret = "video-secret", "notice-secret"

    def __init__(self, cloudflare: cloudflare_twin.Twin) -> None:
        self.cloudflare = cloudflare

    async def go_live(self, site: LiveSite, provider: StreamProvider, ingest: Ingest) -> None:
        self.cloudflare.inputs[ingest.provider_id]["status"] = "connected"
        self.cloudflare.video("live-inprogress", liveInput=ingest.provider_id, created=now_text())
        await self._notice(site, ingest.provider_id, "live_input.connected")

    async def leave(self, site: LiveSite, ingest: Ingest) -> None:
        self.cloudflare.inputs[ingest.provider_id]["status"] = "client_disconnect"
        await self._notice(site, ingest.provider_id, "live_input.disconnected")
        mine = [one for one in self.cloudflare.videos.values() if one.get("liveInput") == ingest.provider_id]
        mine[-1].update(status={"state": "ready"}, duration=61.2)
        more = {"modified": now_text(), "meta": {"ref": str(ingest.id)}, "input": {"width": 1280, "height": 720}}
        body, stamp = json.dumps(mine[-1] | more).encode(), str(int(time.time()))
        headers = {"Webhook-Signature": f"time={stamp},sig1={digest(self.video_secret, stamp, body)}"}
        await post(urljoin(site.url, "webhooks/streaming/cloudflare"), body, headers)

    async def has(self, site: LiveSite, recording_id: str) -> bool:
        return recording_id in self.cloudflare.videos

    def knows(self, ingest_id: str) -> bool:
        return ingest_id in self.cloudflare.inputs

    async def _notice(self, site: LiveSite, input_id: str, kind: str) -> None:
        data = {"notification_name": "Stream Live Input", "input_id": input_id}
        data |= {"event_type": kind, "updated_at": now_text()}
        body = json.dumps({"name": "Live", "text": "Stream", "data": data, "ts": int(time.time())}).encode()
        headers = {"cf-webhook-auth": self.notice_secret}
        await post(urljoin(site.url, "webhooks/streaming/cloudflare"), body, headers)


class FakeEncoder:
    """Moves the vendor in memory, which tells by webhooks as well."""

    secret = "whsec-fake"

    def __init__(self, fake: FakeVendor) -> None:
        self.fake = fake

    async def go_live(self, site: LiveSite, provider: StreamProvider, ingest: Ingest) -> None:
        name = f"rec-{ingest.id}-{uuid4().hex[:8]}"
        self.fake.states[ingest.provider_id] = LiveState(status=LiveStatus.LIVE, recording_id=name)
        await self._tell(site, "broadcast.started", ingest.provider_id, recording_id=name)

    async def leave(self, site: LiveSite, ingest: Ingest) -> None:
        live = await Broadcast.filter(ingest_id=ingest.id).order_by("-started_at").first()
        assert live is not None
        name = live.provider_id
        self.fake.states[ingest.provider_id] = LiveState(status=LiveStatus.IDLE)
        self.fake.kept[name] = ProviderRecording(
            id=name,
            ingest_id=ingest.provider_id,
            ref=str(ingest.id),
            status="ready",
            playback=PlaybackRef(provider=self.fake.name, id=name, live=False),
            created_at=datetime.now(UTC),
            duration=12.0,
        )
        await self._tell(site, "broadcast.ended", ingest.provider_id, recording_id=name)
        await self._tell(site, "recording.ready", name, ingest_id=ingest.provider_id, duration=12.0)

    async def has(self, site: LiveSite, recording_id: str) -> bool:
        return recording_id in self.fake.kept

    def knows(self, ingest_id: str) -> bool:
        return ingest_id in self.fake.states

    async def _tell(self, site: LiveSite, kind: str, subject: str, **data: Any) -> None:
        now = datetime.now(UTC)
        body = fake_vendor.body_of([fake_vendor.told(uuid4().hex, kind, subject, now, data=data)])
        await post(urljoin(site.url, "webhooks/streaming/vendor"), body, fake_vendor.signed(body, self.secret, now))


def digest(secret: str, stamp: str, body: bytes) -> str:
    """The signature of both vendors."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def now_text() -> str:
    """This moment as vendors write it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@asynccontextmanager
async def streaming_stands() -> AsyncIterator[list[Stand]]:
    """All of them, with their stand-ins running."""
    port = free_port()
    with mux_twin.twin() as mux:
        async with cloudflare_twin.twin() as cloudflare:
            passing = asyncio.create_task(_pass_seconds(cloudflare))
            yield [
                Stand(
                    "local",
                    "stream_local",
                    {"rtmp_port": port, "thumbnails": False, "disk_floor_mb": 0},
                    LocalEncoder(port),
                ),
                Stand("mux", "stream_mux", mux_table(mux), MuxEncoder(mux)),
                Stand(
                    "cloudflare",
                    "stream_cloudflare",
                    cloudflare_table(cloudflare),
                    CloudflareEncoder(cloudflare),
                ),
            ]
            passing.cancel()


def mux_table(mux: mux_twin.Twin) -> dict[str, Any]:
    """Settings of the plugin, so that it asks the twin."""
    secrets = {"token_secret": "token-secret-of-ours", "webhook_secrets": [MuxEncoder.secret]}
    return {"token_id": "t", **secrets, "api_url": mux.url, **signing_key()}


def cloudflare_table(cloudflare: cloudflare_twin.Twin) -> dict[str, Any]:
    """Settings of the plugin, so that it asks the twin."""
    return {
        "account_id": cloudflare_twin.ACCOUNT,
        "api_token": "api-token-of-ours",
        "webhook_secrets": [CloudflareEncoder.video_secret],
        "notification_secrets": [CloudflareEncoder.notice_secret],
        "api_url": cloudflare.url,
        "delivery_url": cloudflare.url,
        **signing_key(),
    }


@functools.cache
def signing_key() -> dict[str, str]:
    """Settings by which addresses are signed, as vendors give them."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return {"signing_key_id": "k1", "signing_private_key": base64.b64encode(pem).decode()}


async def _pass_seconds(cloudflare: cloudflare_twin.Twin) -> None:
    while True:
        await asyncio.sleep(0.1)
        cloudflare.second()
