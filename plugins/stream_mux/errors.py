"""What goes wrong at Mux, in the words of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aethex_live.providers import (
    AccessDenied,
    Conflict,
    Invalid,
    NotFound,
    ProviderError,
    RateLimited,
    Unavailable,
)

PROVIDER = "mux"


def of_status(status: int, headers: Mapping[str, Any], operation: str) -> ProviderError:
    """The error of an answer. Its body may repeat what was sent, and is not kept."""
    told: dict[str, Any] = {"provider": PROVIDER, "operation": operation, "code": str(status)}
    if status in (401, 403):
        return AccessDenied("Mux refuses the access token: look at token_id and token_secret.", **told)
    if status == 404:
        return NotFound("Mux has no such thing.", **told)
    if status in (409, 412):
        return Conflict("Mux can't do this as the stream stands at the moment.", **told)
    if status == 429:
        return RateLimited("Mux asks for fewer calls.", retry_after=_seconds(headers.get("Retry-After")), **told)
    if status >= 500 or status < 400:
        return Unavailable(f"Mux failed ({status}{_request(headers)}).", **told)
    return Invalid(f"Mux calls the request malformed ({status}{_request(headers)}).", **told)


def unreadable(operation: str) -> Unavailable:
    """An answer that is not what Mux's own description says."""
    return Unavailable(
        "Mux answered something that its description does not know.",
        provider=PROVIDER,
        operation=operation,
        code="unreadable",
    )


def unreachable(operation: str) -> Unavailable:
    """No answer at all."""
    return Unavailable("Mux can't be reached.", provider=PROVIDER, operation=operation, code="unreachable")


def _seconds(text: object) -> float | None:
    try:
        return max(0.0, float(str(text)))
    except ValueError:
        return None


def _request(headers: Mapping[str, Any]) -> str:
    number = headers.get("x-request-id") or headers.get("X-Request-Id")
    return f", request {str(number)[:64]}" if number else ""
