"""Stripe's errors in the words of the contract; none of Stripe's own sentences, which may quote an address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aethex_live.providers import (
    AccessDenied,
    Conflict,
    Declined,
    Invalid,
    NotConfigured,
    NotFound,
    ProviderError,
    RateLimited,
    Unavailable,
)

if TYPE_CHECKING:
    import stripe

NAME = "stripe"
CONFLICTS = frozenset(
    {
        "balance_insufficient",
        "charge_already_refunded",
        "charge_disputed",
        "charge_exceeds_transaction_limit",
        "idempotency_error",
        "insufficient_capabilities_for_transfer",
        "instant_payouts_limit_exceeded",
        "payment_intent_unexpected_state",
        "payouts_not_allowed",
        "refund_disputed_payment",
        "transfers_not_allowed",
    }
)
_WORD = re.compile(r"[A-Za-z0-9_.\[\]-]{1,80}")  # what of an answer may stand in a log
_LONGEST_PAUSE_S = 86_400.0


def translated(error: stripe.StripeError, operation: str) -> ProviderError:
    """The contract's error for one of Stripe's."""
    import stripe

    code, asked = _code(error), f" (request {request_id})" if (request_id := word(error.request_id)) else ""
    if isinstance(error, stripe.CardError):
        return _made(Declined, f"The card was declined: {code or 'card_declined'}.", operation, code or "card_declined")
    if isinstance(error, stripe.RateLimitError):
        sentence = f"Stripe takes no more calls for a moment{asked}."
        return _made(RateLimited, sentence, operation, code or "rate_limit", _pause(error))
    if isinstance(error, stripe.AuthenticationError):
        sentence = f"Stripe does not take the key: look at secret_key of payments_stripe{asked}."
        return _made(AccessDenied, sentence, operation, code)
    if isinstance(error, stripe.PermissionError):
        sentence = f"The key of payments_stripe may not do this at Stripe{asked}."
        return _made(AccessDenied, sentence, operation, code)
    if isinstance(error, stripe.IdempotencyError):
        sentence = f"This idempotency key stood for another request at Stripe{asked}."
        return _made(Conflict, sentence, operation, "idempotency_error")
    if isinstance(error, stripe.InvalidRequestError):
        return _refused(error, operation, code, asked)
    return _made(Unavailable, f"Stripe did not answer as it should{asked}.", operation, code, _pause(error))


def _refused(error: stripe.InvalidRequestError, operation: str, code: str | None, asked: str) -> ProviderError:
    about = word(error.param)
    if error.http_status == 404:
        return _made(NotFound, f"Stripe has no such thing{asked}.", operation, code)
    if code in CONFLICTS or (operation == "refund" and about == "amount"):
        return _made(Conflict, f"Stripe can't do this as things stand: {code or 'amount'}{asked}.", operation, code)
    named = f", {about}" if about else ""
    return _made(Invalid, f"Stripe calls the request malformed: {code or 'no code'}{named}{asked}.", operation, code)


def strange(operation: str, request_id: str = "") -> Unavailable:
    """The error for an answer that is not as Stripe describes it."""
    asked = f" (request {request_id})" if request_id else ""
    sentence = f"Stripe's answer is not as it is described{asked}."
    return Unavailable(sentence, provider=NAME, operation=operation, code="strange_answer")


def not_configured(sentence: str) -> NotConfigured:
    """The error for a setting that is missing or malformed."""
    return NotConfigured(sentence, provider=NAME, operation="start")


def word(value: object) -> str:
    """A word of an answer, or an empty text for what is none."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else ""


def _made(
    kind: type[ProviderError], sentence: str, operation: str, code: str | None, retry_after: float | None = None
) -> ProviderError:
    return kind(sentence, provider=NAME, operation=operation, code=code, retry_after=retry_after)


def _code(error: stripe.StripeError) -> str | None:
    body = error.json_body if isinstance(error.json_body, dict) else {}
    said = body.get("error")
    declined = said.get("decline_code") if isinstance(said, dict) else None
    told = said.get("code") if isinstance(said, dict) else None
    return word(declined) or word(error.code) or word(told) or None


def _pause(error: stripe.StripeError) -> float | None:
    """Seconds that Stripe asks to wait, if it does."""
    headers = {str(name).lower(): value for name, value in (error.headers or {}).items()}
    told = str(headers.get("retry-after", ""))
    return min(float(told), _LONGEST_PAUSE_S) if re.fullmatch(r"\d{1,9}", told) else None
