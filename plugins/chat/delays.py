"""Telling moderators at once, and viewers when the channel's delay is over, in one and the same sequence.

Every line and act has its number at once, and a time at which viewers may see it (`visible_at`, none: at once) that
never falls within the sequence. So what viewers have is always a beginning of what moderators have. See decision 017.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from aethex_live.jobs import Schedule
from aethex_live.waiting import end_task

from . import lines
from .sequence import NOW, Place, head, own_topic, topic_of

if TYPE_CHECKING:
    from aethex_live import PluginContext

log = logging.getLogger(__name__)

READ_SECONDS = 5.0
AGAIN = 1.0  # seconds after which a part that could not be read is tried again
SWEEP = timedelta(seconds=10)
LOOKED_BACK = timedelta(seconds=60)
HIDDEN = "hidden"  # stands in the sequence for a line that was removed before viewers saw it

# the later of what is hidden already and what the delay asks for: no line overtakes one before it
LATER = """
greatest(
    (select max(p.visible_at) from chat_line p where p.channel_id = $1 and p.visible_at > $3::timestamptz),
    (select $3::timestamptz + make_interval(secs => m.delay_s) from chat_modes m
     where m.channel_id = $1 and m.delay_s > 0)
)
"""
_VIEWERS = """
select t.seq, t.epoch, (select min(l.seq) from chat_line l where l.channel_id = $2 and l.visible_at > $3) as hidden
from core_topic t where t.name = $1
"""
_PENDING = """
select channel_id, min(seq) as first, max(seq) as last, visible_at from chat_line
where visible_at > $1 group by channel_id, visible_at order by visible_at
"""
_SHOWN = """
select distinct on (channel_id) channel_id, seq from chat_line
where visible_at > $1 and visible_at <= $2 order by channel_id, seq desc
"""


class Told(NamedTuple):
    """An event of the sequence."""

    seq: int
    name: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Part:
    """What viewers get together, and when."""

    due: datetime
    channel_id: UUID
    first: int
    last: int
    epoch: str


class Delays:
    """Publishes what was stored: to moderators now, to viewers now or later."""

    def __init__(self, context: PluginContext) -> None:
        self._db = context.db
        self._clock = context.clock
        self._realtime = context.realtime
        self._waiting: list[_Part] = []
        self._task: asyncio.Task[None] | None = None

    def tell(self, channel_id: UUID, told: Sequence[Told], epoch: str, due: datetime | None) -> None:
        """Tell lines to all who may hear them now; the rest hears them when they are due."""
        now_topic, topic = topic_of(channel_id, NOW), topic_of(channel_id)
        for seq, name, data in told:
            self._realtime.publish(now_topic, name, data, seq=seq, epoch=epoch)
            if due is None:
                self._realtime.publish(topic, name, data, seq=seq, epoch=epoch)
            elif name == "line" and data["role"] == "member":
                # in all windows of the author
                self._realtime.publish(own_topic(channel_id, UUID(data["author"]["id"])), "line", data)
        if due is not None and told:
            self._later(_Part(due, channel_id, told[0].seq, told[-1].seq, epoch))

    def tell_acts(self, channel_id: UUID, told: Sequence[Told], epoch: str, due: datetime | None) -> None:
        """The same for acts, which can't wait: viewers hear them out of the sequence, and once more in it."""
        self.tell(channel_id, told, epoch, due)
        if due is not None:
            for seq, name, data in told:
                self._realtime.publish(topic_of(channel_id), name, {**data, "of": seq})

    async def viewers_head(self, channel_id: UUID) -> tuple[Place, bool]:
        """Where the chat stands for viewers, and whether something behind that waits for them."""
        rows = await self._db.fetch(_VIEWERS, [topic_of(channel_id), channel_id, self._clock.now()])
        if not rows:
            return await head(self._db, channel_id), False
        seq, epoch, hidden = rows[0]["seq"], rows[0]["epoch"], rows[0]["hidden"]
        return (Place(seq, epoch), False) if hidden is None else (Place(min(seq, hidden - 1), epoch), True)

    async def start(self) -> None:
        """Take over what a process that ended had still to tell."""
        self._db.bind()
        for row in await self._db.fetch(_PENDING, [self._clock.now()]):
            place = await head(self._db, row["channel_id"])
            self._later(_Part(row["visible_at"], row["channel_id"], row["first"], row["last"], place.epoch))

    def schedules(self) -> list[Schedule]:
        """Tells the newest of what became visible lately: a process that misses some reads it from the table."""
        return [Schedule("chat.shown", SWEEP, self.sweep)]

    async def sweep(self) -> None:
        """See `schedules`; processes that have it already drop it."""
        now = self._clock.now()
        for row in await self._db.fetch(_SHOWN, [now - LOOKED_BACK, now]):
            place = await head(self._db, row["channel_id"])
            await self._release(_Part(now, row["channel_id"], row["seq"], row["seq"], place.epoch))

    async def release_due(self) -> None:
        """Tell viewers what is due now."""
        now = self._clock.now()
        due = [part for part in self._waiting if part.due <= now]
        for part in due:
            await self._release(part)
            self._waiting.remove(part)

    async def close(self) -> None:
        """End; what waits is taken over by the process that starts next, or by another's schedule."""
        await end_task(self._task)

    def _later(self, part: _Part) -> None:
        self._waiting.append(part)
        if self._task is None or self._task.done():
            # a context of its own: the first caller's request, or transaction, is not this task's
            self._task = asyncio.create_task(self._run(), name="chat delays", context=contextvars.Context())

    async def _run(self) -> None:
        self._db.bind()
        while self._waiting:
            wait = (min(part.due for part in self._waiting) - self._clock.now()).total_seconds()
            await asyncio.sleep(max(0.01, wait))
            try:
                await self.release_due()
            except Exception:
                log.exception("chat: lines that are due could not be read, trying again")
                await asyncio.sleep(AGAIN)

    async def _release(self, part: _Part) -> None:
        """Read again what is due, because some of it may have been removed meanwhile."""
        async with asyncio.timeout(READ_SECONDS):
            entries = await lines.missed(self._db, part.channel_id, part.first - 1, part.last - part.first + 1)
        topic = topic_of(part.channel_id)
        for entry in entries:
            if entry.seq <= part.last:
                seq, name, data = for_viewers(entry)
                self._realtime.publish(topic, name, data, seq=seq, epoch=part.epoch)


def told_of(entry: lines.Entry) -> Told:
    """An entry as moderators hear it."""
    if entry.act is not None:
        return Told(entry.seq, str(entry.act["name"]), entry.act["data"])
    return Told(entry.seq, "line", entry.as_json())


def for_viewers(entry: lines.Entry) -> Told:
    """An entry as viewers hear it when its time has come."""
    return Told(entry.seq, HIDDEN, {}) if entry.unseen else told_of(entry)
