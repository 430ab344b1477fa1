"""Imports a plugin and finds its one Plugin class; whatever goes wrong in there stays in there."""

from __future__ import annotations

import importlib
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from aethex_live import Plugin, PluginSettings
from aethex_live._runtime.discovery import Found, Source
from aethex_live._runtime.rounds import CONTAINED
from aethex_live._runtime.words import listed, one_line
from aethex_live.errors import PluginError

SIDE_MODULES = (
    "models",
    "migrations",
    "hookspecs",
)  # imported early: a fault in them must not hit the others


@dataclass(frozen=True, slots=True)
class Loaded:
    """An imported plugin: its class, and its side modules by name where it has them."""

    plugin_class: type[Plugin]
    modules: dict[str, ModuleType]


def load(found: Found) -> Loaded:
    """Import the plugin. Raises PluginError with the reason and, where there is one, file and line."""
    if found.source is Source.FOLDER:
        _make_package(found)
    try:
        package = importlib.import_module(found.module)
        sides = [name for name in SIDE_MODULES if _has(found.folder, name)]
        modules = {name: importlib.import_module(f"{found.module}.{name}") for name in sides}
    except CONTAINED as error:
        raise PluginError(_reason(error, found.folder)) from error
    return Loaded(_plugin_class(package), modules)


def _has(folder: Path, module: str) -> bool:
    return (folder / f"{module}.py").is_file() or (folder / module / "__init__.py").is_file()


def _make_package(found: Found) -> None:
    """The package around plugins of a folder: plain folders are no package by themselves."""
    name = found.module.rpartition(".")[0]
    if name not in sys.modules:
        package = ModuleType(name)
        package.__path__ = [str(found.folder.parent)]
        sys.modules[name] = package


def _reason(error: BaseException, folder: Path) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith("aethex_"):
        return f"It needs the Python package {error.name}, which is not installed."
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}: {error.msg}."
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(folder)
    ]
    where = f"{frames[-1].filename}, line {frames[-1].lineno}: " if frames else ""
    return f"{where}{one_line(error)}"


def _plugin_class(package: ModuleType) -> type[Plugin]:
    inside = (package.__name__, f"{package.__name__}.")
    classes = {
        value
        for value in vars(package).values()
        if isinstance(value, type) and issubclass(value, Plugin) and f"{value.__module__}.".startswith(inside[1])
    }
    if len(classes) != 1:
        names = listed(sorted(found.__name__ for found in classes)) or "none"
        raise PluginError(f"Its __init__.py should hold one subclass of aethex_live.Plugin; it holds {names}.")
    plugin_class = classes.pop()
    settings = plugin_class.settings_class
    if not (isinstance(settings, type) and issubclass(settings, PluginSettings)):
        raise PluginError(f"settings_class of {plugin_class.__name__} should be a subclass of PluginSettings.")
    return plugin_class
