"""Serving the site: the port, uvicorn, signals, and a stop that lets everyone finish."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys
from collections.abc import Iterator

import uvicorn

from aethex_live._site.beginning import Begun
from aethex_live._web.http_protocol import http_protocol
from aethex_live._web.layers import access_log
from aethex_live.app import App, create_app
from aethex_live.errors import StartError
from aethex_live.platform import Platform
from aethex_live.settings import Role, Site

log = logging.getLogger("aethex.server")

BACKLOG = 4096
DRAIN_S = 3.0
FINISH_S = 10
SOCKET_MESSAGE = 4 << 20  # bytes of one message on a plugin's websocket


class Server(uvicorn.Server):
    """uvicorn without its own idea of signals: the platform drains first."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve_site(site: Site, start: Begun) -> None:
    """Run the site until SIGINT or SIGTERM. Raises StartError when it can't start."""
    platform = await Platform.open(site, postgres=start.postgres)
    try:
        await platform.start()
        if start.listener is None:
            log.info("The worker runs.")
            start.over()
            await start.stop.wait()
        else:
            await _serve(platform, create_app(platform), start.listener, start)
    finally:
        await platform.close()


def http_server(platform: Platform, app: App) -> Server:
    """uvicorn around the app, with our engine for sockets."""
    config = uvicorn.Config(
        app.asgi,
        http=_protocol(platform, app),
        ws=platform.realtime.protocol_class(),
        ws_per_message_deflate=False,
        ws_max_size=SOCKET_MESSAGE,
        lifespan="off",
        # site.trusted_proxies decides whom to believe, not uvicorn
        proxy_headers=False,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        backlog=BACKLOG,
        timeout_graceful_shutdown=FINISH_S,
    )
    return Server(config)


def _protocol(platform: Platform, app: App) -> type[asyncio.Protocol]:
    """With the short way for what is ready; under --verbose every request goes past the log."""
    find = (lambda _path: None) if access_log.isEnabledFor(logging.INFO) else app.at_once
    return platform.realtime.http_class(http_protocol(find, platform.metrics.answered))


async def _serve(platform: Platform, app: App, listener: socket.socket, start: Begun) -> None:
    server = http_server(platform, app)
    await app.startup()
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="http")
    await _announce(platform, server, serving)
    start.over()
    waiting = asyncio.create_task(start.stop.wait(), name="signal")
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    await _stop(platform, server, serving)
    waiting.cancel()
    await app.shutdown()


async def _stop(platform: Platform, server: Server, serving: asyncio.Task[None]) -> None:
    platform.stopping = True
    await platform.realtime.drain(DRAIN_S)
    server.should_exit = True
    await serving


async def _announce(platform: Platform, server: Server, serving: asyncio.Task[None]) -> None:
    """Say where the site is, once it really answers."""
    while not server.started and not serving.done():  # noqa: ASYNC110  (uvicorn has a flag, not an event)
        await asyncio.sleep(0.01)
    if serving.done():
        await serving
        raise StartError("The web server ended at once; see the lines above.")
    site = platform.site
    if site.role is Role.INGEST:
        lines = [f"{site.name} takes streams in; media is at http://{site.host}:{site.port}"]
    else:
        lines = [f"{site.name} is up at {site.url}"]
    if site.role is not Role.INGEST and (token := await platform.domain.setup.new_token()):
        lines.append(f"Make the operator's account (this link works once): {site.url}/setup/{token}")
    lines += [f"  {line}" for line in platform.notices()]
    print("\n".join(lines), file=sys.stderr, flush=True)  # noqa: T201  (the command's own words, not a log line)
