"""For machines that watch over the site: alive, ready, metrics."""

from __future__ import annotations

import asyncio

import orjson
from quart import Blueprint, Response

from aethex_live.web import Access, allow, client_address, platform

blueprint = Blueprint("health", __name__)
LIMIT_S = 2.0


@blueprint.get("/livez")
@allow(Access.PUBLIC)
async def livez() -> Response:
    """200 while the process answers at all."""
    return Response("ok\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/readyz")
@allow(Access.PUBLIC)
async def readyz() -> Response:
    """200 while requests are taken: database and cache answer, the site is not stopping; else 503 and why."""
    problems = await _problems()
    body = orjson.dumps({"ready": not problems, "problems": problems})
    return Response(body, status=503 if problems else 200, content_type="application/json")


@blueprint.get("/metrics")
@allow(Access.PUBLIC)
async def metrics() -> Response:
    """Prometheus' text form; for this machine and trusted proxies' insides only, because it tells how busy we are."""
    parts = platform()
    if not parts.is_local(client_address()):
        return Response("Metrics are given to this machine only.\n", status=403, content_type="text/plain")
    return Response(parts.metrics.text(), content_type="text/plain; version=0.0.4; charset=utf-8")


async def _problems() -> list[str]:
    parts = platform()
    found = ["The site is stopping."] if parts.stopping else []
    try:
        await asyncio.wait_for(parts.db.fetch("select 1"), LIMIT_S)
    except Exception:  # noqa: BLE001  (whatever is wrong with it, it is not ready)
        found.append("The database does not answer.")
    try:
        await asyncio.wait_for(parts.cache.ping(), LIMIT_S)
    except Exception:  # noqa: BLE001  (whatever is wrong with it, it is not ready)
        found.append("Redis does not answer.")
    return found
