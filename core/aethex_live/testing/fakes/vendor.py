"""A streaming vendor in memory: it tells by signed webhooks, and answers when it is asked. For tests of the inbox.

A request is JSON with a list of `events`, signed as `Vendor-Signature: t=…,v1=…` over its raw body.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from aethex_live.clock import Clock
from aethex_live.providers import NotFound
from aethex_live.providers.calls import Calls
from aethex_live.providers.signatures import check_stamped
from aethex_live.providers.streaming import (
    Endpoint,
    IngestHealth,
    IngestSpec,
    LiveState,
    LiveStatus,
    PlaybackRef,
    PlaySource,
    ProviderIngest,
    ProviderRecording,
    StreamCap,
)
from aethex_live.providers.webhooks import ProviderEvent, WebhookRejected, WebhookRequest

HEADER = "vendor-signature"


class FakeVendor:
    """Its `states` and `kept` recordings are what it answers; `secrets` are those that a signature may be of.

    A body that holds `"explode"` makes its parser fail, as a vendor's unannounced change would.
    """

    capabilities = frozenset({StreamCap.STATE, StreamCap.EVENTS, StreamCap.RECORDINGS, StreamCap.RECORD})
    origins: Sequence[str] = ("https://vendor.example",)

    def __init__(self, clock: Clock, secrets: Sequence[str], *, name: str = "vendor") -> None:
        self.name = name
        self.calls = Calls(name, clock)
        self.states: dict[str, LiveState] = {}
        self.kept: dict[str, ProviderRecording] = {}
        self.ended: list[str] = []
        self._secrets = secrets

    def parse_webhook(self, request: WebhookRequest) -> Sequence[ProviderEvent]:
        """Verify, then read."""
        check_stamped(request.headers.get(HEADER), request.body, self._secrets, request.received_at)
        if b'"explode"' in request.body:
            raise KeyError("the vendor changed something")
        try:
            return [_event(told) for told in orjson.loads(request.body)["events"]]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise WebhookRejected("malformed") from error

    async def create_ingest(self, spec: IngestSpec, *, idempotency_key: str) -> ProviderIngest:
        """An ingest that is named by our own id."""
        return ProviderIngest(id=f"in-{spec.ref}", endpoints=(), latency=spec.latency)

    async def endpoints(self, ingest_id: str, *, key_version: int) -> Sequence[Endpoint]:
        """An address that nobody listens on."""
        return [Endpoint(protocol="rtmps", url="rtmps://127.0.0.1:1/app", key=f"key-{key_version}")]

    async def rotate_key(self, ingest_id: str, *, key_version: int) -> None:
        """There is no key to replace."""

    async def delete_ingest(self, ingest_id: str) -> None:
        """Forget it."""
        self.states.pop(ingest_id, None)

    async def end_broadcast(self, ingest_id: str) -> None:
        """What is live there ends."""
        self.ended.append(ingest_id)
        self.states[ingest_id] = LiveState(status=LiveStatus.IDLE)

    async def health(self, ingest_id: str) -> IngestHealth:
        """Nothing is known of what comes in."""
        return IngestHealth(status=LiveStatus.IDLE, verdict="none")

    async def delete_recording(self, recording_id: str) -> None:
        """Forget it."""
        self.kept.pop(recording_id, None)

    def playback(self, ref: PlaybackRef) -> Sequence[PlaySource]:
        """An address of HLS."""
        return [PlaySource(url=f"https://vendor.example/{ref.id}.m3u8", kind="hls")]

    def image(self, ref: PlaybackRef) -> str | None:
        """There is none."""
        return None

    async def live_state(self, ingest_id: str) -> LiveState:
        """As `states` says. Raises NotFound for an ingest that is not in there."""

        async def answer() -> LiveState:
            if ingest_id not in self.states:
                raise NotFound("There is no such ingest.", provider=self.name, operation="live_state")
            return self.states[ingest_id]

        return await self.calls.run("live_state", answer)

    async def recordings(self, ingest_id: str) -> Sequence[ProviderRecording]:
        """Those of an ingest."""
        return [one for one in self.kept.values() if one.ingest_id == ingest_id]

    async def get_recording(self, recording_id: str) -> ProviderRecording:
        """One of them. Raises NotFound."""

        async def answer() -> ProviderRecording:
            if recording_id not in self.kept:
                raise NotFound("There is no such recording.", provider=self.name, operation="get_recording")
            return self.kept[recording_id]

        return await self.calls.run("get_recording", answer)

    async def aclose(self) -> None:
        """There is nothing to give back."""


def told(
    event_id: str,
    what: str,
    subject: str,
    at: datetime,
    *,
    ref: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """An event as the vendor writes it."""
    return {
        "id": event_id,
        "type": what,
        "subject": subject,
        "at": at.timestamp(),
        "ref": ref,
        "data": dict(data or {}),
    }


def body_of(events: Iterable[Mapping[str, Any]]) -> bytes:
    """The body of a request."""
    return orjson.dumps({"events": list(events)})


def signed(body: bytes, secret: str, at: datetime) -> dict[str, str]:
    """The headers of a request."""
    stamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Vendor-Signature": f"t={stamp},v1={digest}", "Content-Type": "application/json"}


def _event(one: Mapping[str, Any]) -> ProviderEvent:
    return ProviderEvent(
        id=one["id"],
        type=one["type"],
        subject=one["subject"],
        occurred_at=datetime.fromtimestamp(one["at"], UTC),
        ref=one["ref"],
        data=one["data"],
    )
