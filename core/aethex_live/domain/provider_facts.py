"""What is known of the providers of this site: who is chosen, what they can do, how they are, what rests on them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import orjson

from aethex_live.models import Broadcast, Identity, Ingest, Recording, Session, SiteFact, WebhookEvent
from aethex_live.providers.calls import Condition, Outside
from aethex_live.providers.kinds import Kind
from aethex_live.providers.webhooks import Receiving

if TYPE_CHECKING:
    from aethex_live._runtime.registry import Providers
    from aethex_live.db import Database
    from aethex_live.settings import Site

_NOTED: Final = "vendor:"
FRESH: Final = timedelta(minutes=1)  # a note of a process that has ended counts no longer


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderFacts:
    """A live provider. `condition` is None where its work is done on this machine; `rows` counts what rests on it."""

    kind: Kind
    name: str
    plugin: str
    chosen: bool
    webhook: str
    capabilities: Sequence[str] = ()
    condition: Condition | None = None
    rows: Mapping[str, int] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """How it is, in a sentence."""
        return sentence(self.name, self.condition)


async def facts(site: Site, providers: Providers) -> list[ProviderFacts]:
    """All live providers, by kind and name."""
    return [await _facts(site, providers, kind, name) for kind in Kind for name in providers.names(kind)]


async def _facts(site: Site, providers: Providers, kind: Kind, name: str) -> ProviderFacts:
    provider = providers.get(kind, name)
    return ProviderFacts(
        kind=kind,
        name=name,
        plugin=providers.owner(kind, name) or "",
        chosen=name in site.providers.of(kind),
        webhook=f"{site.url}/webhooks/{kind.value}/{name}" if isinstance(provider, Receiving) else "",
        capabilities=sorted(str(one) for one in getattr(provider, "capabilities", ())),
        condition=condition_of(provider),
        rows=await _rows(kind, name),
    )


def condition_of(provider: object) -> Condition | None:
    """How a provider's vendor is doing; None for one that works on this machine, or is not there."""
    return provider.calls.condition if isinstance(provider, Outside) else None


def trouble(providers: Providers, kind: Kind, name: str | None = None) -> str:
    """What a page says when the provider that it needs does not answer; "" while it does."""
    provider = providers.get(kind, name)
    found = condition_of(provider)
    return "" if found is None or found.healthy else sentence(str(getattr(provider, "name", kind)), found)


def sentence(name: str, condition: Condition | None) -> str:
    """How a provider is, in words that a person can read."""
    if condition is None:
        return f"{name} works on this machine."
    if condition.healthy:
        return f"{name} answers, as far as it was asked."
    since = f" since {condition.since.astimezone(UTC):%H:%M} UTC" if condition.since else ""
    wait = math.ceil(condition.retry_after)
    again = f"it is asked again in {wait} s" if wait else "the next call asks it again"
    return f"{name} has not answered{since}; {again}."


async def note_trouble(kind: Kind, name: str, condition: Condition | None, now: datetime) -> None:
    """Write down for other processes that a vendor does not answer; None: it answers again."""
    key = f"{_NOTED}{kind.value}:{name}"[:60]
    if condition is None:
        await SiteFact.filter(key=key).delete()
        return
    since = f" since {condition.since.astimezone(UTC):%H:%M} UTC" if condition.since else ""
    value = orjson.dumps({"at": now, "said": f"{name} has not answered{since}."}).decode()
    await SiteFact.update_or_create(key=key, defaults={"value": value})


async def noted_troubles(db: Database, now: datetime) -> list[str]:
    """What running processes have written down within the last minute: vendors that do not answer."""
    rows = await db.fetch("select value from core_site_fact where key like $1 order by key", [f"{_NOTED}%"])
    notes = [orjson.loads(row["value"]) for row in rows]
    return [note["said"] for note in notes if now - datetime.fromisoformat(note["at"]) < FRESH]


async def _rows(kind: Kind, name: str) -> dict[str, int]:
    counts = {"webhook events": await WebhookEvent.filter(kind=kind.value, provider=name).count()}
    if kind is Kind.STREAMING:
        live = Broadcast.filter(provider=name).exclude(state="ended")
        recordings = Recording.filter(provider=name).exclude(state="deleted")
        counts = {
            "ingests": await Ingest.filter(provider=name).count(),
            "live": await live.count(),
            "recordings": await recordings.count(),
            **counts,
        }
    elif kind is Kind.AUTH:
        identities = await Identity.filter(provider=name).count()
        counts = {"accounts": identities, "sessions": await Session.filter(provider=name).count(), **counts}
    return {what: count for what, count in counts.items() if count}
