"""What Resend can refuse, as the e-mail contract's errors, by the name that it gives each refusal."""

from __future__ import annotations

import re
from typing import Any

from aethex_live.providers import AccessDenied, Conflict, Invalid, ProviderError, RateLimited
from aethex_live.providers.http import Reply, word

from .settings import PROVIDER

_DAY_S, _HOUR_S = 86_400.0, 3_600.0
_FIELD = re.compile(r"`([a-z_.\d\[\]]{1,40})`")
_KEY = (
    "Resend refuses the API key: make one at resend.com/api-keys and set it as api_key under [plugins.email_resend], "
    "or as AETHEX_EMAIL_RESEND__API_KEY"
)
_DOMAIN = "Resend does not send from this domain: verify the one of from_address at resend.com/domains"
_QUOTAS = {"daily_quota_exceeded": _HOUR_S, "monthly_quota_exceeded": _DAY_S}


def refusal(reply: Reply) -> ProviderError | None:
    """The error of a refused call; None where its status says enough."""
    told = reply.json()
    told = told if isinstance(told, dict) else {}
    name = word(told.get("name"))
    about: dict[str, Any] = {"provider": PROVIDER, "operation": "send", "code": name or str(reply.status)}
    end = f" ({name or reply.status}{f', request {reply.request_id}' if reply.request_id else ''})."
    if name in _QUOTAS:
        return RateLimited(
            f"The quota of mails at Resend is used up{end}", retry_after=reply.retry_after or _QUOTAS[name], **about
        )
    if reply.status == 409:
        return _second(name, end, about)
    if reply.status == 403 and name == "validation_error":
        return AccessDenied(_DOMAIN + end, **about)
    if reply.status in {401, 403}:
        return AccessDenied(_KEY + end, **about)
    if reply.status in {400, 413, 422}:
        return Invalid(f"Resend calls the mail malformed{_about_field(told)}{end}", **about)
    return None


def _second(name: str, end: str, about: dict[str, Any]) -> ProviderError:
    """A key that was used before: its first call is under way, or was about another mail."""
    if name == "concurrent_idempotent_requests":
        return RateLimited(f"Resend is still at work on this mail{end}", retry_after=1.0, **about)
    return Conflict(f"Resend has taken another mail under this mail's key{end}", **about)


def _about_field(told: dict[str, Any]) -> str:
    """The field that it names; the rest of its text may hold an address."""
    message = told.get("message")
    found = _FIELD.search(message[:500]) if isinstance(message, str) else None
    return f": {found.group(1)}" if found else ""
