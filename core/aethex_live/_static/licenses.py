"""THIRD_PARTY_LICENSES: what is shipped, in which version, under which terms."""

from __future__ import annotations

import json
from pathlib import Path

from aethex_live._static.errors import BuildError
from aethex_live._static.sources import LICENSED, read

RULE = "=" * 78


def licenses(modules: Path) -> bytes:
    """The text of every licence that asks to travel with the files, in the order of the list of sources."""
    head = "AeThex LIVE ships these files of others, unchanged unless it says so.\n"
    return (head + "".join(_entry(modules, package) for package in LICENSED)).encode()


def _entry(modules: Path, package: str) -> str:
    facts = json.loads(read(modules, package, "package.json"))
    note = " (cut to width 118 and weights 600-800)" if package.endswith("/archivo") else ""
    return (
        f"\n{RULE}\n{package} {facts['version']} · {facts.get('license')}{note}\n{RULE}\n\n{_text(modules, package)}\n"
    )


def _text(modules: Path, package: str) -> str:
    for name in ("LICENSE", "LICENSE.md", "LICENSE.txt", "license"):
        if (modules / package / name).is_file():
            return read(modules, package, name).decode("utf-8").strip()
    raise BuildError(f"{package} has no licence file: run `npm ci` again, or name its licence in _static/licenses.py")
