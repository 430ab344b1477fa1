"""For machines that watch over the site: alive, ready, metrics."""

from __future__ import annotations

from quart import Blueprint, Response, request

from aethex_live._web import liveness
from aethex_live.web import Access, allow, client_address, platform

blueprint = Blueprint("health", __name__)


@blueprint.get("/livez")
@allow(Access.PUBLIC)
async def livez() -> Response:
    """200 while the process answers at all."""
    return await _told()


@blueprint.get("/readyz")
@allow(Access.PUBLIC)
async def readyz() -> Response:
    """200 while requests are taken: database and cache answer, the site is not stopping; else 503 and why."""
    return await _told()


@blueprint.get("/metrics")
@allow(Access.PUBLIC)
async def metrics() -> Response:
    """Prometheus' text form; for this machine and trusted proxies' insides only, because it tells how busy we are."""
    return await _told()


async def _told() -> Response:
    told = await liveness.tell(platform(), request.path, client_address())
    return Response(told.body, status=told.status, content_type=told.content_type)
