"""All checks of a site that does not need to run for them: what `aethex doctor` prints."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from aethex_live._runtime.discovery import Found, discover
from aethex_live._runtime.report import PluginRow
from aethex_live._runtime.states import State
from aethex_live.clock import Clock, SystemClock
from aethex_live.errors import ConfigError
from aethex_live.settings import Site

from . import machine, network, plugins, stores, vendors
from .finding import Finding, bad, ok, warning
from .schema import pending
from .stores import Stored


async def all_findings(site: Site, clock: Clock | None = None) -> list[Finding]:
    """Every finding, in the order in which a person would look. Changes nothing."""
    clock = clock or SystemClock()
    findings = [_settings(site), *machine.folder(site), machine.secret(site), machine.disk(site)]
    findings += [machine.clock(clock.now()), await asyncio.to_thread(machine.ffmpeg, site)]
    try:
        found = discover(site)
    except ConfigError as error:
        return [*findings, bad("plugins", str(error), "See the sentence before.")]
    stored = Stored()
    async for said in stores.database(site, found, clock):
        if isinstance(said, Stored):
            stored = said
        else:
            findings.append(said)
    findings.append(await stores.redis(site))
    try:
        rows = plugins.loaded(site, stored.plugins, clock).rows()
    except ConfigError as error:
        return [*findings, bad("plugins", str(error), "Correct the setting; the site does not start with it.")]
    findings += [*plugins.plugins(rows), *plugins.providers(site, rows), *plugins.stranded(stored.made, rows)]
    findings += await _vendors(site, rows, found, stored, clock)
    on = {row.name: found[row.name] for row in rows if row.state is State.LOADED}
    return findings + await asyncio.to_thread(lambda: [*network.ports(site, on), *network.public(site)])


async def _vendors(
    site: Site, rows: list[PluginRow], found: Mapping[str, Found], stored: Stored, clock: Clock
) -> list[Finding]:
    """What the vendors say, as far as the site can be opened without changing its database."""
    if not (names := vendors.used(rows, found)):
        return []
    if not stored.applied or pending(
        stored.applied, found, {"core", *(row.name for row in rows if row.state is State.LOADED)}
    ):
        named = ", ".join(names)
        return [warning("vendors", f"They were not asked yet ({named}).", "Start the site once; then run this again.")]
    return await vendors.ask_all(site, clock)


def _settings(site: Site) -> Finding:
    source = str(site.config) if site.config else "the environment and defaults"
    if site.safe:
        return warning(
            "settings", f"Safe mode is on ({site.source('safe')}): most plugins are off.", "Start without it."
        )
    return ok("settings", f"The settings are read from {source}.")
