"""The platform: all parts of a site in one object; opened, started, stopped in order."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from aethex_live import PluginContext, PluginSettings
from aethex_live._runtime.manager import Plugins
from aethex_live._runtime.slots import SlotRenderer
from aethex_live._runtime.state_store import PluginStateStore
from aethex_live._runtime.states import State
from aethex_live._runtime.switching import CONTROL_KIND
from aethex_live._site import opening
from aethex_live._site.conditions import Conditions
from aethex_live._site.consumers import consumers
from aethex_live._site.health_feed import HealthFeed
from aethex_live._site.test_picture import TestPictures
from aethex_live._site.topics import CoreTopics
from aethex_live._web.cookies import session_name
from aethex_live._web.front import Front
from aethex_live._web.metrics import Metrics
from aethex_live._web.safe_mode import SAFE_MODE
from aethex_live.actor import GUEST, Actor
from aethex_live.cache import RateLimiter, open_redis
from aethex_live.clock import Clock, SystemClock
from aethex_live.control import Control
from aethex_live.db import EmbeddedPostgres
from aethex_live.domain import Domain
from aethex_live.domain.audit_chain import AuditChain
from aethex_live.domain.moderators import RIGHTS_CHANGED
from aethex_live.domain.operators import SIGNED_OUT
from aethex_live.domain.recordings import DELETE_MEDIA
from aethex_live.domain.site_choices import CONTROL_KIND as CHOICES
from aethex_live.errors import Conflict, NotFound, PluginError
from aethex_live.events import CHANNEL as EVENTS
from aethex_live.events import Dispatcher, EventTypes
from aethex_live.hookspecs import events as event_specs
from aethex_live.hookspecs import jobs as job_specs
from aethex_live.hookspecs import web as web_specs
from aethex_live.hookspecs.web import Mount
from aethex_live.jobs import Jobs, OutboxHandler
from aethex_live.presence import Presence
from aethex_live.providers import Kind
from aethex_live.realtime import Handshake, Realtime
from aethex_live.secrets import load_secrets
from aethex_live.settings import Role, Site
from aethex_live.web.assets import Assets

log = logging.getLogger("aethex.platform")

STATIC = Path(__file__).parent / "static"
Switch = Literal["on", "off", "resume"]
SAID: Mapping[Switch, str] = {
    "on": "{name} comes on with the next start of the site.",
    "off": "{name} is off; its data is kept.",
    "resume": "{name} is heard again.",
}
RenderPart = Callable[[str, Mapping[str, Any]], Awaitable[str]]


class Platform:
    """One site in this process. `open` makes it, `start` brings it to life, `close` ends it."""

    stopping = False

    def __init__(self, site: Site, clock: Clock) -> None:
        self.site = site
        self.clock = clock
        self.metrics = Metrics()
        self.plugins = Plugins(site, clock)
        self.hooks = self.plugins.hooks
        self.providers = self.plugins.providers
        self.services = self.plugins.services
        self.migrated: list[str] = []
        self.started_at = clock.now()
        self.test_picture = TestPictures(self)
        self.render_page: RenderPart | None = None
        self.render_part: RenderPart | None = None
        self._closing = AsyncExitStack()

    @classmethod
    async def open(
        cls, site: Site, clock: Clock | None = None, *, postgres: asyncio.Task[EmbeddedPostgres] | None = None
    ) -> Platform:
        """Open database, cache and plugins, without serving anything. Raises StartError with the reason.

        `postgres` is the embedded server where it is being started already.
        """
        platform = cls(site, clock or SystemClock())
        try:
            await platform._open(postgres)
        except BaseException:
            await platform.close()
            raise
        return platform

    async def _open(self, postgres: asyncio.Task[EmbeddedPostgres] | None) -> None:
        opening.make_folder(self.site)
        self.secrets = load_secrets(self.site, self.clock)
        self.plugins.find()
        address = await opening.address_of_database(self.site, self._closing, postgres)
        self.migrated = await opening.choose_plugins(self.site, address, self.plugins)
        self.db, more = await opening.open_database(self.site, address, self.plugins)
        self.migrated += more
        self._closing.push_async_callback(self.db.close)
        await opening.check_secret(self.secrets)
        self.epoch = await opening.epoch()
        await self._open_parts()
        self._open_plugins()

    async def _open_parts(self) -> None:
        url = self.site.redis_url.get_secret_value() if self.site.redis_url else None
        self.cache = await open_redis(url)
        self._closing.push_async_callback(self.cache.aclose)
        self.limiter = RateLimiter(self.cache, self.clock)
        self.control = Control(self.db)
        self.audit_chain = AuditChain(self.db)
        self.jobs = Jobs(self.db, is_on=lambda plugin: plugin == "core" or self.plugins.is_on(plugin))
        self.topics = CoreTopics(self)
        self.realtime = Realtime(
            opening.realtime_settings(self.site),
            clock=self.clock,
            identify=self._identify_socket,
            may_subscribe=self.topics.may_subscribe,
            bus=opening.bus(self.cache, self.site),
            bind=self.db.bind,
        )
        self.domain = self._make_domain()
        self.presence = Presence(self.db, self.cache, self.realtime, self.domain, self.clock)

    def _make_domain(self) -> Domain:
        return Domain.of(
            self.db, self.clock, self.providers, self.control, self.jobs, self.hooks, self.site, self.secrets
        )

    def _open_plugins(self) -> None:
        self.plugins.build(self._context_of)
        self.jobs.add_handlers("core", [OutboxHandler(DELETE_MEDIA, self.domain.recordings.delete_media)])
        self.jobs.add_handlers("core", self.domain.retention.handlers())
        self.jobs.add_schedules("core", self.domain.retention.schedules())
        self.jobs.add_handlers("core", self.domain.leaving.handlers())
        self.jobs.add_handlers("core", self.domain.linking_mails.handlers())
        self.jobs.add_schedules("core", self.domain.leaving.schedules())
        self.jobs.add_handlers("core", self.domain.closing.handlers())
        self.jobs.add_schedules("core", self.domain.closing.schedules())
        self.jobs.add_schedules("core", self.domain.tokens.schedules())
        self.jobs.add_handlers("core", self.domain.webhooks.handlers())
        self.jobs.add_handlers("core", self.domain.at_providers.handlers())
        self.jobs.add_schedules("core", self.domain.webhooks.schedules())
        self.jobs.add_handlers("core", self.domain.ingests.handlers())
        self.jobs.add_handlers("core", self.domain.reconciliation.handlers())
        self.jobs.add_schedules("core", self.domain.reconciliation.schedules())
        self.jobs.add_schedules("core", self.test_picture.schedules())
        for plugin, handlers in self.hooks.collect(job_specs.outbox_handlers):
            self.jobs.add_handlers(plugin, handlers)
        for plugin, schedules in self.hooks.collect(job_specs.schedules):
            self.jobs.add_schedules(plugin, schedules)
        types = EventTypes()
        for plugin, event_types in self.hooks.collect(event_specs.event_types):
            types.add(plugin, event_types)
        self.topics.declare()
        self.dispatcher = Dispatcher(self.db, consumers(self, self.topics), self.clock, types)
        self.slots = SlotRenderer(self.plugins.gate, self.plugins.health, self._render_part)
        self.slots.fill(self.hooks.collect(web_specs.slots))
        self.health_feed = HealthFeed(self)
        self.conditions = Conditions(self)
        self.front = Front(self)

    def _context_of(self, name: str, settings: PluginSettings) -> PluginContext:
        folder = self.site.data / "plugins" / name
        folder.mkdir(parents=True, exist_ok=True)
        return PluginContext(
            name=name,
            site=self.site,
            settings=settings,
            folder=folder,
            clock=self.clock,
            secrets=self.secrets.scoped(name),
            db=self.db,
            domain=self.domain,
            jobs=self.jobs,
            cache=self.cache,
            limiter=self.limiter,
            realtime=self.realtime,
            control=self.control,
            hooks=self.hooks,
            services=self.services,
            providers=self.providers,
            log=logging.getLogger(f"aethex_plugins.{name}"),
        )

    async def start(self) -> None:
        """Bring the site to life, as far as its role goes. Raises StartError when a chosen provider does not start."""
        # first of all: a start that fails in the middle must stop what it has started
        self._closing.push_async_callback(self._stop)
        self.assets = Assets.load(STATIC, self.plugin_folders("static"), self._page_modules())
        self._hear_control()
        self.db.listen(EVENTS, lambda _payload: self.front.drop())
        await self.control.start()
        await self.realtime.start()
        await self.plugins.start(PluginStateStore(self.db, self.control))
        if self.site.role in (Role.ALL, Role.WORKER):
            await self.jobs.start()
            self.dispatcher.start()
            self.audit_chain.start()
        if self.site.role in (Role.ALL, Role.WEB):
            self.presence.start()
            self.health_feed.start()
        self.conditions.start()
        self.metrics.watch("realtime", "Counters of the realtime engine", lambda: dict(self.realtime.metrics))
        self.metrics.gauge("realtime_connections", "Open sockets", self.realtime.connections)

    async def _stop(self) -> None:
        await self.conditions.stop()
        await self.test_picture.stop()
        await self.health_feed.stop()
        await self.presence.stop()
        await self.realtime.stop()
        await self.plugins.stop()
        await self.audit_chain.stop()
        await self.dispatcher.stop()
        await self.jobs.stop()
        await self.control.stop()

    async def close(self) -> None:
        """Stop what was started and close what was opened, in the opposite order."""
        await self._closing.aclose()

    def _hear_control(self) -> None:
        self.control.on("session.closed", self._session_closed)
        self.control.on("user.closed", self._user_closed)
        self.control.on("user.changed", self._user_changed)
        self.control.on(SIGNED_OUT, self._user_closed)
        self.control.on(RIGHTS_CHANGED, self._rights_changed)
        self.control.on(CHOICES, self.domain.choices.heard)
        self.control.on(CONTROL_KIND, self.plugins.switching.heard)
        self.control.on(CONTROL_KIND, lambda _data: self.front.drop())

    def _session_closed(self, data: dict[str, str]) -> None:
        session_id = UUID(data["session_id"])
        self.domain.sessions.forget(session_id=session_id)
        self.domain.tokens.forget(session_id=session_id)
        self.realtime.close_session(session_id, "signed out")

    def _user_closed(self, data: dict[str, str]) -> None:
        user_id = UUID(data["user_id"])
        self._user_changed(data)
        self.realtime.close_user(user_id, data.get("reason", "account closed"))

    def _rights_changed(self, data: dict[str, str]) -> None:
        self.realtime.ask_again(UUID(data["user_id"]))

    def _user_changed(self, data: dict[str, str]) -> None:
        user_id = UUID(data["user_id"])
        self.domain.sessions.forget(user_id=user_id)
        self.domain.tokens.forget(user_id=user_id)

    async def _identify_socket(self, handshake: Handshake) -> Actor:
        if isinstance(handshake.auth, dict) and (shown := handshake.auth.get("token")):
            return await self.domain.tokens.identify(str(shown))
        token = handshake.cookies.get(session_name(self.site))
        found = await self.domain.sessions.identify(token) if token else None
        return found or GUEST

    async def switch_plugin(self, name: str, switch: Switch, actor: Actor | None) -> str:
        """Carry out an operator's choice; returns what became of it, in a sentence.

        Raises NotFound for an unknown plugin, Conflict where settings or environment decide.
        """
        if name not in self.plugins.roster.entries:
            raise NotFound(f"There is no plugin “{name}”.")
        switching = self.plugins.switching
        switching.states = switching.states or PluginStateStore(self.db, self.control)
        act = {"on": switching.turn_on, "off": switching.turn_off, "resume": switching.resume}[switch]
        try:
            await act(name)
        except PluginError as refused:
            raise Conflict(str(refused)) from None
        await self.domain.audit.write(f"plugin.{switch}", actor=actor, subject=f"plugin:{name}")
        return SAID[switch].format(name=name)

    def plugin_folders(self, inside: str) -> dict[str, Path]:
        """The folders `inside` of the plugins that are on and have one, in the order of start."""
        alive = self.plugins.roster.in_state(State.LOADED, State.RUNNING, State.SUSPENDED)
        folders = {name: entry.found.folder / inside for name, entry in alive}
        return {name: folder for name, folder in folders.items() if folder.is_dir()}

    def _page_modules(self) -> dict[str, dict[str, str]]:
        """The modules that plugins offer to pages; one whose file is missing is left out and told."""
        folders = self.plugin_folders("static")
        modules: dict[str, dict[str, str]] = {}
        for plugin, offered in self.hooks.collect(web_specs.page_modules):
            there = {name: file for name, file in offered.items() if (folders.get(plugin, STATIC) / file).is_file()}
            for name in offered.keys() - there.keys():
                log.error(
                    "plugin %s offers the module %s, but %s is not in its static/",
                    plugin,
                    name,
                    offered[name],
                )
            modules[plugin] = there
        return modules

    async def page(self, template: str, context: Mapping[str, Any]) -> str:
        """A page or fragment for the request that is being answered, its slots filled."""
        if self.render_page is None:
            raise PluginError("There are no pages to render before the app is built.")
        return await self.render_page(template, context)

    async def _render_part(self, template: str, context: Mapping[str, Any]) -> str:
        """Render a plugin's part of a page; the app gives this its templates when it is built."""
        if self.render_part is None:
            raise PluginError("There are no pages to render before the app is built.")
        return await self.render_part(template, context)

    @property
    def host(self) -> str:
        """Host and port of the site's public address."""
        return urlsplit(self.site.url).netloc

    def media_hosts(self) -> Sequence[str]:
        """Origins other than the site's own that pages load from: of media, of stored files, of manifests' `csp`."""
        rows = [row for row in self.plugins.rows() if self.plugins.is_on(row.name)]
        hosts = {host for row in rows for named in row.csp.values() for host in named}
        for name in self.providers.names(Kind.STREAMING):
            provider = self.providers.streaming(name)
            hosts |= set(provider.origins) if provider else set()
        for name in self.providers.names(Kind.STORAGE):
            storage = self.providers.storage(name)
            hosts |= set(storage.origins) if storage else set()
        return sorted(hosts)

    def socket_origins(self, host: str) -> Sequence[str]:
        """The socket's origin for a page at `host`: browsers without 'self' for websockets need it spelt out."""
        return (f"wss://{host}" if self.site.https else f"ws://{host}",)

    def is_local(self, address: str) -> bool:
        """Whether an address is of this machine."""
        try:
            return ipaddress.ip_address(address).is_loopback
        except ValueError:
            return False

    def owner_of(self, mounts: Sequence[tuple[str, Mount]]) -> Callable[[str], str]:
        """Tells the plugin behind a path, for log lines."""
        prefixes = [(mount.prefix, plugin) for plugin, mount in mounts]

        def owner(path: str) -> str:
            if path.startswith("/p/"):
                return path.split("/", 3)[2]
            return next((plugin for prefix, plugin in prefixes if path.startswith(prefix)), "")

        return owner

    def notices(self) -> Sequence[str]:
        """What the start should tell the operator: plugins that are not as they should be."""
        bad = (State.FAILED, State.MISCONFIGURED, State.INCOMPATIBLE, State.SUSPENDED)
        rows = [row for row in self.plugins.rows() if row.state in bad]
        said = [f"Plugin {row.name} is {row.state}: {row.reason} {row.next_step}".rstrip() for row in rows]
        return [SAFE_MODE, *said] if self.site.safe else said
