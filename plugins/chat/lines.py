"""Reading lines: the history of a chat for pages and the API, and what a page missed while it was away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from .text import Part, few_emotes, parts

if TYPE_CHECKING:
    from aethex_live.db import Database

HUES = 12  # colours of names, fixed by the design
QUOTED = 120  # characters of a message that stand above an answer to it

_SELECT = """
select l.id, l.seq, l.kind, l.author_id, l.author_name, l.role, l.text, l.mentions, l.emotes, l.act, l.client_id,
       l.created_at, l.deleted_at, l.visible_at, l.badges, l.accent, a.username, a.bot_of_id is not null as bot,
       d.display_name as remover,
       p.id as quoted_id, p.author_id as quoted_user, p.author_name as quoted_name, p.text as quoted_text,
       p.deleted_at as quoted_deleted
from chat_line l
left join core_user a on a.id = l.author_id
left join core_user d on d.id = l.deleted_by
left join chat_line p on p.id = l.reply_to
where l.channel_id = $1
"""
_MISSED = _SELECT + " and l.seq > $2 order by l.seq limit $3"
_VIEWERS = _SELECT + " and l.seq < $2 and l.kind = 'message' and l.deleted_at is null order by l.seq desc limit $3"
# who wrote what was removed sees that it was; $4 reads, $5 are blocked
_READERS = _SELECT + (
    " and l.seq < $2 and l.kind = 'message' and (l.deleted_at is null or l.author_id = $4::uuid)"
    " and (l.author_id is null or not l.author_id = any($5::uuid[])) order by l.seq desc limit $3"
)
_MODERATORS = _SELECT + (
    " and l.seq < $2 and (l.kind = 'message' or l.act ->> 'name' <> 'removed')"
    " and (l.kind = 'act' or $4::uuid is null or l.author_id is null or not l.author_id = any($5::uuid[]))"
    " order by l.seq desc limit $3"
)
_OWN = _SELECT + (
    " and l.seq > $2 and l.author_id = $3 and l.kind = 'message' and l.deleted_at is null order by l.seq limit 100"
)
_MESSAGES = _SELECT + " and l.seq < $2 and l.kind = 'message' order by l.seq desc limit $3"
_PERSONS = _SELECT + " and l.author_id = $2 and l.kind = 'message' order by l.seq desc limit $3"
_ONE = _SELECT + " and l.id = $2 and l.kind = 'message'"
NEWEST = 2**63 - 1


def _text(identity: UUID | None) -> str | None:
    """An id as JSON has it: those of the database driver are of a class that orjson does not know."""
    return str(identity) if identity else None


def hue_of(user_id: UUID | None) -> int:
    """The name colour of an account."""
    return user_id.int % HUES if user_id else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who wrote a line; after the account is gone only the name is left. `bot`: a program."""

    id: UUID | None
    username: str
    name: str
    bot: bool = False

    @property
    def hue(self) -> int:
        """Which of the name colours."""
        return hue_of(self.id)

    def as_json(self) -> dict[str, Any]:
        """As it goes to pages."""
        shown = {"id": _text(self.id), "username": self.username, "name": self.name, "hue": self.hue}
        return shown | {"bot": True} if self.bot else shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The beginning of the message that a line answers; no text when that one was removed."""

    id: UUID
    user: UUID | None
    name: str
    text: str
    removed: bool = False

    def as_json(self) -> dict[str, Any]:
        """As it goes to pages."""
        return {
            "id": str(self.id),
            "user": _text(self.user),
            "name": self.name,
            "text": self.text,
            "removed": self.removed,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line as it is shown. `text` of a removed one is there for moderators only; `act` is set for acts."""

    id: UUID
    seq: int
    author: Author
    role: str
    text: str
    mentions: Sequence[str]
    quote: Quote | None
    at: datetime
    client_id: str
    removed: bool = False
    removed_by: str = ""
    act: Mapping[str, Any] | None = None
    emotes: Sequence[Mapping[str, Any]] = ()
    badges: Sequence[Mapping[str, str]] = ()
    accent: str = ""
    visible_at: datetime | None = None
    unseen: bool = False  # removed before viewers could see it

    def is_visible(self, now: datetime) -> bool:
        """Whether viewers may see it, or what is left of it."""
        return self.visible_at is None or self.visible_at <= now

    @property
    def parts(self) -> list[Part]:
        """The text in pieces: plain text, names, links, emotes."""
        return parts(self.text, frozenset(self.mentions), self.emotes_by_code)

    @property
    def emotes_by_code(self) -> Mapping[str, Mapping[str, Any]]:
        """The emotes by their code in lower case: their code, id, and whether they move."""
        return {emote["code"].lower(): emote for emote in self.emotes}

    @property
    def large(self) -> bool:
        """Whether it is nothing but a few emotes or emoji, which are then shown larger."""
        return few_emotes(self.parts)

    def as_json(self, *, reveal: bool = False) -> dict[str, Any]:
        """As it goes to pages and API clients; the text of a removed line only with `reveal`."""
        shown = reveal or not self.removed
        found: dict[str, Any] = {
            "id": str(self.id),
            "author": self.author.as_json(),
            "role": self.role,
            "text": self.text if shown else "",
            "mentions": list(self.mentions) if shown else [],
            "at": self.at,
            "client_id": self.client_id,
        }
        if self.emotes and shown:
            found["emotes"] = list(self.emotes)
        if self.badges:
            found["badges"] = list(self.badges)
        if self.accent:
            found["accent"] = self.accent
        if self.quote is not None:
            found["reply"] = self.quote.as_json()
        if self.removed:
            found |= {"removed": True, "removed_by": self.removed_by}
        return found


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a history is read: their account (None: a guest), and whom they blocked."""

    user_id: UUID | None = None
    blocked: frozenset[UUID] = frozenset()


GUEST = Reader()


def quote_of(line_id: UUID, user: UUID | None, name: str, text: str, *, removed: bool) -> Quote:
    """The quote of a message, cut to its beginning."""
    cut = text if len(text) <= QUOTED else text[: QUOTED - 1].rstrip() + "…"
    return Quote(id=line_id, user=user, name=name, text="" if removed else cut, removed=removed)


def _entry(row: Mapping[str, Any]) -> Entry:
    quote = None
    if row["quoted_id"] is not None:
        removed = row["quoted_deleted"] is not None
        quote = quote_of(row["quoted_id"], row["quoted_user"], row["quoted_name"], row["quoted_text"], removed=removed)
    return Entry(
        id=row["id"],
        seq=row["seq"],
        author=Author(id=row["author_id"], username=row["username"] or "", name=row["author_name"], bot=row["bot"]),
        role=row["role"],
        text=row["text"],
        mentions=row["mentions"],
        quote=quote,
        at=row["created_at"],
        client_id=row["client_id"],
        removed=row["deleted_at"] is not None,
        removed_by=row["remover"] or "",
        act=_act(row["act"], quote),
        badges=row["badges"] or (),
        accent=row["accent"],
        visible_at=row["visible_at"],
        unseen=bool(row["deleted_at"] and row["visible_at"] and row["deleted_at"] < row["visible_at"]),
        emotes=row["emotes"] or (),
    )


def _act(act: Mapping[str, Any] | None, about: Quote | None) -> Mapping[str, Any] | None:
    """The act, without the words of a message that was removed since."""
    if act is None or about is None or not about.removed or "pin" not in act["data"]:
        return act
    return {**act, "data": {**act["data"], "pin": {**act["data"]["pin"], "text": ""}}}


async def history(
    db: Database,
    channel_id: UUID,
    *,
    limit: int,
    before: int = NEWEST,
    moderator: bool = False,
    reader: Reader = GUEST,
) -> list[Entry]:
    """The newest lines with a number below `before`, oldest first, without those of people whom the reader blocked.

    Moderators also get removed messages, and acts; everyone else gets what still stands, and learns of their own what
    does not.
    """
    values = [channel_id, before, limit, reader.user_id, list(reader.blocked)]
    found = [_entry(row) for row in reversed(await db.fetch(_MODERATORS if moderator else _READERS, values))]
    return found if moderator else [_emptied(line) if line.removed else line for line in found]


def _emptied(line: Entry) -> Entry:
    return replace(line, text="", mentions=(), emotes=())


async def own_hidden(db: Database, channel_id: UUID, user_id: UUID, after: int) -> list[Entry]:
    """What an account said that other viewers do not see yet."""
    return [_entry(row) for row in await db.fetch(_OWN, [channel_id, after, user_id])]


async def messages(db: Database, channel_id: UUID, *, limit: int, before: int, removed: bool) -> list[Entry]:
    """The newest messages with a number below `before`, oldest first; removed ones only when asked for."""
    rows = await db.fetch(_MESSAGES if removed else _VIEWERS, [channel_id, before, limit])
    return [_entry(row) for row in reversed(rows)]


async def of_person(db: Database, channel_id: UUID, user_id: UUID, limit: int) -> list[Entry]:
    """The newest messages of a person, the newest first, removed ones among them."""
    return [_entry(row) for row in await db.fetch(_PERSONS, [channel_id, user_id, limit])]


async def missed(db: Database, channel_id: UUID, after: int, limit: int) -> list[Entry]:
    """All that has a number above `after`, messages and acts, oldest first."""
    return [_entry(row) for row in await db.fetch(_MISSED, [channel_id, after, limit])]


async def find(db: Database, channel_id: UUID, line_id: UUID) -> Entry | None:
    """A message of the channel, or None."""
    rows = await db.fetch(_ONE, [channel_id, line_id])
    return _entry(rows[0]) if rows else None
