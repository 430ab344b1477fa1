"""aethex webhooks: what vendors sent, what became of it, and handling it again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import click
import orjson

from aethex_live.cli.common import site_of, site_options, with_platform
from aethex_live.domain.webhook_desk import STATES, StoredEvent, Wanted
from aethex_live.models import WebhookDelivery
from aethex_live.platform import Platform


@click.group()
def webhooks() -> None:
    """What providers told this site by webhooks."""


@webhooks.command("list")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="how many events")
@click.option("--state", type=click.Choice([*STATES, "unreadable"]), default=None, help="only those in this state")
@click.option("--provider", default="", help="only those of this provider")
@click.option("--type", "type_", default="", help='only this type, or all that begin so, as "payment."')
@click.option("--json", "as_json", is_flag=True, help="one JSON object a line, without what the events say")
@site_options
def list_events(
    limit: int,
    state: str | None,
    provider: str,
    type_: str,
    as_json: bool,
    config: Path | None,
    data: Path | None,
) -> None:
    """Print the newest events, the newest first."""

    async def work(platform: Platform) -> list[str]:
        desk = platform.domain.webhook_desk
        if state == "unreadable":
            return [_request_line(row) for row in await desk.unreadable(limit=limit)]
        found = await desk.page(Wanted(state=state or "", provider=provider, type=type_), limit=limit)
        return [_as_json(event) if as_json else _as_line(event) for event in found]

    for line in with_platform(site_of(config=config, data=data), work) or ["There is none."]:
        print(line)


@webhooks.command()
@click.argument("event_id", metavar="ID", type=click.UUID)
@click.option("--body", is_flag=True, help="also the request as it came; it may hold personal data")
@site_options
def show(event_id: UUID, body: bool, config: Path | None, data: Path | None) -> None:
    """Print one event with its facts."""

    async def work(platform: Platform) -> list[str]:
        desk = platform.domain.webhook_desk
        event = await desk.get(event_id)
        lines = [f"{name:12} {value}" for name, value in _facts(event)]
        request = await desk.request_of(event) if body else None
        if request is not None:
            lines += ["", *(f"{name}: {value}" for name, value in sorted(request.headers.items())), ""]
            lines.append(request.body.decode(errors="replace"))
        elif body:
            lines.append("The request is not kept any more.")
        return lines

    for line in with_platform(site_of(config=config, data=data), work):
        print(line)


@webhooks.command()
@click.argument("event_id", metavar="[ID]", type=click.UUID, required=False)
@click.option("--dead", is_flag=True, help="all that were given up")
@click.option("--since", type=click.DateTime(), default=None, help="all that came since this moment (UTC)")
@click.option("--provider", default="", help="with --dead or --since: only those of this provider")
@site_options
def replay(
    event_id: UUID | None,
    dead: bool,
    since: datetime | None,
    provider: str,
    config: Path | None,
    data: Path | None,
) -> None:
    """Handle an event again, or many; a site that runs does it at once, one that does not at its next start.

    A request that could not be read is read again by its own ID.
    """
    if (event_id is None) == (not dead and since is None):
        raise click.UsageError("Name one event, or say --dead or --since.")

    async def work(platform: Platform) -> str:
        desk = platform.domain.webhook_desk
        if event_id is None:
            moment = since.replace(tzinfo=UTC) if since else None
            count = await desk.replay_all(Wanted(state="dead" if dead else "", since=moment, provider=provider), None)
            return f"{count} event{'' if count == 1 else 's'} will be handled again."
        if await WebhookDelivery.exists(id=event_id):
            return f"The request is read: {await desk.read_again(event_id, None)} new events in it."
        await desk.replay(event_id, None)
        return "The event will be handled again."

    print(with_platform(site_of(config=config, data=data), work))


def _as_line(event: StoredEvent) -> str:
    at = event.received_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    line = f"{event.id}  {at}  {event.state:9} {event.provider:12} {event.type:24} {event.subject}"
    return f"{line}\n    {event.note}" if event.state in {"dead", "failing"} and event.note else line


def _request_line(row: WebhookDelivery) -> str:
    at = row.received_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"{row.id}  {at}  {row.provider:12} {len(row.body)} bytes, came {row.times} times\n    {row.error}"


def _facts(event: StoredEvent) -> list[tuple[str, object]]:
    names = ("state", "note", "kind", "provider", "type", "event_id", "subject", "ref")
    times = ("occurred_at", "received_at", "handled_at")
    facts: list[tuple[str, object]] = [(name, getattr(event, name)) for name in (*names, *times, "attempts", "runs")]
    return [*facts, ("data", orjson.dumps(event.data).decode())]


def _as_json(event: StoredEvent) -> str:
    return orjson.dumps(dict(_facts(event)[:-1]) | {"id": event.id}).decode()
