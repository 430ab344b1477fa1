"""Webhooks: what a vendor sends us, verified and put into our words by its plugin; the rest is the core's.

A provider that is told things keeps `Receiving`. The core owns the address `/webhooks/<kind>/<provider>`: it keeps the
raw body, has it verified, answers, and lets what is new be handled once, in the order of the provider's time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, runtime_checkable

from aethex_live.errors import AethexError

Reason = Literal["missing", "malformed", "signature", "stale"]

# kind -> what may be told; other types are a mistake of the plugin and refused
TYPES: Mapping[str, frozenset[str]] = {
    "streaming": frozenset(
        {
            "ingest.connected",
            "ingest.disconnected",
            "ingest.failed",
            "broadcast.started",
            "broadcast.ended",
            "recording.ready",
            "recording.failed",
            "recording.deleted",
            "clip.ready",
            "clip.failed",
            "simulcast.live",
            "simulcast.failed",
        }
    ),
    "payments": frozenset(
        {
            "payment.completed",
            "payment.failed",
            "payment.refunded",
            "refund.failed",
            "subscription.active",
            "subscription.past_due",
            "subscription.ended",
            "dispute.opened",
            "dispute.closed",
            "payee.updated",
            "payout.paid",
            "payout.failed",
        }
    ),
    "auth": frozenset({"user.created", "user.updated", "user.deleted", "session.revoked"}),
    "email": frozenset({"email.delivered", "email.bounced", "email.complained"}),
    "storage": frozenset(),
}
# what says how a thing stands at a moment, by what it is about: one that is older than what was handled is dropped.
# All else is a fact: money above all, which is never dropped, and may come in any order.
STATES: Mapping[str, str] = {
    "ingest.connected": "ingest",
    "ingest.disconnected": "ingest",
    "ingest.failed": "ingest",
    "broadcast.started": "ingest",
    "broadcast.ended": "ingest",
    "recording.ready": "recording",
    "recording.failed": "recording",
    "recording.deleted": "recording",
    "clip.ready": "clip",
    "clip.failed": "clip",
    "simulcast.live": "simulcast",
    "simulcast.failed": "simulcast",
    "payee.updated": "payee",
    "user.created": "user",
    "user.updated": "user",
}


class WebhookRejected(AethexError):
    """A request that is not the vendor's, or not of now; `reason` is safe to log."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"This webhook is refused: {reason}.")
        self.reason: Reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRequest:
    """A request as it came; names of headers are lower case, `body` is what the signature is about."""

    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEvent:
    """Something that happened at a provider, in our words.

    `id` is unique for the provider, however often it is sent; `type` is one of TYPES; `subject` is the provider's id of
    the thing, `ref` our own id as the provider echoes it. `occurred_at` is the provider's time, by which events are
    ordered, not by their arrival. `data` are JSON values, with no secret, and no personal address that is not needed.

    What the core reads in `data`, where it is known:

    - ingest.* and broadcast.*, with the ingest as subject: `recording_id` (the provider's id of what is being
      recorded), `playback_id` (the id of the live PlaybackRef; else the ingest's own)
    - recording.*, with the recording as subject: `ingest_id` (the provider's), `playback_id` (else the recording's
      own), `duration` in seconds, `started_at` (ISO 8601), `size` in bytes, `width`, `height`, `has_audio`
    - session.revoked, with the session as subject: `user`, the subject of its account
    - user.updated, with the account's subject: `banned` true for somebody who is shut out there
    - email.bounced and email.complained: `address`; `permanent` false for a bounce that may mend itself
    """

    id: str
    type: str
    subject: str
    occurred_at: datetime
    ref: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)


@runtime_checkable
class Receiving(Protocol):
    """Is told things by webhooks."""

    def parse_webhook(self, request: WebhookRequest) -> Sequence[ProviderEvent]:
        """Verify a request and translate it, without any network; empty: nothing in it is for us.

        Raises WebhookRejected for what is unsigned, wrongly signed, too old or from the future, or not readable.
        """
        ...
