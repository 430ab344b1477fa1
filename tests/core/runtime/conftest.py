"""A workbench for plugins: writes them into a temporary folder, and takes a site through its life."""

from __future__ import annotations

import dataclasses
import logging
import sys
import textwrap
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from aethex_live import PluginContext, PluginSettings
from aethex_live._runtime import discovery
from aethex_live._runtime.manager import Plugins
from aethex_live._runtime.ports import StoredState
from aethex_live.clock import ManualClock
from aethex_live.settings import Site, load_site

NO_PROVIDERS = '[providers]\nauth = "none"\nstreaming = "none"\nstorage = "none"\nemail = "none"\n'

GREETER = """
from aethex_live import Plugin
class Greeter(Plugin):
    pass
"""


class MemoryStates:
    """The states of plugins in a dict, as the port wants them."""

    def __init__(self, stored: Mapping[str, StoredState] | None = None) -> None:
        self.stored: dict[str, StoredState] = dict(stored or {})
        self.writes: list[tuple[str, str]] = []

    async def load(self) -> Mapping[str, StoredState]:
        return self.stored

    async def set_switch(self, plugin: str, on: bool | None) -> None:
        self.writes.append((plugin, f"switch {on}"))
        self._change(plugin, switched=on)

    async def suspend(self, plugin: str, reason: str) -> None:
        self.writes.append((plugin, f"suspend {reason}"))
        self._change(plugin, suspended_at=ManualClock().now(), reason=reason)

    async def resume(self, plugin: str) -> None:
        self.writes.append((plugin, "resume"))
        self._change(plugin, suspended_at=None, reason="")

    def _change(self, plugin: str, **facts: Any) -> None:
        self.stored[plugin] = dataclasses.replace(self.stored.get(plugin, StoredState()), **facts)


class Workbench:
    """Writes plugins and settings below one folder; `life` goes through all steps of a start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = NO_PROVIDERS
        self.environ: dict[str, str] = {}
        self.options: dict[str, Any] = {}
        self.running: list[Plugins] = []

    def plugin(self, name: str, code: str = GREETER, *, files: Mapping[str, str] | None = None, **facts: Any) -> Path:
        """A plugin of this name: `facts` go into its manifest, `files` beside its code."""
        folder = self.folder / "plugins" / name
        folder.mkdir(parents=True)
        manifest = {"name": name, "title": name.title(), "summary": f"The plugin {name}.", **facts}
        (folder / "plugin.toml").write_text("".join(f"{key} = {_toml(value)}\n" for key, value in manifest.items()))
        for file, text in {"__init__.py": code, **(files or {})}.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(textwrap.dedent(text))
        return folder

    def site(self) -> Site:
        """The site of what was written so far."""
        (self.folder / "aethex.toml").write_text(self.settings)
        return load_site(self.environ, folder=self.folder, overrides=self.options)

    def chosen(self, stored: Mapping[str, StoredState] | None = None, **limits: float) -> Plugins:
        """Found and chosen, nothing imported yet."""
        plugins = Plugins(self.site(), ManualClock(), **limits)
        plugins.find()
        plugins.choose(stored or {})
        return plugins

    def built(self, stored: Mapping[str, StoredState] | None = None, **limits: float) -> Plugins:
        """Imported and made."""
        plugins = self.chosen(stored, **limits)
        plugins.load()
        plugins.build(lambda name, settings: context_of(plugins, name, settings))
        return plugins

    async def started(self, states: MemoryStates | None = None, **limits: float) -> Plugins:
        """Running; stopped at the end of the test."""
        states = states or MemoryStates()
        plugins = self.built(states.stored, **limits)
        self.running.append(plugins)
        await plugins.start(states)
        return plugins


def context_of(plugins: Plugins, name: str, settings: PluginSettings) -> PluginContext:
    """What these tests need of a context: the parts of the runtime itself."""
    parts = SimpleNamespace(
        name=name,
        settings=settings,
        site=plugins.site,
        hooks=plugins.hooks,
        services=plugins.services,
        providers=plugins.providers,
        log=logging.getLogger(f"plugin.{name}"),
    )
    return cast("PluginContext", parts)


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return str(value) if isinstance(value, int) else f'"{value}"'


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Workbench]:
    """A workbench without the official plugins: these tests are about plugins of their own."""
    monkeypatch.setattr(discovery, "OFFICIAL", "aethex_no_official_plugins")
    workbench = Workbench(tmp_path)
    yield workbench
    for plugins in workbench.running:
        await plugins.stop()


@pytest.fixture(autouse=True)
def forget_imports() -> Iterator[None]:
    """Plugins of temporary folders leave nothing behind in the interpreter."""
    yield
    for name in [name for name in sys.modules if name.startswith("aethex_site_plugins_")]:
        del sys.modules[name]
