"""The webhook inbox of the core around a fake vendor, for tests: `Houses` needs a database, `plant` a whole site."""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from aethex_live.clock import ManualClock
from aethex_live.control import Control
from aethex_live.db import Database
from aethex_live.domain.audit import Audit
from aethex_live.domain.broadcasts import Broadcasts
from aethex_live.domain.mail_stops import MailStops
from aethex_live.domain.reconciliation import Reconciliation
from aethex_live.domain.sessions import Sessions
from aethex_live.domain.tidings import Tidings
from aethex_live.domain.vendor_streams import VendorStreams
from aethex_live.domain.webhook_desk import WebhookDesk
from aethex_live.domain.webhook_store import Source
from aethex_live.domain.webhooks import HANDLE, Inbox
from aethex_live.ids import uuid7
from aethex_live.jobs import Jobs, OutboxCall
from aethex_live.models import Channel, Ingest, Outbox, User
from aethex_live.providers.kinds import Kind
from aethex_live.providers.webhooks import WebhookRequest
from aethex_live.testing.fakes.vendor import HEADER, FakeVendor, body_of, signed
from bench.peers.stream_vendor import plant

__all__ = ["SECRET", "SOURCE", "House", "plant"]

SECRET = "whsec-canary-51f0"
SOURCE = Source("streaming", "vendor")


class Live:
    """The live providers, as the registry gives them."""

    def __init__(self, vendor: FakeVendor) -> None:
        self.vendor = vendor
        self.more: dict[tuple[Kind, str], object] = {}

    def get(self, kind: Kind, name: str | None = None) -> object | None:
        if (kind, name) in self.more:
            return self.more[(kind, name)]
        return self.vendor if (kind, name or "vendor") == (Kind.STREAMING, "vendor") else None

    def streaming(self, name: str | None = None) -> object | None:
        return self.get(Kind.STREAMING, name)

    def names(self, kind: Kind) -> list[str]:
        return ["vendor"] if kind is Kind.STREAMING else []

    def owner(self, kind: Kind, name: str) -> str | None:
        return "stream_vendor" if name in self.names(kind) else None


class Told:
    """Hooks that nobody implements."""

    def __init__(self) -> None:
        self.rounds = 0

    async def notify(self, spec: object, **_: object) -> None:
        self.rounds += 1


class House:
    """The inbox over a real database, with a clock to move and no worker: `handle` does the jobs that are due."""

    def __init__(self, database: Database, *, keep_days: int = 30) -> None:
        self.db, self.clock = database, ManualClock()
        self.vendor = FakeVendor(self.clock, [SECRET, "whsec-older"])
        self.live, self.hooks, self.audit = Live(self.vendor), Told(), Audit()
        self.jobs = Jobs(database)
        providers: Any = self.live
        hooks: Any = self.hooks
        accounts: Any = SimpleNamespace(why_not=lambda user: "banned." if user.state == "banned" else None)
        self.broadcasts = Broadcasts(database, self.clock)
        self.streams = VendorStreams(database, self.clock, self.broadcasts, accounts, self.jobs)
        self.sessions = Sessions(database, self.clock, Control(database))
        self.stops = MailStops(database, self.clock, self.audit)
        self.tidings = Tidings(self.streams, self.sessions, self.stops)
        self.inbox = Inbox(database, self.clock, self.jobs, providers, self.tidings, keep_days=keep_days)
        self.desk = WebhookDesk(database, self.jobs, self.inbox, self.audit)
        self.reconciliation = Reconciliation(database, self.clock, providers, self.streams, hooks)
        self.chance = random.Random(5)

    async def channel(self, name: str = "ada") -> Ingest:
        """A channel with an ingest at the vendor, named in-<name> there."""
        user = await User.create(id=uuid7(), username=name, username_key=name, display_name=name)
        channel = await Channel.create(id=uuid7(), owner=user, slug=name, name=name, title="Night patch")
        return await Ingest.create(id=uuid7(), channel=channel, provider="vendor", provider_id=f"in-{name}")

    def request(
        self, events: Sequence[Mapping[str, Any]] | bytes, *, secret: str = SECRET, at: datetime | None = None
    ) -> WebhookRequest:
        """A request as the vendor sends it, signed at this moment or at another."""
        body = events if isinstance(events, bytes) else body_of(events)
        headers = {name.lower(): value for name, value in signed(body, secret, at or self.clock.now()).items()}
        return WebhookRequest(headers=headers, body=body, received_at=self.clock.now())

    async def take(self, *events: Mapping[str, Any]) -> int:
        """Have the vendor send one request with these events."""
        return await self.inbox.take(SOURCE, self.request(events))

    async def handle(self, *, shuffled: bool = False) -> list[Exception]:
        """Do the inbox's jobs that wait, as a worker would, each in its transaction; what failed."""
        failed: list[Exception] = []
        rows = await Outbox.filter(topic=HANDLE, state="new").order_by("id")
        if shuffled:
            self.chance.shuffle(rows)
        for row in rows:
            call = OutboxCall(row.id, row.payload, row.attempts + 1, str(row.id))
            try:
                async with self.db.transaction():
                    await self.inbox._run(call)
                    await Outbox.filter(id=row.id).update(state="done")
            except Exception as error:
                failed.append(error)
                await Outbox.filter(id=row.id).update(attempts=row.attempts + 1, last_error=str(error))
        return failed

    async def types(self) -> list[str]:
        """The types of all events, in the order in which they were written."""
        return [row["type"] for row in await self.db.fetch("select type from core_event order by number")]

    async def jobs_of(self, topic: str) -> list[Outbox]:
        """What is to be done of a topic."""
        return await Outbox.filter(topic=topic, state="new").order_by("id")


def forged(request: WebhookRequest, header: str | None) -> WebhookRequest:
    """The request with another signature, or with none."""
    headers = {name: value for name, value in request.headers.items() if name != HEADER}
    return WebhookRequest(
        headers=headers | ({HEADER: header} if header is not None else {}),
        body=request.body,
        received_at=request.received_at,
    )
