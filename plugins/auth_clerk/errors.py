"""The refusals of the provider "clerk": what a person or an operator reads, and a word for the log."""

from __future__ import annotations

from typing import Any

from aethex_live.providers import AccessDenied, ProviderError, Unavailable, Unsupported
from aethex_live.providers.http import Reply, word

from .settings import PROVIDER

_KEY = (
    "Clerk refuses the secret key: copy it from dashboard.clerk.com, Configure, API keys, and set it as secret_key "
    "under [plugins.auth_clerk], or as AETHEX_AUTH_CLERK__SECRET_KEY"
)
SENTENCES = {
    "expired": "This sign-in is too old. Begin again.",
    "early": "This sign-in is from the future: a clock is wrong, of this site or of Clerk. Try again in a minute.",
    "pending": "Your sign-in is not finished yet: Clerk still asks something of you. Begin again.",
    "impersonation": "Somebody else signed in as this person by Clerk's console; such a session opens nothing here.",
    "azp": "This sign-in was made for another address. Open the sign-in page of this site and begin again.",
}
FORGED = "What Clerk's component handed in about you could not be verified. Begin again."


def denied(code: str) -> AccessDenied:
    """A token does not hold; `code` says for the log what about it."""
    sentence = SENTENCES.get(code, FORGED)
    return AccessDenied(sentence, provider=PROVIDER, operation="read_token", code=code)


def silent(operation: str, code: str, retry_after: float | None = None) -> Unavailable:
    """Clerk is down, slow, or talks nonsense, and somebody waits for it."""
    sentence = "Clerk does not answer as it should at the moment. Try again in a minute, or sign in another way."
    return Unavailable(sentence, provider=PROVIDER, operation=operation, code=code, retry_after=retry_after)


def refusal(operation: str, reply: Reply) -> ProviderError | None:
    """The error of a refused call; None where its status says enough."""
    told = reply.json()
    told = told if isinstance(told, dict) else {}
    errors = told.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    code = word(first.get("code")) or str(reply.status)
    trace = word(told.get("clerk_trace_id")) or reply.request_id
    end = f" ({code}{f', request {trace}' if trace else ''})."
    about: dict[str, Any] = {"provider": PROVIDER, "operation": operation, "code": code}
    if reply.status in {401, 403}:
        return AccessDenied(_KEY + end, **about)
    if reply.status == 402:
        return Unsupported(f"The plan of this instance at Clerk does not include this{end}", **about)
    return None
