"""Finds plugins in three places and reads their manifests; imports none of them."""

from __future__ import annotations

import enum
import hashlib
import importlib.machinery
import importlib.metadata
import importlib.util
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from aethex_live._runtime.manifest import FILE_NAME, Manifest, read_manifest
from aethex_live.errors import ConfigError, PluginError
from aethex_live.settings import Site

OFFICIAL = "aethex_plugins"
ENTRY_POINTS = "aethex_live.plugins"


class Source(enum.StrEnum):
    """Where a plugin comes from."""

    OFFICIAL = "official"
    FOLDER = "folder"
    PACKAGE = "package"


@dataclass(frozen=True, slots=True)
class Found:
    """A plugin as it was found: a good manifest, or the `problem` with it."""

    name: str
    folder: Path
    module: str
    source: Source
    origin: str  # for people: "the official plugins", "the folder …", "the package … 1.2"
    manifest: Manifest | None
    problem: str = ""
    version: str = ""


def discover(site: Site) -> dict[str, Found]:
    """All plugins by name, sorted. Raises ConfigError when two have one name."""
    places: list[Iterable[Found]] = [official(), installed()]
    if site.config is not None:
        places.insert(1, beside(site.folder))
    found: dict[str, Found] = {}
    for plugin in (plugin for place in places for plugin in place):
        if (other := found.get(plugin.name)) is not None:
            raise ConfigError(
                f"Two plugins are called {plugin.name}: one of {other.origin} ({other.folder}) and one of "
                f"{plugin.origin} ({plugin.folder}). Rename or remove one of them."
            )
        found[plugin.name] = plugin
    return dict(sorted(found.items()))


def official() -> Iterator[Found]:
    """The plugins of the official package, found as folders."""
    for place in _official_folders():
        for folder in _plugin_folders(place):
            module = f"{OFFICIAL}.{folder.name}"
            yield _found(
                folder.name,
                folder,
                module,
                Source.OFFICIAL,
                "the official plugins",
                _version_of("aethex-live"),
            )


def beside(folder: Path) -> Iterator[Found]:
    """The plugins in the folder `plugins` beside the configuration file."""
    place = (folder / "plugins").resolve()
    if not place.is_dir() or place in {official.resolve() for official in _official_folders()}:
        return  # in a checkout the two are one folder
    for plugin in _plugin_folders(place):
        yield _found(
            plugin.name,
            plugin,
            f"{package_of(place)}.{plugin.name}",
            Source.FOLDER,
            f"the folder {place}",
            "",
        )


def package_of(place: Path) -> str:
    """The import name of a folder of plugins; the hash keeps two folders in one process apart."""
    return f"aethex_site_plugins_{hashlib.sha256(str(place).encode()).hexdigest()[:8]}"


def installed() -> Iterator[Found]:
    """The plugins of installed packages, by their entry point."""
    for entry in sorted(importlib.metadata.entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
        distribution = entry.dist
        name, version = (distribution.name, distribution.version) if distribution else (entry.module, "")
        origin = f"the package {name} {version}".rstrip()
        folder = locate(entry.module)
        if folder is None:
            problem = f"Its entry point names the package {entry.module}, which is not there; reinstall {name}."
            yield Found(entry.name, Path(), entry.module, Source.PACKAGE, origin, None, problem, version)
            continue
        yield _found(entry.name, folder, entry.module, Source.PACKAGE, origin, version)


def locate(module: str) -> Path | None:
    """The folder of a package, without importing it or the packages around it."""
    first, *rest = module.split(".")
    try:
        spec = importlib.util.find_spec(first)  # of a top-level name this imports nothing
    except (ImportError, ValueError):
        return None
    path = first
    for part in rest:
        if spec is None or spec.submodule_search_locations is None:
            return None
        path = f"{path}.{part}"
        spec = importlib.machinery.PathFinder.find_spec(path, list(spec.submodule_search_locations))
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _official_folders() -> list[Path]:
    spec = importlib.util.find_spec(OFFICIAL)
    return [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []


def _plugin_folders(place: Path) -> list[Path]:
    if not place.is_dir():
        return []
    folders = (folder for folder in place.iterdir() if folder.is_dir() and folder.name[0] not in "._")
    return sorted(folder for folder in folders if any((folder / name).is_file() for name in (FILE_NAME, "__init__.py")))


def _found(name: str, folder: Path, module: str, source: Source, origin: str, version: str) -> Found:
    try:
        manifest = read_manifest(folder, name)
    except PluginError as error:
        return Found(name, folder, module, source, origin, None, str(error), version)
    return Found(name, folder, module, source, origin, manifest, "", manifest.version or version)


def _version_of(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""
