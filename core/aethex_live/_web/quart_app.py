"""The Quart app: templates, blueprints of core and plugins, guards, error answers, headers."""

from __future__ import annotations

import gettext
import logging
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemBytecodeCache,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
)
from quart import Blueprint, Quart, Response, g, request

from aethex_live._web import api, claims, cookies, csrf, errors, guard, headers, openapi, pages, shell, terms, webhooks
from aethex_live._web.connection import Connection
from aethex_live._web.rendering import Rendering, SiteEnvironment, texts
from aethex_live._web.rules import LazyRule
from aethex_live.domain.provider_facts import trouble
from aethex_live.hookspecs import web as specs
from aethex_live.providers import Kind
from aethex_live.web.filters import install as install_filters
from aethex_live.web.icons import Icons
from aethex_live.web.request import current_actor

if TYPE_CHECKING:
    from aethex_live.platform import Platform

log = logging.getLogger("aethex.web")

TEMPLATES = Path(__file__).parent.parent / "templates"
MAX_BODY = 8 * 1024 * 1024


class SiteApp(Quart):
    """Quart with the site's own kinds of requests and templates."""

    asgi_http_class = Connection
    url_rule_class = LazyRule
    jinja_environment = SiteEnvironment  # type: ignore[assignment]  # Quart's own one makes every template asynchronous


def build(platform: Platform) -> Quart:
    """Assemble the app. Raises StartError when a view says nothing about who may call it."""
    app = SiteApp("aethex_live", static_folder=None, template_folder=None)
    app.config.update(PLATFORM=platform, MAX_CONTENT_LENGTH=MAX_BODY, BLUEPRINT_OWNERS={})
    openapi.install(app, platform.site)
    _templates(app, platform)
    for blueprint in (webhooks.blueprint, *pages.BLUEPRINTS, *api.BLUEPRINTS, openapi.blueprint):
        app.register_blueprint(blueprint)
    _plugin_blueprints(app, platform)
    errors.install(app, platform)
    app.before_request(guard.Guard(app, platform).__call__)
    _finish(app, platform)
    guard.check_marks(app)
    terms.check(platform.site)
    claims.check(app, platform.plugins.claims())
    return app


def _plugin_blueprints(app: Quart, platform: Platform) -> None:
    for plugin, blueprints in platform.hooks.collect(specs.blueprints):
        for blueprint in blueprints:
            app.register_blueprint(blueprint)
            _own(app, blueprint, plugin)


def _own(app: Quart, blueprint: Blueprint, plugin: str) -> None:
    app.config["BLUEPRINT_OWNERS"][blueprint.name] = plugin


def _templates(app: Quart, platform: Platform) -> None:
    folders = platform.plugin_folders("templates").values()
    env = app.jinja_env
    env.loader = ChoiceLoader([FileSystemLoader(path) for path in (*folders, TEMPLATES)])
    env.undefined = StrictUndefined
    compiled = platform.site.data / "cache" / "templates"
    compiled.mkdir(parents=True, exist_ok=True)
    # keyed by the templates' text, so it is never stale; a warm start saves half a second by it
    env.bytecode_cache = FileSystemBytecodeCache(str(compiled), "__page2_%s.cache")
    env.trim_blocks = env.lstrip_blocks = True
    env.add_extension("jinja2.ext.i18n")
    # English only until the translation issue; every text goes through _() already
    catalogue = gettext.NullTranslations()
    env.install_gettext_callables(catalogue.gettext, catalogue.ngettext, newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    env.globals["_"] = texts(catalogue.gettext)
    install_filters(env, platform.clock)
    assets = platform.assets
    env.globals.update(
        icon=Icons(assets.icons_file, assets.plugin_folders).__call__,
        asset=assets.asset,
        import_map=assets.import_map,
        fonts=assets.fonts,
        site=platform.site,
        kept=platform.front.kept,
        provider_trouble=lambda kind: trouble(platform.providers, Kind(kind)),
    )

    def about_request() -> dict[str, Any]:
        return {
            "actor": current_actor(),
            "theme": theme(),
            "subject": g.get("subject"),
            # a page has a dozen forms, all with the same token
            "csrf": cache(lambda: csrf.field(platform.secrets)),
            "csrf_token": lambda: csrf.token(platform.secrets),
        }

    async def render_page(template: str, context: Mapping[str, Any]) -> str:
        return await rendering.page(template, {"shell": await shell.build(platform), **context})

    rendering = Rendering(env, platform.slots, about_request)
    env.globals["slot"] = rendering.slot
    platform.render_page, platform.render_part = render_page, rendering.part
    _compile_parts(platform, env)


def _compile_parts(platform: Platform, env: Environment) -> None:
    """Compile plugins' templates now: in a page the first compiling would count against the slot's 200 ms."""
    own = tuple(f"{plugin}/" for plugin in platform.plugin_folders("templates"))
    for name in env.list_templates():
        if name.startswith(own):
            try:
                env.get_template(name)
            except TemplateError:
                log.exception("the template %s of a plugin can't be compiled", name)


def theme() -> str:
    """The theme of this browser's cookie; empty: as the system has it."""
    chosen = request.cookies.get(cookies.THEME_COOKIE, "")
    return chosen if chosen in {"dark", "light"} else ""


def _finish(app: Quart, platform: Platform) -> None:
    hash_of_map = platform.assets.import_map_hash()
    hosts = platform.media_hosts()

    async def finish(response: Response) -> Response:
        if request.method not in csrf.SAFE and not g.get("changes_no_page"):
            platform.front.drop()
        cookies.keep_form_secret(response, platform.site)
        if g.get("flash_taken"):
            response.delete_cookie(cookies.FLASH_COOKIE, path="/")
        player = bool(g.get("player_page"))
        policy = headers.policy(
            hash_of_map,
            player=player,
            media=hosts,
            sockets=platform.socket_origins(request.host),
            framed=bool(g.get("framed_page")),
            more=g.get("more_csp") or {},
        )
        headers.add_headers(response, policy, https=platform.site.https)
        if response.status_code == 401 and request.path.startswith("/api/"):
            response.headers.setdefault("WWW-Authenticate", "Bearer")
        return response

    app.after_request(finish)
