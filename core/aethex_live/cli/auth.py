"""aethex auth: how accounts are entered."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from aethex_live.cli.common import site_of, site_options, with_platform
from aethex_live.domain.link_lists import LinkLists, Outcome, Result, read_list
from aethex_live.errors import Refusal
from aethex_live.platform import Platform

WORDS: Mapping[Outcome, str] = {
    "link": "would be linked",
    "linked": "linked",
    "there": "linked before",
    "wrong": "left out",
}


@click.group()
def auth() -> None:
    """How accounts are entered."""


@auth.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--issuer", required=True, help="the issuer's short name in the settings")
@click.option("--provider", default="oidc", show_default=True, help="the auth provider")
@click.option("--apply", is_flag=True, help="link them; without it nothing is changed")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="write each line's outcome as CSV")
@site_options
def link(
    file: Path, issuer: str, provider: str, apply: bool, report: Path | None, config: Path | None, data: Path | None
) -> None:
    """Link accounts with identities elsewhere, from a CSV file with the columns username and subject.

    The subject is what the issuer calls the person (`sub`). First without --apply: that says what would happen.
    """

    async def work(platform: Platform) -> Sequence[Result]:
        domain = platform.domain
        return await LinkLists(domain.accounts, domain.linking).run(provider, issuer, wishes, apply=apply)

    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            wishes = read_list(lines)
        results = with_platform(site_of(config=config, data=data), work)
    except Refusal as refused:
        raise click.ClickException(str(refused)) from None
    except (UnicodeDecodeError, csv.Error) as broken:
        raise click.ClickException(f"{file} is no CSV file in UTF-8: {broken}") from None
    _tell(results, report, apply=apply)


def _tell(results: Sequence[Result], report: Path | None, *, apply: bool) -> None:
    for result in results:
        if result.outcome == "wrong":
            print(f"line {result.wish.line}, {result.wish.username}: {result.why}", file=sys.stderr)
    if report is not None:
        with report.open("w", encoding="utf-8", newline="") as out:
            rows = csv.writer(out)
            rows.writerow(("line", "username", "subject", "outcome", "why"))
            for result in results:
                wish = result.wish
                rows.writerow((wish.line, wish.username, wish.subject, WORDS[result.outcome], result.why))
    counts = Counter(result.outcome for result in results)
    said = ", ".join(f"{counts[outcome]} {word}" for outcome, word in WORDS.items() if counts[outcome])
    print(f"{len(results)} lines: {said or 'nothing to do'}.")
    if not apply and counts["link"]:
        print("Nothing was changed. Run it again with --apply.")
    if counts["wrong"]:
        sys.exit(1)
