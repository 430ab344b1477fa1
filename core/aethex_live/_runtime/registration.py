"""Registers plugins' hooks in pluggy and checks them against their declarations."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

import pluggy

from aethex_live import Plugin
from aethex_live._runtime.rounds import Implementation
from aethex_live._runtime.words import listed, suggestion
from aethex_live.errors import PluginError
from aethex_live.hookspecs import MODULES, SpecFacts, facts_of
from aethex_live.hookspecs._marker import PROJECT

log = logging.getLogger(__name__)


class HookRegistry:
    """All declared hooks, and who implements them, in the order of registration (pluggy's is the reverse)."""

    def __init__(self, modules: Iterable[ModuleType] = MODULES) -> None:
        self._pluggy = pluggy.PluginManager(PROJECT)
        self._specs: dict[str, Callable[..., object]] = {}
        self._order: list[str] = []
        for module in modules:
            self._declare(module)

    def declare(self, plugin: str, module: ModuleType) -> None:
        """Take in a plugin's own hooks. Raises PluginError when one has not the plugin's name in front."""
        for name in declared_in(module):
            if not name.startswith(f"{plugin}_"):
                raise PluginError(f"Its own hook {name} should be called {plugin}_{name}.")
        self._declare(module)

    def _declare(self, module: ModuleType) -> None:
        self._specs.update(declared_in(module))
        self._pluggy.add_hookspecs(module)

    def register(self, name: str, plugin: Plugin) -> None:
        """Take in a plugin's implementations. Raises PluginError, which names the one that is wrong."""
        for method in _methods(plugin):
            options = self._pluggy.parse_hookimpl_opts(plugin, method)
            if options is not None:
                self._check(plugin, method, options)
            elif method in self._specs:
                log.warning("plugin %s: %s is named as a hook, but is not marked @hookimpl", name, method)
        try:
            self._pluggy.register(plugin, name)
        except (pluggy.PluginValidationError, ValueError) as error:
            raise PluginError(str(error)) from error
        self._order.append(name)

    def unregister(self, name: str) -> None:
        """Take a plugin's implementations out again."""
        if self._pluggy.has_plugin(name):
            self._pluggy.unregister(name=name)
            self._order.remove(name)

    def implementations(self, hook: str) -> list[Implementation]:
        """Who implements a hook."""
        caller = getattr(self._pluggy.hook, hook, None)
        found = caller.get_hookimpls() if caller is not None else []
        made = [Implementation(impl.plugin_name, impl.function, tuple(impl.argnames)) for impl in found]
        return sorted(made, key=lambda impl: self._order.index(impl.plugin))

    def hooks_of(self, name: str) -> list[str]:
        """The hooks that a plugin implements, by name."""
        return sorted(hook for hook in self._specs if any(one.plugin == name for one in self.implementations(hook)))

    def _check(self, plugin: Plugin, method: str, options: Any) -> None:
        spec = self._specs.get(method)
        if spec is None:
            if not options["optionalhook"]:
                raise PluginError(f"It implements {method}, which is no hook.{suggestion(method, self._specs)}")
            return
        if options["wrapper"] or options["hookwrapper"] or options["tryfirst"] or options["trylast"]:
            raise PluginError(f"{method}: wrappers and tryfirst have no effect here; order by after in plugin.toml.")
        _check_function(method, getattr(plugin, method), spec, facts_of(spec))


def declared_in(module: ModuleType) -> dict[str, Callable[..., object]]:
    """The hooks that a module declares itself."""
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(getattr(value, "__aethex_spec__", None), SpecFacts) and value.__module__ == module.__name__
    }


def _methods(plugin: Plugin) -> list[str]:
    """Names of the functions of the class; looking at the instance would run its properties."""
    members = inspect.getmembers_static(type(plugin))
    return [name for name, value in members if inspect.isroutine(value) and not name.startswith("__")]


def _check_function(name: str, function: Any, spec: Callable[..., object], facts: SpecFacts) -> None:
    asynchronous = inspect.iscoroutinefunction(function)
    if facts.verb == "collect" and asynchronous:
        raise PluginError(f"{name} is collected at start: write it as a plain def.")
    if facts.verb != "collect" and not asynchronous:
        raise PluginError(f"{name} is awaited: write it as async def.")
    known = inspect.signature(spec).parameters
    wanted = inspect.signature(function).parameters.values()
    if strange := [one.name for one in wanted if one.name not in known and one.default is one.empty]:
        raise PluginError(f"{name} has no argument {listed(strange, 'or')}.{suggestion(strange[0], known)}")
