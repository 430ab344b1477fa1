"""Refusals and failures: problem details for programs, pages that keep the shell for people."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pydantic import ValidationError
from quart import Quart, Response, g, request
from quart_schema import RequestSchemaValidationError
from werkzeug.exceptions import HTTPException

from aethex_live._web.views import ErrorView
from aethex_live.errors import Refusal, Unavailable
from aethex_live.providers import ProviderError
from aethex_live.web.forms import errors_by_field
from aethex_live.web.pages import page, redirect_to
from aethex_live.web.problems import problem, problem_of
from aethex_live.web.proof import ProofNeeded
from aethex_live.web.request import is_fragment, wants_json

if TYPE_CHECKING:
    from aethex_live.platform import Platform

log = logging.getLogger("aethex.web")

TITLES = {
    400: "That did not work",
    401: "Sign in first",
    403: "You may not do this",
    404: "There is nothing here",
    405: "That is not possible here",
    409: "Not possible now",
    410: "This is gone",
    413: "This is too large",
    422: "That did not work",
    429: "A little slower",
    500: "We failed here",
    503: "Not available now",
}
TEXTS = {
    404: "The page was moved, deleted, or never was here.",
    405: "This address does not take this kind of request.",
    413: "Send something smaller.",
    500: "The failure is in our log. Try again; if it stays, tell the operator of this site the number below.",
}


def install(app: Quart, platform: Platform) -> None:
    """Register the handlers."""

    async def refused(refusal: Refusal) -> Response:
        if isinstance(refusal, ProofNeeded) and not wants_json():
            return to_proof(refusal)
        return await answer(refusal.status, str(refusal), refusal)

    async def provider_failed(error: ProviderError) -> Response:
        log.warning("provider %s failed in %s: %s", error.provider, error.operation, error)
        return await refused(Unavailable(str(error), retry_after=error.retry_after))

    async def schema(error: RequestSchemaValidationError) -> Response:
        failure = error.validation_error
        fields = errors_by_field(failure) if isinstance(failure, ValidationError) else {}
        detail = (
            "; ".join(f"{name}: {text}" for name, text in fields.items()) or "What was sent has not the form asked for."
        )
        return problem(422, detail, code="invalid", errors=fields)

    async def http(error: HTTPException) -> Response:
        status = error.code or 500
        return await answer(status, TEXTS.get(status) or f"{error.name}.", None)

    async def failed(error: Exception) -> Response:
        log.error("%s %s failed", request.method, request.path, exc_info=error)
        platform.metrics.failures.inc()
        return await answer(500, TEXTS[500], None)

    app.register_error_handler(Refusal, refused)
    app.register_error_handler(ProviderError, provider_failed)
    app.register_error_handler(RequestSchemaValidationError, schema)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(Exception, failed)


def to_proof(needed: ProofNeeded) -> Response:
    """Send the browser to the page where the proof is given; htmx takes the address from a header."""
    if is_fragment():
        return Response(b"", status=200, headers={"HX-Redirect": needed.address})
    return redirect_to(needed.address)


async def answer(status: int, text: str, refusal: Refusal | None) -> Response:
    """The answer in the form that was asked for."""
    if wants_json():
        return problem_of(refusal) if refusal else problem(status, text, code=f"http-{status}")
    retry = refusal.whole_seconds if refusal else None
    view = ErrorView(
        status=status,
        title=TITLES.get(status, TITLES[400]),
        text=text,
        request_id=g.get("request_id", "") if status >= 500 else "",
        next_label="Go to the home page",
        next_href="/",
        retry_after_s=retry,
    )
    template = "fragments/error.html" if is_fragment() else "error.html"
    response = await page(template, status=status, view=view)
    if retry:
        response.headers["Retry-After"] = str(retry)
    return response
