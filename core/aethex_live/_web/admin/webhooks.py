"""What the operator's pages show of webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import orjson

from aethex_live._web.views import Option, Pager, Shape, Stat
from aethex_live._web.views.operator import AdminWebhooksView, AdminWebhookView, WebhookRow
from aethex_live.domain.provider_facts import facts
from aethex_live.domain.webhook_desk import StoredEvent
from aethex_live.models import WebhookDelivery
from aethex_live.web.filters import number

if TYPE_CHECKING:
    from aethex_live.platform import Platform

WORDS: dict[str, tuple[str, Shape]] = {
    "waiting": ("Waiting", "off"),
    "failing": ("Tried again soon", "attention"),
    "dead": ("Given up", "broken"),
    "done": ("Handled", "healthy"),
    "stale": ("Overtaken", "off"),
    "discarded": ("Discarded", "off"),
}
LONGEST_SHOWN = 20_000  # characters of a body


async def webhooks_view(
    platform: Platform, found: list[StoredEvent], values: dict[str, str], pager: Pager
) -> AdminWebhooksView:
    """The page: figures, what can't be read, and the events of the filter."""
    desk = platform.domain.webhook_desk
    counts = await desk.counts()
    receiving = [(one.name, one.webhook) for one in await facts(platform.site, platform.providers) if one.webhook]
    waiting = counts.get("waiting", 0) + counts.get("failing", 0)
    names = sorted({name for name, _ in receiving} | ({values["provider"]} - {""}))
    return AdminWebhooksView(
        figures=[
            Stat(label="Handled", value=number(counts.get("done", 0)), icon="circle-check"),
            Stat(label="Waiting", value=number(waiting), icon="hourglass"),
            Stat(label="Given up", value=number(counts.get("dead", 0)), icon="circle-alert"),
            Stat(label="Unreadable", value=number(counts["unreadable"]), icon="file-x"),
        ],
        rows=[event_row(event) for event in found],
        unreadable=[request_row(row) for row in await desk.unreadable(limit=20)],
        values=values,
        states=[Option(value="", label="In any state")] + [Option(value=key, label=WORDS[key][0]) for key in WORDS],
        providers=[Option(value="", label="All providers"), *(Option(value=name, label=name) for name in names)],
        addresses=receiving,
        dead=counts.get("dead", 0),
        pager=pager,
    )


async def webhook_view(platform: Platform, event_id: UUID) -> AdminWebhookView:
    """One event with its request. Raises NotFound."""
    desk = platform.domain.webhook_desk
    event = await desk.get(event_id)
    request = await desk.request_of(event)
    times = [("Happened there", event.occurred_at), ("Came here", event.received_at)]
    if event.handled_at:
        times.append(("Handled", event.handled_at))
    return AdminWebhookView(
        row=event_row(event),
        facts=[
            ("Provider", f"{event.provider} ({event.kind})"),
            ("Its id of the event", event.event_id),
            ("Its id of the thing", event.subject),
            ("Our id, as it echoes it", event.ref or "–"),
            ("Attempts", str(event.attempts)),
            ("Times handled", number(event.runs)),
        ],
        times=times,
        data=orjson.dumps(event.data, option=orjson.OPT_INDENT_2).decode(),
        headers=sorted(request.headers.items()) if request else (),
        body=request.body.decode(errors="replace")[:LONGEST_SHOWN] if request else "",
    )


def event_row(event: StoredEvent) -> WebhookRow:
    """An event in the list."""
    word, shape = WORDS[event.state]
    failed = event.state in {"dead", "failing"}
    return WebhookRow(
        id=str(event.id),
        title=event.type,
        note=f"{event.provider} · {event.subject}" if failed or not event.note else f"{event.provider} · {event.note}",
        state=word,
        shape=shape,
        when=event.received_at,
        error=event.note if failed else "",
        can_replay=event.state not in {"waiting", "failing"},
    )


def request_row(row: WebhookDelivery) -> WebhookRow:
    """A request that could not be read. Its body may be anything: it is not shown here."""
    times = "once" if row.times == 1 else f"{row.times} times"
    return WebhookRow(
        id=str(row.id),
        title=row.provider,
        note=f"{len(row.body):,} bytes, came {times}",
        when=row.received_at,
        error=row.error,
    )
