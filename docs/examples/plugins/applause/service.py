"""The rules of applause, and what other plugins may ask of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable
from uuid import UUID

from aethex_live import ServiceKey
from aethex_live.errors import Conflict, TooMany, Unauthenticated
from aethex_live.events import Event, record
from aethex_live.ids import derived_id, uuid7
from aethex_live.models import Broadcast

from .models import Count

if TYPE_CHECKING:
    from aethex_live import PluginContext
    from aethex_live.actor import Actor

TOPIC = "applause"
_ADD = """
insert into applause_count (id, broadcast_id, claps) values ($1, $2, 1)
on conflict (broadcast_id) do update set claps = applause_count.claps + 1
returning claps
"""
_LOUDEST = """
select b.title, c.slug, a.claps from applause_count a
join core_broadcast b on b.id = a.broadcast_id join core_channel c on c.id = b.channel_id
where c.visibility = 'public' and not b.rehearsal order by a.claps desc, b.started_at desc limit 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplauseCounted(Event):
    """A broadcast is over, and this is how often people clapped for it."""

    type: ClassVar[str] = "applause.counted"
    broadcast_id: UUID
    claps: int


@runtime_checkable
class Applause(Protocol):
    """What others may ask; they find it by the key's name, so they need not import this file."""

    async def loudest(self) -> dict[str, object] | None:
        """title, slug and claps of the broadcast that got most; None before anybody clapped."""
        ...


APPLAUSE: ServiceKey[Applause] = ServiceKey(
    "applause",
    Applause,  # type: ignore[type-abstract]  # a key names a Protocol, nobody makes one from it
)


class Claps:
    """Counts claps."""

    def __init__(self, context: PluginContext, per_minute: int) -> None:
        self._context = context
        self._per_minute = per_minute

    async def clap(self, broadcast_id: UUID, actor: Actor) -> int:
        """Clap once; returns how many that makes. Raises a Refusal, which forms, sockets and the API all understand."""
        if actor.user_id is None:
            raise Unauthenticated("Sign in to clap.")
        verdict = await self._context.limiter.hit(f"applause:{actor.user_id}", self._per_minute, timedelta(minutes=1))
        if not verdict.allowed:
            raise TooMany("Your hands need a rest.", retry_after=verdict.retry_after_s)
        if not await Broadcast.filter(id=broadcast_id, rehearsal=False).exclude(state="ended").exists():
            raise Conflict("This broadcast is over.")
        rows = await self._context.db.fetch(_ADD, [uuid7(), broadcast_id])
        count = int(rows[0]["claps"])
        # after the commit; <ax-live-count> of the core shows messages called "count"
        self._context.realtime.publish(f"{TOPIC}:{broadcast_id}", "count", {"n": count})
        return count

    async def of(self, broadcast_id: UUID) -> int:
        """How often people clapped for a broadcast."""
        found = await Count.get_or_none(broadcast_id=broadcast_id)
        return found.claps if found else 0

    async def of_channel(self, channel_id: UUID) -> list[Count]:
        """The counts of a channel's broadcasts, the newest first; each with its `broadcast`."""
        rows = Count.filter(broadcast__channel_id=channel_id, broadcast__rehearsal=False)
        return await rows.order_by("-broadcast__started_at").limit(50).select_related("broadcast")

    async def sum_up(self, broadcast_id: UUID) -> None:
        """Write the total into the event log, once however often it is told."""
        claps = await self.of(broadcast_id)
        async with self._context.db.transaction():
            await record(
                ApplauseCounted(broadcast_id=broadcast_id, claps=claps),
                subject=f"broadcast:{broadcast_id}",
                id=derived_id("applause.counted", broadcast_id),
            )

    async def loudest(self) -> dict[str, object] | None:
        """The broadcast that got most."""
        rows = await self._context.db.fetch(_LOUDEST)
        return rows[0] if rows else None
