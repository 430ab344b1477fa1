"""aethex doctor: what is wrong with the site, and what to do."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click
import orjson

from aethex_live import logs
from aethex_live.checks import Finding, Level, bad, worst
from aethex_live.checks.site import all_findings
from aethex_live.cli.common import site_of, site_options
from aethex_live.errors import ConfigError

_SIGNS = {Level.OK: "ok", Level.WARNING: "!", Level.BAD: "BAD"}
_ENDINGS = {
    Level.OK: "All is well.",
    Level.WARNING: "The site works; see to the lines with “!”.",
    Level.BAD: "Something is wrong: see to the lines with “BAD”.",
}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="one JSON object: verdict and findings")
@site_options
def doctor(as_json: bool, config: Path | None, data: Path | None) -> None:
    """Look at settings, files, database, Redis, ports, plugins, providers and addresses; change nothing.

    Exit code 0 when the site can work, 1 when something is wrong.
    """
    logs.set_up("ERROR")
    try:
        findings = asyncio.run(all_findings(site_of(config=config, data=data)))
    except ConfigError as error:
        findings = [bad("settings", str(error), "Correct the setting; the site does not start with it.")]
    verdict = worst(findings)
    print(_as_json(verdict, findings) if as_json else "\n".join([*map(_as_line, findings), _ENDINGS[verdict]]))
    sys.exit(1 if verdict is Level.BAD else 0)


def _as_line(finding: Finding) -> str:
    line = f"{_SIGNS[finding.level]:>3}  {finding.check:20} {finding.sentence}"
    return f"{line}\n{'':26}→ {finding.next_step}" if finding.next_step else line


def _as_json(verdict: Level, findings: list[Finding]) -> str:
    return orjson.dumps({"verdict": verdict, "findings": findings}, option=orjson.OPT_INDENT_2).decode()
