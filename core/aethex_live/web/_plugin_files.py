"""Static files of a plugin: one hash for the folder, CSS kept inside the plugin's own boxes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from aethex_live.web._static_file import StaticFile, content_type, from_bytes

WRAPPED = """@layer ax.plugins {{
@scope ([data-plugin="{plugin}"]) {{
{css}
}}
}}
"""
IN_MEMORY = 256 * 1024  # bytes; larger files (pictures, sounds) are read at their first request


@dataclass(slots=True)
class PluginFiles:
    """What a plugin's `static/` gives: `@chat/room.css` -> address, address -> file, import map entries."""

    names: dict[str, str] = field(default_factory=dict)
    files: dict[str, StaticFile] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)


def plugin_files(plugin: str, folder: Path, prefix: str) -> PluginFiles:
    """Take in a plugin's `static/` folder; an empty or missing one gives nothing."""
    found = PluginFiles()
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    if not paths:
        return found
    base = f"{prefix}p/{plugin}/{_folder_hash(folder, paths)}/"
    for path in paths:
        name = path.relative_to(folder).as_posix()
        found.names[f"@{plugin}/{name}"] = base + name
        found.files[base + name] = _file(plugin, path)
    found.modules[f"@{plugin}/"] = base
    return found


def scoped(plugin: str, css: str) -> str:
    """A plugin's sheet in its layer and scope: it beats components in its own boxes and nothing outside."""
    return WRAPPED.format(plugin=plugin, css=css)


def _file(plugin: str, path: Path) -> StaticFile:
    if path.suffix == ".css":
        return from_bytes(path.name, scoped(plugin, path.read_text("utf-8")).encode())
    if path.stat().st_size <= IN_MEMORY:
        return from_bytes(path.name, path.read_bytes())
    return StaticFile(content_type(path.name), path)


def _folder_hash(folder: Path, paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:10]
