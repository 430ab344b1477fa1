"""What stands between a database and the code: migrations that wait, and those that are newer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aethex_live._runtime.discovery import Found

_CORE = Path(__file__).parent.parent / "migrations"


def known(found: Mapping[str, Found]) -> dict[str, set[str]]:
    """The names of the migrations that the code has, by app; nothing is imported."""
    folders = {"core": _CORE} | {name: plugin.folder / "migrations" for name, plugin in found.items()}
    return {label: {path.stem for path in folder.glob("[0-9]*.py")} for label, folder in folders.items()}


def newer(applied: tuple[str, ...], found: Mapping[str, Found]) -> list[str]:
    """The migrations that a database has and the code that should know them has not."""
    names = known(found)
    split = [name.partition(".") for name in applied]
    return [f"{label}.{name}" for label, _, name in split if label in names and name not in names[label]]


def pending(applied: tuple[str, ...], found: Mapping[str, Found], apps: set[str]) -> list[str]:
    """The migrations of these apps that the database has not."""
    names = known(found)
    wanted = sorted(f"{app}.{name}" for app in apps for name in names.get(app, ()))
    return [name for name in wanted if name not in applied]
