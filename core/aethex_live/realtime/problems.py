"""A refusal as the client gets it: the members of a problem (RFC 9457) without the HTTP status."""

from __future__ import annotations

import math

from pydantic import ValidationError

from aethex_live.errors import Refusal

TITLES = {
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    409: "Not possible now",
    422: "Not valid",
    429: "Too many requests",
    500: "The platform failed",
    503: "Not available now",
}
Problem = dict[str, object]


def problem(status: int, code: str, detail: str, *, retry_after: float | None = None) -> Problem:
    """A problem; `retry_after` is in seconds. It is told as `retry_after_s`, and by its older name."""
    members: Problem = {
        "type": f"urn:aethex:problem:{code}",
        "title": TITLES.get(status, "Not possible"),
        "detail": detail,
    }
    if retry_after is not None:
        members["retry_after"] = members["retry_after_s"] = math.ceil(retry_after * 100 - 1e-6) / 100
    return members


def of_refusal(refusal: Refusal) -> Problem:
    """The problem that a refusal of the platform is."""
    members = problem(refusal.status, refusal.code, str(refusal), retry_after=refusal.retry_after)
    if refusal.field:
        members["field"] = refusal.field
    return members


def of_validation(event: str, error: ValidationError) -> Problem:
    """The first thing that is wrong with the data of an event, by the name of its field."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "data"
    members = problem(422, "invalid", f"{event}: {where}: {first['msg']}.")
    members["field"] = where
    return members


def refused_answer(members: Problem) -> dict[str, object]:
    """The acknowledgement that carries a problem."""
    return {"ok": False, "problem": members}
