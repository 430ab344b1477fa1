"""aethex upgrade --check: what an upgrade would do, and what stands in its way."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click
import orjson

from aethex_live import logs
from aethex_live.checks import Finding, Level, bad, worst
from aethex_live.checks.upgrade import Plan, plan
from aethex_live.cli.common import site_of, site_options
from aethex_live.errors import ConfigError

_SIGNS = {Level.OK: "ok", Level.WARNING: "!", Level.BAD: "BAD"}


@click.command()
@click.option("--check", is_flag=True, required=True, help="look only; the next start, or `aethex migrate`, upgrades")
@click.option("--json", "as_json", is_flag=True, help="one JSON object")
@site_options
def upgrade(check: bool, as_json: bool, config: Path | None, data: Path | None) -> None:
    """Say what the installed version would do to the site. Run it after installing, before the next start.

    Exit code 0 when nothing stands in the way, 1 when the site would not start.
    """
    logs.set_up("ERROR")
    try:
        found = asyncio.run(plan(site_of(config=config, data=data)))
    except ConfigError as error:
        step = "Settings change between versions (CHANGELOG.md): correct this one."
        found = Plan((), (bad("settings", str(error), step),))
    verdict = worst(found.findings)
    print(_as_json(found, verdict) if as_json else "\n".join(_lines(found, verdict)))
    sys.exit(1 if verdict is Level.BAD else 0)


def _lines(found: Plan, verdict: Level) -> list[str]:
    lines = [_as_line(finding) for finding in found.findings]
    if found.pending:
        lines.append(f"{len(found.pending)} migrations would be applied, forward only:")
        lines += [f"     {name}" for name in found.pending]
    if verdict is Level.BAD:
        return [*lines, "The site would not start like this: see to the lines with “BAD”."]
    if found.pending:
        return [*lines, "Make a backup first (aethex backup create), then start the site or run `aethex migrate`."]
    return [*lines, "Nothing is to be done: the database fits this version."]


def _as_line(finding: Finding) -> str:
    line = f"{_SIGNS[finding.level]:>3}  {finding.check:20} {finding.sentence}"
    return f"{line}\n{'':26}→ {finding.next_step}" if finding.next_step else line


def _as_json(found: Plan, verdict: Level) -> str:
    content = {"verdict": verdict, "pending": found.pending, "findings": found.findings}
    return orjson.dumps(content, option=orjson.OPT_INDENT_2).decode()
