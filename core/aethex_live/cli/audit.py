"""aethex audit: who did what, and whether the record of it is whole."""

from __future__ import annotations

import sys
from datetime import UTC
from pathlib import Path

import click
import orjson

from aethex_live.cli.common import site_of, site_options, with_database
from aethex_live.db import Database
from aethex_live.domain.audit_chain import AuditChain, Head, Verdict
from aethex_live.models import AuditEntry


@click.group()
def audit() -> None:
    """The record of who did what to whom and why."""


@audit.command("list")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="how many entries")
@click.option("--action", default="", help='only this action, or all that begin so, as "user."')
@click.option("--actor", default="", help="only what this user name did")
@click.option("--json", "as_json", is_flag=True, help="one JSON object a line")
@site_options
def list_entries(limit: int, action: str, actor: str, as_json: bool, config: Path | None, data: Path | None) -> None:
    """Print the newest entries, the newest first."""

    async def work(_: Database) -> list[AuditEntry]:
        query = AuditEntry.all().order_by("-at", "-id").limit(limit)
        query = query.filter(action__startswith=action) if action else query
        return await (query.filter(actor_name=actor) if actor else query)

    for entry in with_database(site_of(config=config, data=data), work):
        print(_as_json(entry) if as_json else _as_line(entry))


@audit.command()
@click.option("--head", is_flag=True, help="print only the head of the chain, to note down outside of the site")
@click.option("--against", metavar="HEAD", help="a head that was noted earlier: finds what was cut off since")
@site_options
def verify(head: bool, against: str | None, config: Path | None, data: Path | None) -> None:
    """Look over the whole chain. Exit code 1 when it is broken: the first wrong number and why."""
    noted = Head.parse(against) if against else None

    async def work(db: Database) -> Verdict:
        chain = AuditChain(db)
        await chain.seal()
        return await chain.verify(noted)

    verdict = with_database(site_of(config=config, data=data), work)
    if verdict.broken is not None:
        print(f"The audit is broken at entry {verdict.broken}: {verdict.why}.", file=sys.stderr)
        sys.exit(1)
    print(str(verdict.head) if head else f"The audit is whole: {verdict.head.number} entries, head {verdict.head}")


def _as_line(entry: AuditEntry) -> str:
    at = entry.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    detail = orjson.dumps(entry.detail).decode() if entry.detail else ""
    return f"{entry.number or '-':>6}  {at}  {entry.actor_name:20} {entry.action:28} {entry.subject} {detail}".rstrip()


def _as_json(entry: AuditEntry) -> str:
    fields = ("number", "id", "at", "actor_id", "actor_name", "action", "channel_id", "subject", "detail", "chain")
    return orjson.dumps({name: getattr(entry, name) for name in fields}).decode()
