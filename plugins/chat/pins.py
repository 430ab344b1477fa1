"""What stands above a chat: a message or words of a moderator, for a time or until somebody takes it away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from aethex_live.domain.rights import Right
from aethex_live.errors import Conflict, Invalid, NotFound
from aethex_live.events import record
from aethex_live.ids import uuid7

from . import events
from .lines import find
from .moderation import account
from .standing import require_moderator
from .text import Part, check_text, parts

if TYPE_CHECKING:
    from aethex_live import PluginContext
    from aethex_live.actor import Actor
    from aethex_live.events import Event

    from .acts import Act, Acts
    from .standing import Standing

PRESETS = (0, 300, 1800, 7200, 86_400)  # seconds; 0: until it is taken away
LONGEST_PIN = 7 * 86_400  # seconds

_READ = """
select id, line, text, author, author_name, by_name, until, at from chat_pin
where channel_id = $1 and (until is null or until > $2)
"""
# what a page shows above the chat, in one query
_ABOVE = """
select p.id, p.line, p.text, p.author, p.author_name, p.by_name, p.until, p.at,
       exists (select 1 from chat_rules r where r.channel_id = $1 and r.text <> '') as rules
from (select 1) one
left join chat_pin p on p.channel_id = $1 and (p.until is null or p.until > $2)
"""
_WRITE = """
insert into chat_pin (id, channel_id, line, text, author, author_name, by, by_name, until, at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (channel_id) do update
set id = excluded.id, line = excluded.line, text = excluded.text, author = excluded.author, by = excluded.by,
    author_name = excluded.author_name, by_name = excluded.by_name, until = excluded.until, at = excluded.at
"""
_REMOVE = "delete from chat_pin where channel_id = $1 returning id, line, text, until"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """What stands above a chat; `line` is the message that was pinned, None for words of a moderator."""

    id: UUID
    line: UUID | None
    text: str
    author_name: str
    by_name: str
    until: datetime | None
    at: datetime
    author: UUID | None = None

    @property
    def parts(self) -> list[Part]:
        """The text in pieces: plain text and links."""
        return parts(self.text, frozenset())

    def as_json(self) -> dict[str, Any]:
        """As it goes to pages and API clients."""
        return {
            "id": str(self.id),
            "line": str(self.line) if self.line else None,
            "text": self.text,
            "user": str(self.author) if self.author else None,
            "name": self.author_name,
            "by": self.by_name,
            "until": self.until.isoformat() if self.until else None,
            "at": self.at.isoformat(),
        }


class Pins:
    """One for each chat; a new one takes the place of the old."""

    def __init__(self, context: PluginContext, acts: Acts, longest: int) -> None:
        self._context = context
        self._acts = acts
        self._longest = longest

    async def read(self, channel_id: UUID) -> Pin | None:
        """What stands above the chat at this moment."""
        rows = await self._context.db.fetch(_READ, [channel_id, self._context.clock.now()])
        return Pin(**rows[0]) if rows else None

    async def above(self, channel_id: UUID) -> tuple[Pin | None, bool]:
        """The same, and whether the chat has rules."""
        row = dict((await self._context.db.fetch(_ABOVE, [channel_id, self._context.clock.now()]))[0])
        rules = bool(row.pop("rules"))
        return (Pin(**row) if row["id"] else None), rules

    async def pin(
        self, channel_id: UUID, actor: Actor, *, line: UUID | None = None, text: str = "", seconds: int = 0
    ) -> Pin:
        """Pin a message, or words when no `line` is given; for `seconds`, 0: until it is taken away.

        Raises Unauthenticated, Forbidden, NotFound about the message, or Invalid.
        """
        if not 0 <= seconds <= LONGEST_PIN:
            raise Invalid(f"A pin stands for up to {LONGEST_PIN:,} seconds (7 days); 0 has no end.", field="seconds")
        words = check_text(text, self._longest) if line is None else ""
        async with self._acts.doing(channel_id, account(actor)) as (act, by):
            require_moderator(by, Right.CHAT_MODES)
            until = act.now + timedelta(seconds=seconds) if seconds else None
            made = await self._made(act, by, line, words, until)
            values = [made.id, channel_id, made.line, made.text, made.author, made.author_name]
            await act.db.execute(_WRITE, [*values, by.user_id, by.name, until, act.now])
            act.tell("pinned", {"pin": made.as_json(), "by": by.name}, about=line)
            event = events.Pinned(channel_id=channel_id, line_id=line, until=until)
            await self._note(channel_id, actor, "chat.pin", event, {"text": made.text, "seconds": seconds})
        return made

    async def _made(self, act: Act, by: Standing, line: UUID | None, words: str, until: datetime | None) -> Pin:
        author: UUID | None = by.user_id
        name, text = by.name, words
        if line is not None:
            entry = await find(act.db, act.channel_id, line)
            if entry is None or entry.removed:
                raise NotFound("This message is not there any more.", field="line")
            author, name, text = entry.author.id, entry.author.name, entry.text
        return Pin(
            id=uuid7(),
            line=line,
            text=text,
            author=author,
            author_name=name,
            by_name=by.name,
            until=until,
            at=act.now,
        )

    async def unpin(self, channel_id: UUID, actor: Actor) -> None:
        """Take away what stands above the chat. Raises Conflict when nothing does."""
        async with self._acts.doing(channel_id, account(actor)) as (act, by):
            require_moderator(by, Right.CHAT_MODES)
            rows = await act.db.fetch(_REMOVE, [channel_id])
            if not rows or (rows[0]["until"] is not None and rows[0]["until"] <= act.now):
                raise Conflict("Nothing is pinned in this chat.")
            act.tell("unpinned", {"id": str(rows[0]["id"]), "by": by.name})
            event = events.Unpinned(channel_id=channel_id)
            await self._note(channel_id, actor, "chat.unpin", event, {"text": rows[0]["text"]})

    async def _note(self, channel_id: UUID, actor: Actor, action: str, event: Event, detail: dict[str, Any]) -> None:
        subject = f"channel:{channel_id}"
        await record(event, subject=subject, actor=actor.user_id, channel=channel_id)
        audit = self._context.domain.audit
        await audit.write(action, actor=actor, subject=subject, channel_id=channel_id, detail=detail)
