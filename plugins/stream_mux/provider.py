"""The streaming provider "mux": the core's contract over Mux's API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import mux_python as mux
from pydantic import SecretStr

from aethex_live.providers import Conflict, NotFound, Unsupported
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

from . import errors, events
from .addresses import Addresses, playback_id
from .client import MuxApi
from .errors import PROVIDER

SERVERS: Final = (
    ("rtmps", "rtmps://global-live.mux.com:443/app"),
    ("rtmp", "rtmp://global-live.mux.com:5222/app"),
)
KEPT: Final = frozenset(
    {
        StreamCap.RTMP,
        StreamCap.LOW_LATENCY,
        StreamCap.ROTATE_KEY,
        StreamCap.SIGNAL_END,
        StreamCap.RECORD,
        StreamCap.IMAGES,
        StreamCap.SWITCH,
        StreamCap.STATE,
        StreamCap.EVENTS,
        StreamCap.RECORDINGS,
        StreamCap.CLIPS,
        StreamCap.CLIPS_LIVE,
        StreamCap.SIMULCAST,
    }
)
NEWEST: Final = 100  # of which one is looked up by our own id: Mux has no idempotency keys
STATES: Final = {"preparing": "processing", "ready": "ready", "errored": "failed"}

T = TypeVar("T")


class MuxStreaming:
    """Keeps `StreamProvider` and the parts that KEPT names. With a signing key all that is made is signed."""

    name = PROVIDER

    def __init__(
        self, api: MuxApi, calls: Calls, addresses: Addresses, secrets: Sequence[SecretStr], *, signed: bool, test: bool
    ) -> None:
        self._api = api
        self.calls = calls
        self._addresses = addresses
        self._secrets = secrets
        self._policy = "signed" if signed else "public"
        self._test = test
        self.capabilities = KEPT | ({StreamCap.PRIVATE} if signed else frozenset())

    @property
    def origins(self) -> Sequence[str]:
        """Where players load from."""
        return self._addresses.origins

    # --- ingests

    async def create_ingest(self, spec: IngestSpec, *, idempotency_key: str) -> ProviderIngest:
        """The live stream of `spec.ref`: one of the newest that has it, else a new one."""
        ref = str(spec.ref)
        listed = await self._api.call(self._api.live.list_live_streams, limit=NEWEST, repeatable=True)
        stream = _read("create_ingest", lambda all_: _of_ref(all_, ref), listed)
        if stream is None:
            wish = mux.CreateLiveStreamRequest(
                playback_policies=[self._policy],
                new_asset_settings=mux.CreateAssetRequest(playback_policies=[self._policy]),
                latency_mode=spec.latency,
                reconnect_window=None,
                passthrough=ref,
                meta=mux.LiveStreamMetadata(title=spec.title[:512]),
                test=self._test or None,
            )
            stream = await self._api.call(self._api.live.create_live_stream, wish, repeatable=False)
        return _read("create_ingest", _ingest, stream)

    async def endpoints(self, ingest_id: str, *, key_version: int) -> Sequence[Endpoint]:
        """Mux's servers, with the stream's key of this moment."""
        stream = await self._stream(ingest_id)
        return _read("endpoints", _endpoints, stream)

    async def rotate_key(self, ingest_id: str, *, key_version: int) -> None:
        """Mux makes a new key, and cuts off who sends with the old one."""
        await self._api.call(self._api.live.reset_stream_key, ingest_id, repeatable=True)

    async def delete_ingest(self, ingest_id: str) -> None:
        """Delete the live stream; its recordings stay."""
        await self._gone(self._api.live.delete_live_stream, ingest_id)

    async def end_broadcast(self, ingest_id: str) -> None:
        """Players are told at once that it is over; Mux lets the encoder go after a minute."""
        if (await self._stream(ingest_id)).get("status") == "active":
            await self._api.call(self._api.live.signal_live_stream_complete, ingest_id, repeatable=True)

    async def set_enabled(self, ingest_id: str, *, enabled: bool) -> None:
        """Take encoders, or refuse them and drop the one that sends."""
        live = self._api.live
        await self._api.call(
            live.enable_live_stream if enabled else live.disable_live_stream, ingest_id, repeatable=True
        )

    async def health(self, ingest_id: str) -> IngestHealth:
        """Mux does not say in its API what comes in."""
        raise Unsupported("Mux does not tell the health of a stream.", provider=PROVIDER, operation="health")

    async def live_state(self, ingest_id: str) -> LiveState:
        """What Mux says of the stream."""
        stream = await self._stream(ingest_id)
        live = stream.get("status") == "active"
        return LiveState(
            status=LiveStatus.LIVE if live else LiveStatus.IDLE,
            recording_id=stream.get("active_asset_id") if live else None,
            playback_id=_read("live_state", playback_id, stream.get("playback_ids") or ()),
        )

    # --- recordings and clips

    async def recordings(self, ingest_id: str) -> Sequence[ProviderRecording]:
        """The assets of a live stream."""
        found = await self._api.call(
            self._api.assets.list_assets, live_stream_id=ingest_id, limit=NEWEST, repeatable=True
        )
        return _read("recordings", lambda all_: [_recording(asset) for asset in all_], found)

    async def get_recording(self, recording_id: str) -> ProviderRecording:
        """One asset."""
        asset = await self._api.call(self._api.assets.get_asset, recording_id, repeatable=True)
        return _read("get_recording", _recording, asset)

    async def delete_recording(self, recording_id: str) -> None:
        """Delete the asset."""
        await self._gone(self._api.assets.delete_asset, recording_id)

    async def create_clip(
        self, recording_id: str, start: float, end: float, *, ref: str, title: str, idempotency_key: str
    ) -> ProviderClip:
        """A new asset, cut to the frame; one of the newest with this `ref` is the same clip."""
        listed = await self._api.call(self._api.assets.list_assets, limit=NEWEST, repeatable=True)
        asset = _read("create_clip", lambda all_: _of_ref(all_, ref), listed)
        if asset is None:
            cut = mux.InputSettings(url=f"mux://assets/{recording_id}", start_time=start, end_time=end)
            wish = mux.CreateAssetRequest(
                inputs=[cut],
                playback_policies=[self._policy],
                passthrough=ref,
                meta=mux.AssetMetadata(title=title[:512]),
            )
            asset = await self._api.call(self._api.assets.create_asset, wish, repeatable=False)
        return _read("create_clip", _clip, asset)

    # --- simulcast

    async def add_simulcast(self, ingest_id: str, url: str, key: str, *, ref: str) -> str:
        """Send on from the next broadcast on: Mux changes targets of idle streams alone."""
        stream = await self._idle(ingest_id, "add_simulcast")
        if there := _read("add_simulcast", lambda all_: _of_ref(all_, ref), stream.get("simulcast_targets") or []):
            return str(there["id"])
        wish = mux.CreateSimulcastTargetRequest(url=url, stream_key=key, passthrough=ref)
        made = await self._api.call(
            self._api.live.create_live_stream_simulcast_target, ingest_id, wish, repeatable=False
        )
        return _read("add_simulcast", lambda target: str(target["id"]), made)

    async def remove_simulcast(self, ingest_id: str, target_id: str) -> None:
        """Send there no more."""
        await self._idle(ingest_id, "remove_simulcast")
        await self._gone(self._api.live.delete_live_stream_simulcast_target, ingest_id, target_id)

    # --- what pages need; no network

    def playback(self, ref: PlaybackRef) -> Sequence[PlaySource]:
        """HLS; while it is live with low latency."""
        return self._addresses.playback(ref)

    def image(self, ref: PlaybackRef) -> str | None:
        """A still picture."""
        return self._addresses.image(ref)

    def parse_webhook(self, request: WebhookRequest) -> Sequence[ProviderEvent]:
        """Verify and translate."""
        return events.parse(request, [one.get_secret_value() for one in self._secrets])

    async def aclose(self) -> None:
        """End the threads."""
        self._api.close()

    async def _stream(self, ingest_id: str) -> Mapping[str, Any]:
        found = await self._api.call(self._api.live.get_live_stream, ingest_id, repeatable=True)
        return _read("get_live_stream", dict, found)

    async def _idle(self, ingest_id: str, operation: str) -> Mapping[str, Any]:
        stream = await self._stream(ingest_id)
        if stream.get("status") == "active":
            raise Conflict("Mux changes targets only while nothing is live.", provider=PROVIDER, operation=operation)
        return stream

    async def _gone(self, method: Callable[..., Any], *ids: str) -> None:
        """Delete; what is not there is deleted already."""
        try:
            await self._api.call(method, *ids, repeatable=True)
        except NotFound:
            return


def _of_ref(found: Sequence[Mapping[str, Any]], ref: str) -> Mapping[str, Any] | None:
    """The one that carries our own id."""
    return next((one for one in found if one.get("passthrough") == ref), None)


def _read(operation: str, read: Callable[[Any], T], answer: Any) -> T:
    """Read an answer. Raises Unavailable for one that lacks what Mux's description promises."""
    try:
        return read(answer)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        raise errors.unreadable(operation) from None


def _endpoints(stream: Mapping[str, Any]) -> Sequence[Endpoint]:
    key = str(stream["stream_key"])
    return [Endpoint(protocol=protocol, url=url, key=key) for protocol, url in SERVERS]  # type: ignore[arg-type]  # both


def _ingest(stream: Mapping[str, Any]) -> ProviderIngest:
    mode = str(stream.get("latency_mode") or "standard")
    return ProviderIngest(id=str(stream["id"]), endpoints=_endpoints(stream), latency=mode)


def _recording(asset: Mapping[str, Any]) -> ProviderRecording:
    live = bool(asset.get("is_live"))
    return ProviderRecording(
        id=str(asset["id"]),
        ingest_id=asset.get("live_stream_id"),
        ref=asset.get("passthrough"),
        status="live" if live else STATES[asset["status"]],  # type: ignore[arg-type]  # its values are those
        playback=PlaybackRef(
            provider=PROVIDER, id=playback_id(asset.get("playback_ids") or ()) or asset["id"], live=False
        ),
        created_at=datetime.fromtimestamp(int(str(asset["created_at"])), UTC),
        duration=asset.get("duration"),
    )


def _clip(asset: Mapping[str, Any]) -> ProviderClip:
    name = playback_id(asset.get("playback_ids") or ())
    return ProviderClip(
        id=str(asset["id"]),
        status=STATES[asset["status"]],  # type: ignore[arg-type]  # its values are those
        playback=PlaybackRef(provider=PROVIDER, id=name or str(asset["id"]), live=False),
    )
