"""Which files belong to a site: its data folder, and the folders that plugins keep files in."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aethex_live._runtime.discovery import Found
from aethex_live._site.opening import JOURNAL
from aethex_live.providers import Kind
from aethex_live.settings import Site

from .manifest import DATA, FOLDER

ASIDE = re.compile(r"before-\d{8}T\d{6}Z")
STAGE = ".restore-"
BACKUPS = "backups"
NOT_KEPT = frozenset({"postgres", "cache", ".writable", "lost+found", BACKUPS, JOURNAL})


@dataclass(frozen=True, slots=True)
class Folder:
    """A plugin's folder: `key` is `plugin.setting`, `default` its place in the data folder, `path` where it is here."""

    key: str
    default: str
    path: Path
    media: bool


def of_plugins(site: Site, found: Mapping[str, Found]) -> list[Folder]:
    """The folders that manifests declare, where the settings put them; also those of plugins that are off."""
    folders = []
    for name, plugin in found.items():
        if plugin.manifest is None:
            continue
        for setting, default in plugin.manifest.folders.items():
            chosen = site.plugin_table(name).get(setting)
            path = Path(str(chosen)) if chosen else site.data / default
            media = Kind.STREAMING in plugin.manifest.kinds()
            folders.append(Folder(f"{name}.{setting}", default, path.resolve(), media))
    return folders


def files(site: Site, folders: Sequence[Folder], *, media: bool) -> Iterator[tuple[str, Path]]:
    """Every file with its name in the backup.

    A folder that changes meanwhile is no error: what is gone is not found, and what is new may or may not be.
    """
    without = {folder.path for folder in folders}
    for entry in _entries(site.data):
        if entry.name in NOT_KEPT or ASIDE.fullmatch(entry.name) or entry.name.startswith(STAGE):
            continue
        yield from _below(Path(entry.path), f"{DATA}{entry.name}", without)
    for folder in folders:
        if media or not folder.media:
            yield from _below(folder.path, f"{FOLDER}{folder.key}", without - {folder.path})


def _below(path: Path, name: str, without: set[Path]) -> Iterator[tuple[str, Path]]:
    if path.resolve() in without:
        return
    if path.is_dir():  # also behind a link: a folder on another disk belongs to the site
        for entry in _entries(path):
            if entry.is_symlink() and not entry.is_file():
                continue  # a link to a folder further down could lead in circles
            yield from _below(Path(entry.path), f"{name}/{entry.name}", without)
    elif path.is_file():
        yield name, path


def _entries(path: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as found:
            return sorted(found, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return []
