"""AeThex LIVE: the plugin API in one screen.

A plugin is a folder with a `plugin.toml` and one subclass of `Plugin` in its `__init__.py`; its methods marked
`@hookimpl` carry the names of the hooks in `aethex_live.hookspecs`, which is where the reference stands.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict

from aethex_live.hookspecs._marker import hookimpl
from aethex_live.services import ServiceKey

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from aethex_live._runtime.registry import Providers
    from aethex_live._runtime.services import Services
    from aethex_live._runtime.verbs import HookCaller
    from aethex_live.cache import RateLimiter
    from aethex_live.clock import Clock
    from aethex_live.control import Control
    from aethex_live.db import Database
    from aethex_live.domain import Domain
    from aethex_live.jobs import Jobs
    from aethex_live.realtime import Realtime
    from aethex_live.secrets import Secrets
    from aethex_live.settings import Site

API_VERSION = "1.0"

__all__ = ["API_VERSION", "Plugin", "PluginContext", "PluginSettings", "ServiceKey", "hookimpl"]


class PluginSettings(BaseModel):
    """Settings of a plugin; every field has a description, secrets are SecretStr, unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginContext:
    """Everything of the platform that a plugin may use, handed to it when it is made."""

    name: str
    site: Site
    settings: PluginSettings
    folder: Path  # <data>/plugins/<name>, its own; made before the plugin is
    clock: Clock
    secrets: Secrets
    db: Database
    domain: Domain
    jobs: Jobs
    cache: Redis
    limiter: RateLimiter
    realtime: Realtime
    control: Control
    hooks: HookCaller
    services: Services
    providers: Providers
    log: logging.Logger


class Plugin:
    """Base of every plugin: subclass it once, in the plugin's `__init__.py`."""

    settings_class: ClassVar[type[PluginSettings]] = PluginSettings

    def __init__(self, context: PluginContext) -> None:
        self.context = context
