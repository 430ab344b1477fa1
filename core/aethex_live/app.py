"""The whole site as an ASGI app: assembles, decides nothing."""

from __future__ import annotations

from dataclasses import dataclass

from quart import Quart

from aethex_live._web import quart_app
from aethex_live._web.layers import Mounts, RequestLog, StaticFiles
from aethex_live.hookspecs import web as specs
from aethex_live.hookspecs.web import AsgiApp
from aethex_live.platform import Platform


@dataclass(frozen=True, slots=True)
class App:
    """The layers to serve, and the Quart app inside of them."""

    asgi: AsgiApp
    quart: Quart


def create_app(platform: Platform) -> App:
    """Build the app around a started platform.

    From the outside in: request log, database context, mounts of plugins, static files, Quart.
    """
    quart = quart_app.build(platform)
    mounts = [(plugin, mount) for plugin, found in platform.hooks.collect(specs.mounts) for mount in found]
    inner: AsgiApp = StaticFiles(platform.assets, quart)
    inner = Mounts(mounts, platform.plugins.is_on, inner)
    inner = platform.db.middleware(inner)
    return App(RequestLog(inner, platform.metrics, platform.site.trusted_proxies, platform.owner_of(mounts)), quart)
