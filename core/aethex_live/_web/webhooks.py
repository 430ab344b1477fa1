"""The receiver of webhooks: raw bytes in, verified by the provider's plugin, stored, answered at once."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Final

from quart import Blueprint, Response, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from aethex_live.domain.webhook_store import Source
from aethex_live.domain.webhooks import Unreadable
from aethex_live.errors import NotFound
from aethex_live.providers.webhooks import WebhookRejected, WebhookRequest
from aethex_live.web import Access, allow, client_address, platform

blueprint = Blueprint("webhooks", __name__)

MAX_BODY: Final = 1 << 20
READ_S: Final = 10.0
REFUSED_A_MINUTE: Final = 60  # from one address, before it is told to wait; what is genuine is never counted

log = logging.getLogger(__name__)


@blueprint.post("/webhooks/<kind>/<provider>")
@allow(Access.VENDOR)
async def receive(kind: str, provider: str) -> Response:
    """Take a vendor's request: 204 once it is stored, else a status without a word about why."""
    g.changes_no_page = True  # what it tells is handled later, and then pages hear of it
    source = Source(kind, provider)
    status, outcome = await _take(source)
    known = outcome != "unknown"
    labels = (kind, provider) if known else ("unknown", "unknown")  # whoever asks makes no names of metrics
    platform().metrics.webhooks.labels(*labels, outcome).inc()
    if status == 204:
        return _answer(204)
    log.info("a webhook for %s was refused: %s", "/".join(labels), outcome)
    return await _refuse(status)


async def _take(source: Source) -> tuple[int, str]:
    """Status and outcome, as metrics count it."""
    inbox = platform().domain.webhooks
    try:
        inbox.receiver(source.kind, source.provider)
        body = await _body()
        if body is None:
            return 413, "too-large"
        new = await inbox.take(source, _request(body))
    except NotFound:
        return 404, "unknown"
    except WebhookRejected as rejected:
        return 400 if rejected.reason == "malformed" else 401, rejected.reason
    except Unreadable:
        return 500, "unreadable"
    except RequestEntityTooLarge:
        return 413, "too-large"
    except TimeoutError:
        return 408, "slow"
    return 204, "new" if new else "nothing-new"


def _request(body: bytes) -> WebhookRequest:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return WebhookRequest(headers=headers, body=body, received_at=platform().clock.now())


async def _body() -> bytes | None:
    """The raw body; None when it is too large. Raises TimeoutError for one that dribbles in."""
    if (request.content_length or 0) > MAX_BODY:
        return None
    body = bytearray()
    async with asyncio.timeout(READ_S):
        async for piece in request.body:
            body += piece
            if len(body) > MAX_BODY:
                return None
    return bytes(body)


async def _refuse(status: int) -> Response:
    verdict = await platform().limiter.hit(
        f"webhook-refused:{client_address()}", REFUSED_A_MINUTE, timedelta(minutes=1)
    )
    if verdict.allowed:
        return _answer(status)
    response = _answer(429)
    response.headers["Retry-After"] = str(max(1, round(verdict.retry_after_s)))
    return response


def _answer(status: int) -> Response:
    """An answer without words: who sends what is not genuine learns nothing, and a vendor reads the status alone."""
    return Response(b"", status=status, content_type="text/plain", headers={"Cache-Control": "no-store"})
