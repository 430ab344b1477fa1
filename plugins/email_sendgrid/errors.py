"""What SendGrid can refuse, as the e-mail contract's errors."""

from __future__ import annotations

from typing import Any

from aethex_live.providers import AccessDenied, Invalid, ProviderError
from aethex_live.providers.http import Reply, word

from .settings import PROVIDER

_KEY = (
    "SendGrid refuses the API key: make one with the right Mail Send at app.sendgrid.com/settings/api_keys and set it "
    "as api_key under [plugins.email_sendgrid], or as AETHEX_EMAIL_SENDGRID__API_KEY"
)
_SENDER = (
    "SendGrid does not send from this address, or not with this key: verify from_address at "
    "app.sendgrid.com/settings/sender_auth, and give the key the right Mail Send"
)


def refusal(reply: Reply) -> ProviderError | None:
    """The error of a refused call; None where its status says enough."""
    field = _field(reply.json())
    about: dict[str, Any] = {"provider": PROVIDER, "operation": "send", "code": field or str(reply.status)}
    end = f" ({reply.status}{f', request {reply.request_id}' if reply.request_id else ''})."
    if reply.status == 401:
        return AccessDenied(_KEY + end, **about)
    if reply.status == 403:
        return AccessDenied(_SENDER + end, **about)
    if reply.status in {400, 413, 422}:
        return Invalid(f"SendGrid calls the mail malformed{f': {field}' if field else ''}{end}", **about)
    return None


def _field(told: object) -> str:
    """The field that it names first; its sentences may hold an address."""
    errors = told.get("errors") if isinstance(told, dict) else None
    if not isinstance(errors, list):
        return ""
    fields = (word(one.get("field")) for one in errors if isinstance(one, dict))
    return next((field for field in fields if field and field != "null"), "")
