"""The streaming provider "cloudflare": the core's contract over Cloudflare Stream."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from aethex_live.providers import Invalid, ProviderError, Unavailable, Unsupported
from aethex_live.providers.calls import Calls
from aethex_live.providers.streaming import (
    Endpoint,
    IngestHealth,
    IngestSpec,
    LiveState,
    LiveStatus,
    PlaybackRef,
    PlaySource,
    ProviderClip,
    ProviderIngest,
    ProviderRecording,
    StreamCap,
)
from aethex_live.providers.webhooks import ProviderEvent, WebhookRequest

from . import reading
from .addresses import Addresses
from .api import StreamApi
from .events import Hooks
from .names import PROVIDER

KEPT: Final = frozenset(
    {
        StreamCap.RTMP,
        StreamCap.LOW_LATENCY,
        StreamCap.RECONNECT_WINDOW,
        StreamCap.ROTATE_KEY,
        StreamCap.RECORD,
        StreamCap.IMAGES,
        StreamCap.SWITCH,
        StreamCap.STATE,
        StreamCap.EVENTS,
        StreamCap.VIEWERS,
        StreamCap.RECORDINGS,
        StreamCap.CLIPS,
        StreamCap.SIMULCAST,
        StreamCap.SIMULCAST_LIVE,
    }
)
LOOKS, PAUSE_S = 8, 1.0  # at a broadcast that is being ended
CHANGED: Final = ("meta", "recording", "defaultCreator", "preferLowLatency", "deleteRecordingAfterDays")


class CloudflareStreaming:
    """Keeps `StreamProvider` and the parts that KEPT names. With a signing key all that is made is signed."""

    name = PROVIDER

    def __init__(
        self,
        api: StreamApi,
        calls: Calls,
        addresses: Addresses,
        hooks: Hooks,
        *,
        signed: bool,
        reconnect_s: int,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._api = api
        self.calls = calls
        self._addresses = addresses
        self._hooks = hooks
        self._signed = signed
        self._reconnect_s = reconnect_s
        self._wait = wait
        self.capabilities = KEPT | ({StreamCap.PRIVATE} if signed else frozenset())

    @property
    def origins(self) -> Sequence[str]:
        """Where players load from."""
        return self._addresses.origins

    # --- ingests

    async def create_ingest(self, spec: IngestSpec, *, idempotency_key: str) -> ProviderIngest:
        """A live input that carries `spec.ref`; Cloudflare knows the key."""
        wish = {
            "meta": {"name": spec.title, "ref": str(spec.ref)},
            "defaultCreator": str(spec.ref),
            "enabled": True,
            "preferLowLatency": spec.latency == "low",
            # without a recording Cloudflare plays nothing either
            "recording": {
                "mode": "automatic",
                "timeoutSeconds": self._reconnect_s,
                "requireSignedURLs": self._signed,
            },
        }
        return await self._api.post("create_ingest", "/live_inputs", wish, reading.ingest, key=idempotency_key)

    async def endpoints(self, ingest_id: str, *, key_version: int) -> Sequence[Endpoint]:
        """Cloudflare's server, with the key of this moment."""
        return await self._api.get("endpoints", f"/live_inputs/{ingest_id}", reading.endpoints)

    async def rotate_key(self, ingest_id: str, *, key_version: int) -> None:
        """Cloudflare makes a new key, and drops who sends with the old one."""
        await self._api.post("rotate_key", f"/live_inputs/{ingest_id}/rotate_keys", {}, lambda _: None)

    async def delete_ingest(self, ingest_id: str) -> None:
        """Delete the live input; its videos stay."""
        await self._api.delete("delete_ingest", f"/live_inputs/{ingest_id}")

    async def set_enabled(self, ingest_id: str, *, enabled: bool) -> None:
        """Take encoders, or end what is live and take none."""
        found = await self._input("set_enabled", ingest_id)
        # what is left out of a change, Cloudflare may set back
        kept = {name: found[name] for name in CHANGED if found.get(name) is not None}
        await self._api.put("set_enabled", f"/live_inputs/{ingest_id}", kept | {"enabled": enabled})

    async def end_broadcast(self, ingest_id: str) -> None:
        """Cloudflare has no word for it: the input is shut, and opened again once nothing is live."""
        state = await self.live_state(ingest_id)
        if state.status is LiveStatus.IDLE:
            return
        await self.set_enabled(ingest_id, enabled=False)
        try:
            for _ in range(LOOKS):
                if (await self.live_state(ingest_id)).status is LiveStatus.IDLE:
                    break
                await self._wait(PAUSE_S)
        finally:
            await self.set_enabled(ingest_id, enabled=True)

    async def health(self, ingest_id: str) -> IngestHealth:
        """Cloudflare does not say in its API what comes in."""
        raise Unsupported("Cloudflare does not tell the health of a stream.", provider=PROVIDER, operation="health")

    async def live_state(self, ingest_id: str) -> LiveState:
        """What Cloudflare says of the input and of its videos."""
        found = await self._input("live_state", ingest_id)
        videos = await self.recordings(ingest_id)
        try:
            return reading.state(found, videos)
        except (KeyError, TypeError, AttributeError):
            sentence = "Cloudflare gave an answer that is not in its own description."
            raise Unavailable(sentence, provider=PROVIDER, operation="live_state", code="answer") from None

    async def viewers(self, ingest_ids: Sequence[str]) -> Mapping[str, int | None]:
        """Cloudflare's own counts; None where it can't say."""
        counts: dict[str, int | None] = {}
        for ingest_id in ingest_ids:
            try:
                counts[ingest_id] = await self._api.viewers(ingest_id)
            except ProviderError:
                counts[ingest_id] = None
        return counts

    # --- recordings and clips

    async def recordings(self, ingest_id: str) -> Sequence[ProviderRecording]:
        """The videos of a live input, the newest first."""
        found = await self._api.get(
            "recordings", f"/live_inputs/{ingest_id}/videos", lambda videos: [reading.recording(one) for one in videos]
        )
        return sorted(found, key=lambda one: one.created_at, reverse=True)[:100]

    async def get_recording(self, recording_id: str) -> ProviderRecording:
        """One video."""
        return await self._api.get("get_recording", f"/{recording_id}", reading.recording)

    async def delete_recording(self, recording_id: str) -> None:
        """Delete the video."""
        await self._api.delete("delete_recording", f"/{recording_id}")

    async def create_clip(
        self, recording_id: str, start: float, end: float, *, ref: str, title: str, idempotency_key: str
    ) -> ProviderClip:
        """A new video, in whole seconds, rounded outward."""
        if not 0 <= start < end:
            raise Invalid("A clip begins before it ends.", provider=PROVIDER, operation="create_clip")
        wish = {
            "clippedFromVideoUID": recording_id,
            "startTimeSeconds": math.floor(start),
            "endTimeSeconds": math.ceil(end),
            "creator": ref,
            "meta": {"name": title, "ref": ref},
            "requireSignedURLs": self._signed,
        }
        return await self._api.post("create_clip", "/clip", wish, reading.clip, key=idempotency_key)

    # --- simulcast

    async def add_simulcast(self, ingest_id: str, url: str, key: str, *, ref: str) -> str:
        """Send on from now on, also while it is live. Cloudflare takes no name of ours: address and key are it."""
        path = f"/live_inputs/{ingest_id}/outputs"
        there = await self._api.get("add_simulcast", path, lambda outputs: _output(outputs, url, key))
        if there is not None:
            return there
        wish = {"url": url, "streamKey": key, "enabled": True}
        return await self._api.post("add_simulcast", path, wish, lambda made: str(made["uid"]))

    async def remove_simulcast(self, ingest_id: str, target_id: str) -> None:
        """Send there no more."""
        await self._api.delete("remove_simulcast", f"/live_inputs/{ingest_id}/outputs/{target_id}")

    # --- what pages need; no network

    def playback(self, ref: PlaybackRef) -> Sequence[PlaySource]:
        """HLS; while it is live with low latency."""
        return self._addresses.playback(ref)

    def image(self, ref: PlaybackRef) -> str | None:
        """A still picture."""
        return self._addresses.image(ref)

    def parse_webhook(self, request: WebhookRequest) -> Sequence[ProviderEvent]:
        """Verify and translate."""
        return self._hooks.parse(request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._api.aclose()

    async def _input(self, operation: str, ingest_id: str) -> dict[str, Any]:
        return await self._api.get(operation, f"/live_inputs/{ingest_id}", dict)


def _output(outputs: Sequence[Mapping[str, Any]], url: str, key: str) -> str | None:
    fitting = (one for one in outputs if one.get("url") == url and one.get("streamKey") == key)
    return next((str(one["uid"]) for one in fitting), None)
