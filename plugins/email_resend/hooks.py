"""What Resend tells by webhooks: signed as Standard Webhooks are, under the header names of Svix."""

from __future__ import annotations

import base64
import hmac
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
    from standardwebhooks import Webhook

TYPES = {
    "email.delivered": "email.delivered",
    "email.bounced": "email.bounced",
    "email.suppressed": "email.bounced",  # not even tried: the address bounced or complained before
    "email.complained": "email.complained",
}
REF = "ref"


class Hooks:
    """Verifies and reads webhooks."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """Raises NotConfigured for a secret that is none, and without the package that verifies."""
        try:
            from standardwebhooks import Webhook
        except ImportError:
            sentence = "The package standardwebhooks is missing: pip install 'aethex-live[resend]'."
            raise NotConfigured(sentence, provider=PROVIDER, operation="start") from None
        self._signers = [_signer(Webhook, secret) for secret in secrets]

    def parse(self, request: WebhookRequest) -> Sequence[ProviderEvent]:
        """The event in it, if it is one for us. Raises WebhookRejected."""
        event_id = self._check(request)
        try:
            told = orjson.loads(request.body)
        except orjson.JSONDecodeError:
            raise WebhookRejected("malformed") from None
        if not isinstance(told, dict) or not isinstance(told.get("type"), str):
            raise WebhookRejected("malformed")
        kind = TYPES.get(told["type"])
        return [] if kind is None else [_event(event_id, kind, told)]

    def _check(self, request: WebhookRequest) -> str:
        """The id of a request that is Resend's and of now. Raises WebhookRejected."""
        event_id, stamp, shown = (request.headers.get(f"svix-{name}", "") for name in ("id", "timestamp", "signature"))
        if not (event_id and stamp and shown):
            raise WebhookRejected("missing")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= LONGEST_STAMP and word(event_id)):
            raise WebhookRejected("malformed")
        try:
            moment, body = datetime.fromtimestamp(int(stamp), UTC), request.body.decode()
        except (ValueError, OverflowError, OSError):
            raise WebhookRejected("malformed") from None
        wanted = [signer.sign(event_id, moment, body).encode() for signer in self._signers]
        given = [signature.encode("ascii", "replace") for signature in shown.split()[:10]]
        # all of them, however early one fits
        fitting = [hmac.compare_digest(want, one) for want in wanted for one in given]
        if not any(fitting):
            raise WebhookRejected("signature")
        check_time(int(stamp), request.received_at)
        return event_id


def _signer(make: type[Webhook], secret: str) -> Webhook:
    try:
        base64.b64decode(secret.removeprefix("whsec_") + "==", validate=True)
        return make(secret)
    except Exception:  # noqa: BLE001 - the library raises its own errors, whose text may hold the secret
        sentence = (
            "A value of webhook_secrets is no signing secret: copy it, whsec_…, from resend.com/webhooks into "
            "webhook_secrets under [plugins.email_resend], or AETHEX_EMAIL_RESEND__WEBHOOK_SECRETS."
        )
        raise NotConfigured(sentence, provider=PROVIDER, operation="start") from None


def _event(event_id: str, kind: str, told: Mapping[str, Any]) -> ProviderEvent:
    data = told.get("data")
    if not isinstance(data, dict) or not word(data.get("email_id")):
        raise WebhookRejected("malformed")
    tags = _tags(data.get("tags"))
    return ProviderEvent(
        id=event_id,
        type=kind,
        subject=data["email_id"],
        occurred_at=_moment(told.get("created_at")),
        ref=tags.get(REF),
        data={"tags": tags, **_address(kind, data.get("to")), **_bounce(kind, told["type"], data.get("bounce"))},
    )


def _bounce(kind: str, told_kind: str, bounce: object) -> dict[str, object]:
    """Whether the address is to be written to again, and the vendor's word for the reason."""
    if kind != "email.bounced":
        return {}
    if told_kind == "email.suppressed":
        return {"permanent": True, "reason": "Suppressed"}
    known = bounce if isinstance(bounce, dict) else {}
    return {"permanent": known.get("type") == "Permanent", "reason": word(known.get("subType"))}


def _address(kind: str, to: object) -> dict[str, str]:
    """Who must not be written to any more; of a delivery nobody needs to know it."""
    if kind == "email.delivered" or not isinstance(to, list) or len(to) != 1 or not isinstance(to[0], str):
        return {}
    return {"address": to[0]}


def _tags(told: object) -> dict[str, str]:
    """Tags as an object, or as a list of names and values: Resend has sent both."""
    if isinstance(told, list):
        told = {one.get("name"): one.get("value") for one in told if isinstance(one, dict)}
    found = told if isinstance(told, dict) else {}
    return {name: value for name, value in found.items() if word(name) and word(value)}


def _moment(told: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(told))
    except ValueError:
        raise WebhookRejected("malformed") from None
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
