"""What Clerk tells by webhooks, signed as Standard Webhooks are, under the header names of Svix."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from aethex_live.providers import NotConfigured
from aethex_live.providers.signatures import check_message
from aethex_live.providers.webhooks import ProviderEvent, WebhookRejected, WebhookRequest

from .settings import PROVIDER
from .tokens import SESSION, USER

TYPES: Mapping[str, str] = {
    "user.created": "user.created",
    "user.updated": "user.updated",
    "user.deleted": "user.deleted",
    # Clerk has three words for it: the person ended it, the vendor did, somebody with rights over it did
    "session.ended": "session.revoked",
    "session.removed": "session.revoked",
    "session.revoked": "session.revoked",
}
_MILLISECONDS = 100_000_000_000  # a time above it is in milliseconds: in seconds it would be the year 5138
_LATEST = 253_402_300_800


class Hooks:
    """Verifies and reads webhooks."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """Raises NotConfigured for a secret that is none."""
        self._keys = [_key(secret) for secret in secrets]

    def parse(self, request: WebhookRequest) -> Sequence[ProviderEvent]:
        """The event in it, if it is one for us. Raises WebhookRejected."""
        event_id = check_message(request, self._keys, prefix="svix")
        try:
            told = orjson.loads(request.body)
        except orjson.JSONDecodeError:
            raise WebhookRejected("malformed") from None
        if not isinstance(told, dict) or not isinstance(told.get("type"), str):
            raise WebhookRejected("malformed")
        kind = TYPES.get(told["type"])
        return [] if kind is None else [_event(event_id, kind, told)]


def _event(event_id: str, kind: str, told: Mapping[str, Any]) -> ProviderEvent:
    data = told.get("data")
    if not isinstance(data, dict):
        raise WebhookRejected("malformed")
    shape = SESSION if kind == "session.revoked" else USER
    subject = data.get("id")
    if not isinstance(subject, str) or not shape.fullmatch(subject):
        raise WebhookRejected("malformed")
    # a state is as old as its last change; a deletion and an end have but the time at which they are told
    moment = data.get("updated_at") if kind in {"user.created", "user.updated"} else None
    return ProviderEvent(
        id=event_id,
        type=kind,
        subject=subject,
        occurred_at=_moment(told.get("timestamp") if moment is None else moment),
        data=_facts(kind, data),
    )


def _facts(kind: str, data: Mapping[str, Any]) -> dict[str, object]:
    """What the core needs to know; nothing that says who the person is."""
    if kind == "session.revoked":
        user = data.get("user_id")
        return {"user": user} if isinstance(user, str) and USER.fullmatch(user) else {}
    if kind == "user.updated":
        return {"banned": data.get("banned") is True or data.get("deprovisioned") is True}
    return {}


def _moment(told: object) -> datetime:
    """From seconds, as the description has it, or milliseconds, as Clerk sends it."""
    if isinstance(told, bool) or not isinstance(told, int | float):
        raise WebhookRejected("malformed")
    seconds = told / 1000 if told >= _MILLISECONDS else float(told)
    if not 0 <= seconds < _LATEST:
        raise WebhookRejected("malformed")
    return datetime.fromtimestamp(seconds, UTC)


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.strip().removeprefix("whsec_"), validate=True)
    except ValueError:
        key = b""
    if len(key) < 16 or not secret.strip().startswith("whsec_"):
        sentence = (
            "A value of webhook_secrets is no signing secret: copy it, whsec_…, from dashboard.clerk.com, Configure, "
            "Webhooks into webhook_secrets under [plugins.auth_clerk], or AETHEX_AUTH_CLERK__WEBHOOK_SECRETS."
        )
        raise NotConfigured(sentence, provider=PROVIDER, operation="start")
    return key
