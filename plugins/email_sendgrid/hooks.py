"""What SendGrid tells by its signed event webhook: a list of events, under an ECDSA signature of time and body."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from aethex_live.providers import NotConfigured
from aethex_live.providers.http import word
from aethex_live.providers.signatures import LONGEST_STAMP, check_time
from aethex_live.providers.webhooks import ProviderEvent, WebhookRejected, WebhookRequest

from .settings import PROVIDER

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

TYPES = {
    "delivered": "email.delivered",
    "bounce": "email.bounced",
    "dropped": "email.bounced",  # not even tried: the address bounced or complained before
    "spamreport": "email.complained",
}
# what we send along stands among SendGrid's own names in an event, so it has a beginning of its own
PREFIX = "ax_"
_HEAD = "x-twilio-email-event-webhook-"
_MESSAGE_END = re.compile(r"\.(filter|recvd)")
_UNUSUAL = re.compile(r"[^A-Za-z0-9]+")
_LATEST = 1 << 33  # seconds; a time after that is none


class Hooks:
    """Verifies and reads webhooks."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Raises NotConfigured for a key that is none."""
        self._keys = [_public_key(key) for key in keys]

    def parse(self, request: WebhookRequest) -> Sequence[ProviderEvent]:
        """The events in it that are for us. Raises WebhookRejected."""
        self._check(request)
        try:
            told = orjson.loads(request.body)
        except orjson.JSONDecodeError:
            raise WebhookRejected("malformed") from None
        if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
            raise WebhookRejected("malformed")
        return [_event(one, TYPES[one["event"]]) for one in told if _is_ours(one.get("event"))]

    def _check(self, request: WebhookRequest) -> None:
        stamp, shown = request.headers.get(f"{_HEAD}timestamp"), request.headers.get(f"{_HEAD}signature")
        if not stamp or not shown:
            raise WebhookRejected("missing")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= LONGEST_STAMP):
            raise WebhookRejected("malformed")
        try:
            signature = base64.b64decode(shown, validate=True)
        except (binascii.Error, ValueError):
            raise WebhookRejected("malformed") from None
        if not any(_fits(key, signature, stamp.encode() + request.body) for key in self._keys):
            raise WebhookRejected("signature")
        check_time(int(stamp), request.received_at)


def _is_ours(kind: object) -> bool:
    return isinstance(kind, str) and kind in TYPES


def _public_key(text: str) -> EllipticCurvePublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(base64.b64decode(text.strip(), validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise NotConfigured(
            "A value of verification_keys is no public key: copy it from app.sendgrid.com/settings/mail_settings, "
            "Event Webhooks, into verification_keys under [plugins.email_sendgrid].",
            provider=PROVIDER,
            operation="start",
        )
    return key


def _fits(key: EllipticCurvePublicKey, signature: bytes, signed: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        key.verify(signature, signed, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _event(told: Mapping[str, Any], kind: str) -> ProviderEvent:
    event_id, message, stamp = word(told.get("sg_event_id")), word(told.get("sg_message_id")), told.get("timestamp")
    if not event_id or isinstance(stamp, bool) or not isinstance(stamp, int | float) or not 0 <= stamp < _LATEST:
        raise WebhookRejected("malformed")
    tags = {
        name.removeprefix(PREFIX): value
        for name, value in told.items()
        if name.startswith(PREFIX) and word(name) and word(value)
    }
    return ProviderEvent(
        id=event_id,
        type=kind,
        subject=message_of(message),
        occurred_at=datetime.fromtimestamp(stamp, UTC),
        ref=tags.get("ref"),
        data={"tags": tags, **_about(told, kind)},
    )


def message_of(sg_message_id: str) -> str:
    """The id that we got when we sent the mail, out of the longer one of events."""
    ours = _MESSAGE_END.split(sg_message_id)[0]
    return ours if ours != sg_message_id else sg_message_id.partition(".")[0]


def _about(told: Mapping[str, Any], kind: str) -> dict[str, object]:
    """Who must not be written to any more, and why; of a delivery nobody needs to know it."""
    about: dict[str, object] = {}
    if kind == "email.delivered":
        return about
    if isinstance(told.get("email"), str):
        about["address"] = told["email"]
    if kind == "email.bounced":
        # "blocked" is the other type of a bounce: the server refused this mail, not the address
        about["permanent"] = told["event"] == "dropped" or told.get("type") == "bounce"
        about["reason"] = _reason(told)
    return about


def _reason(told: Mapping[str, Any]) -> str:
    """A word for the reason: of a drop SendGrid's own, of a bounce the server's code; sentences hold addresses."""
    told_reason = told.get("reason") if told["event"] == "dropped" else told.get("status")
    return _UNUSUAL.sub("_", told_reason)[:40] if isinstance(told_reason, str) and "@" not in told_reason else ""
