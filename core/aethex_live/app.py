"""The whole site as an ASGI app: assembles, decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aethex_live._web.cookies import session_name
from aethex_live._web.hot import HotAnswers
from aethex_live._web.layers import Mounts, RequestLog
from aethex_live._web.media_only import MediaOnly
from aethex_live._web.sockets import Sockets
from aethex_live._web.static_files import StaticFiles
from aethex_live.hookspecs import web as specs
from aethex_live.hookspecs.web import AsgiApp, Ready
from aethex_live.platform import Platform
from aethex_live.settings import Role

if TYPE_CHECKING:
    from quart import Quart


@dataclass(frozen=True, slots=True)
class App:
    """The layers to serve, what lies ready in memory by path, and the Quart app inside (an ingest has none)."""

    asgi: AsgiApp
    at_once: Callable[[str], Ready | None]
    pages: Quart | None

    @property
    def quart(self) -> Quart:
        """The Quart app. Raises LookupError in a process that has no pages."""
        if self.pages is None:
            raise LookupError("A process that takes streams in has no pages.")
        return self.pages

    async def startup(self) -> None:
        """Before the first request."""
        if self.pages is not None:
            await self.pages.startup()

    async def shutdown(self) -> None:
        """After the last one."""
        if self.pages is not None:
            await self.pages.shutdown()


def create_app(platform: Platform) -> App:
    """Build the app around a started platform.

    From the outside in: long polling of the realtime engine (no request of a page: it waits for minutes and is
    counted by the engine), request log, hot answers, database context, mounts of plugins, static files, Quart.
    """
    pages, inner = _pages(platform)
    mounts = [(plugin, mount) for plugin, found in platform.hooks.collect(specs.mounts) for mount in found]
    inner = mounted = Mounts(mounts, platform.plugins.is_on, inner)
    inner = _sockets(platform, inner)
    inner = platform.db.middleware(inner)
    passed = [mount.prefix for _, mount in mounts]
    hot = HotAnswers(inner, lambda: platform.front.drops, platform.clock.monotonic, passed)
    log = RequestLog(hot, platform.metrics, platform.site.trusted_proxies, platform.owner_of(mounts))
    return App(platform.realtime.polling(log), lambda path: mounted.at_once(path) or hot.at_once(path), pages)


def _pages(platform: Platform) -> tuple[Quart | None, AsgiApp]:
    """The Quart app and what serves it with its static files."""
    if platform.site.role is Role.INGEST:
        return None, MediaOnly(platform)
    from aethex_live._web import quart_app  # an ingest does without what it brings

    pages = quart_app.build(platform)
    return pages, StaticFiles(platform.assets, pages)


def _sockets(platform: Platform, inner: AsgiApp) -> AsgiApp:
    """The layer of plugins' websockets; none where no plugin has one."""
    found = [(plugin, mount) for plugin, mounts in platform.hooks.collect(specs.websockets) for mount in mounts]
    if not found:
        return inner
    site, sessions = platform.site, platform.domain.sessions
    return Sockets(
        found,
        platform.plugins.is_on,
        sessions.identify,
        cookie=session_name(site),
        origin=site.url,
        inner=inner,
    )
