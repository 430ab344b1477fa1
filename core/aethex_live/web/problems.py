"""Problem details (RFC 9457): how the API and fragments answer a refusal."""

from __future__ import annotations

import math
from typing import Any

import orjson
from quart import Response, g

from aethex_live.errors import Refusal

TITLES = {
    400: "Not possible",
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Not possible now",
    410: "Gone",
    413: "Too large",
    415: "Unsupported type",
    422: "Not valid",
    429: "Too many requests",
    500: "The platform failed",
    503: "Not available now",
}


def problem_body(
    status: int, detail: str, *, code: str, errors: dict[str, str] | None = None, **more: Any
) -> dict[str, Any]:
    """The members of a problem; `errors` are sentences by field."""
    body: dict[str, Any] = {
        "type": f"urn:aethex:problem:{code}",
        "title": TITLES.get(status, "Refused"),
        "status": status,
        "detail": detail,
        "request_id": g.get("request_id", ""),
    }
    if errors:
        body["errors"] = errors
    return body | {name: value for name, value in more.items() if value is not None}


def problem(
    status: int,
    detail: str,
    *,
    code: str,
    errors: dict[str, str] | None = None,
    retry_after: float | None = None,
) -> Response:
    """A problem as a response, with Retry-After where it is known."""
    body = problem_body(status, detail, code=code, errors=errors, retry_after=retry_after, retry_after_s=retry_after)
    response = Response(orjson.dumps(body), status=status, content_type="application/problem+json")
    if retry_after is not None:
        response.headers["Retry-After"] = str(max(1, math.ceil(retry_after)))
    return response


def problem_of(refusal: Refusal) -> Response:
    """The problem that a refusal is."""
    errors = {refusal.field: str(refusal)} if refusal.field else None
    return problem(refusal.status, str(refusal), code=refusal.code, errors=errors, retry_after=refusal.retry_after)
