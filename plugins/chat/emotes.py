"""Emotes of channels: uploaded by owner and moderators, looked at by operators where the site wants that, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from aethex_live.domain.rights import Right
from aethex_live.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from aethex_live.events import Event, record
from aethex_live.ids import uuid7
from aethex_live.providers.storage import StorageCap, StorageProvider

from . import events
from .emote_book import EmoteBook
from .emote_files import ABANDONED, SIGNED_FOR, forget
from .emote_pictures import CONTENT_TYPE, Drawn, EmotePictures, file_names
from .emote_text import CODE
from .moderation import LONGEST_REASON, account
from .standing import Standing, require_moderator, standings

if TYPE_CHECKING:
    from aethex_live import PluginContext
    from aethex_live.actor import Actor

    from .acts import Act, Acts
    from .settings import ChatSettings

_ROWS = """
select e.id, e.channel_id, c.slug, c.name as channel_name, e.code, e.animated, e.state, e.size, e.created_at, e.reason,
       u.username as by_username
from chat_emote e join core_channel c on c.id = e.channel_id left join core_user u on u.id = e.created_by
"""
_OF_CHANNEL = _ROWS + " where e.channel_id = $1 order by e.code_key"
_WAITING = _ROWS + (
    " where e.state = 'pending' and c.delete_at is null and ($1::uuid is null or e.id > $1) order by e.id limit $2"
)
_ONE = "select * from chat_emote where id = $1"
_LOCKED = "select * from chat_emote where id = $1 and channel_id = $2 for update"
_TAKEN = "select count(*) as count from chat_emote where channel_id = $1 and not (code_key = $2 and state = 'denied')"
_REPLACE = "delete from chat_emote where channel_id = $1 and code_key = $2 and state = 'denied'"
_INSERT = """
insert into chat_emote
    (id, channel_id, code, code_key, provider, key, animated, size, state, created_by, created_at, reason)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '')
on conflict do nothing returning id
"""
_DECIDE = "update chat_emote set state = $2, decided_by = $3, decided_at = $4, reason = $5 where id = $1"
_DELETE = "delete from chat_emote where id = $1"
_COUNT = "select count(*) as count from chat_emote where state = 'pending'"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmoteItem:
    """An emote as those see it who look after it; `size` in bytes of all its files."""

    id: UUID
    channel_id: UUID
    slug: str
    channel_name: str
    code: str
    animated: bool
    state: str
    size: int
    created_at: datetime
    reason: str
    by_username: str | None


class Emotes:
    """Owner, moderators with the right to it, and operators. Each deed is a row, an event and an audit entry."""

    def __init__(self, context: PluginContext, settings: ChatSettings, acts: Acts, book: EmoteBook) -> None:
        self._context = context
        self._settings = settings
        self._acts = acts
        self.book = book
        self.pictures = EmotePictures()

    @property
    def asks_operators(self) -> bool:
        """Whether uploads wait for an operator."""
        return self._settings.emote_approval == "operators"

    @property
    def most(self) -> int:
        """How many a channel may have."""
        return self._settings.emotes_per_channel

    @property
    def takes_pictures(self) -> bool:
        """Whether this site has a storage that can show them."""
        storage = self._context.providers.storage()
        return storage is not None and bool({StorageCap.PUBLIC_URL, StorageCap.PRESIGN_GET} & storage.capabilities)

    async def all_of(self, channel_id: UUID, actor: Actor) -> list[EmoteItem]:
        """All emotes of a channel, also those that wait. Raises Unauthenticated or Forbidden."""
        await self._require(channel_id, actor)
        return [EmoteItem(**row) for row in await self._context.db.fetch(_OF_CHANNEL, [channel_id])]

    async def may(self, channel_id: UUID, actor: Actor) -> bool:
        """Whether the actor looks after the emotes of a channel."""
        try:
            await self._require(channel_id, actor)
        except Forbidden:
            return False
        return True

    async def waiting(self, actor: Actor, *, after: UUID | None = None, limit: int = 50) -> list[EmoteItem]:
        """What waits for an operator on all channels, oldest first. Raises Forbidden."""
        _require_operator(actor)
        return [EmoteItem(**row) for row in await self._context.db.fetch(_WAITING, [after, limit])]

    async def count(self) -> int:
        """How many wait for an operator."""
        return int((await self._context.db.fetch(_COUNT))[0]["count"])

    async def address(self, emote_id: UUID, name: str, actor: Actor) -> tuple[str, bool]:
        """Where a file of an emote is, and whether everybody may see it. Raises NotFound."""
        return await self.address_of(await self.row(emote_id), name, actor)

    async def row(self, emote_id: UUID) -> Mapping[str, Any] | None:
        """The emote as it is stored, for `address_of`."""
        rows = await self._context.db.fetch(_ONE, [emote_id])
        return rows[0] if rows else None

    async def address_of(self, row: Mapping[str, Any] | None, name: str, actor: Actor) -> tuple[str, bool]:
        """As `address`, of a row that was read already."""
        shown = row is not None and (
            row["state"] == "approved"
            or (row["state"] == "pending" and (actor.is_operator or await self._sees(row["channel_id"], actor)))
        )
        if row is None or not shown or name not in file_names(animated=row["animated"]):
            raise NotFound("There is no such emote.")
        storage = self._context.providers.storage(row["provider"])
        found = _address(storage, f"{row['key']}/{name}") if storage else None
        if found is None:
            raise NotFound("The storage of this emote is switched off.")
        return found, row["state"] == "approved"

    async def upload(self, channel_id: UUID, actor: Actor, code: str, data: bytes) -> EmoteItem:
        """Add an emote, or let it wait for an operator.

        Raises Unauthenticated, Forbidden, Invalid or Conflict about `code`, Invalid or TooLarge about `picture`,
        Unavailable, also of the storage.
        """
        await self._require(channel_id, actor)
        check_code(code)
        await self._check_room(channel_id, code)
        storage = self._storage()
        drawn = await self.pictures.draw(data)
        emote_id = uuid7()
        key = f"public/emotes/{channel_id.hex}/{emote_id.hex}"
        async with self._context.db.transaction():
            # should this process die before the row names them, the files go by themselves
            await forget(self._context, storage.name, key, emote_id, after=ABANDONED)
        for name, body in drawn.files.items():
            await storage.put(f"{key}/{name}", body, content_type=CONTENT_TYPE)
        try:
            return await self._add(channel_id, actor, code, emote_id, storage.name, key, drawn)
        finally:
            self.book.forget(channel_id)

    async def _add(
        self, channel_id: UUID, actor: Actor, code: str, emote_id: UUID, provider: str, key: str, drawn: Drawn
    ) -> EmoteItem:
        state = "pending" if self.asks_operators and not actor.is_operator else "approved"
        values = [emote_id, channel_id, code, code.lower(), provider, key, drawn.animated, drawn.size, state]
        async with self._acts.doing(channel_id, account(actor)) as (act, by):
            require_moderator(by, Right.CHAT_EMOTES)
            await self._check_room(channel_id, code)
            await act.db.execute(_REPLACE, [channel_id, code.lower()])
            if not await act.db.fetch(_INSERT, [*values, by.user_id, act.now]):
                raise _taken(code)
            added = events.EmoteAdded(channel_id=channel_id, emote_id=emote_id, code=code, state=state)
            detail = {"code": code, "state": state}
            await self._note(act, added, "chat.emote_added", actor, emote_id, detail)
            if state == "approved":
                await self._changed(act, "added", emote_id, code, by)
        rows = await self._context.db.fetch(_OF_CHANNEL, [channel_id])
        return next(EmoteItem(**row) for row in rows if row["id"] == emote_id)

    async def delete(self, channel_id: UUID, emote_id: UUID, actor: Actor) -> None:
        """Take an emote away; messages keep its `:code:` as text. Raises Unauthenticated, Forbidden or NotFound."""
        async with self._acts.doing(channel_id, account(actor)) as (act, by):
            require_moderator(by, Right.CHAT_EMOTES)
            row = await _locked(act, emote_id)
            await act.db.execute(_DELETE, [emote_id])
            await forget(self._context, row["provider"], row["key"], emote_id)
            removed = events.EmoteRemoved(channel_id=channel_id, emote_id=emote_id, code=row["code"])
            await self._note(act, removed, "chat.emote_removed", actor, emote_id, {"code": row["code"]})
            if row["state"] == "approved":
                await self._changed(act, "removed", emote_id, row["code"], by)
        self.book.forget(channel_id)

    async def decide(self, emote_id: UUID, actor: Actor, *, approve: bool, reason: str = "") -> None:
        """Let an emote be used that waits, or not and say why. Raises Forbidden, NotFound, Conflict or Invalid."""
        _require_operator(actor)
        if len(reason) > LONGEST_REASON:
            raise Invalid(f"Use at most {LONGEST_REASON} characters.", field="reason")
        rows = await self._context.db.fetch(_ONE, [emote_id])
        if not rows:
            raise NotFound("There is no such emote; its channel may have taken it away.")
        channel_id, state = rows[0]["channel_id"], "approved" if approve else "denied"
        async with self._acts.doing(channel_id, account(actor)) as (act, by):
            row = await _locked(act, emote_id)
            if row["state"] != "pending":
                raise Conflict("This emote does not wait any more: somebody else has decided.")
            await act.db.execute(_DECIDE, [emote_id, state, by.user_id, act.now, reason.strip()])
            decided = events.EmoteDecided(channel_id=channel_id, emote_id=emote_id, code=row["code"], approved=approve)
            detail = {"code": row["code"], "reason": reason.strip()}
            await self._note(act, decided, f"chat.emote_{state}", actor, emote_id, detail)
            if approve:
                await self._changed(act, "added", emote_id, row["code"], by)
            else:
                await forget(self._context, row["provider"], row["key"], emote_id)
        self.book.forget(channel_id)

    async def _changed(self, act: Act, change: str, emote_id: UUID, code: str, by: Standing) -> None:
        """All pages and processes hear that the emotes of the channel are others now."""
        act.tell("emotes", {"change": change, "id": str(emote_id), "code": code, "by": by.name})
        await self.book.tell(act.channel_id)

    async def _note(
        self, act: Act, event: Event, action: str, actor: Actor, emote_id: UUID, detail: Mapping[str, Any]
    ) -> None:
        subject, channel_id = f"emote:{emote_id}", act.channel_id
        await record(event, subject=subject, actor=actor.user_id, channel=channel_id)
        await self._context.domain.audit.write(
            action, actor=actor, subject=subject, channel_id=channel_id, detail=detail
        )

    async def _check_room(self, channel_id: UUID, code: str) -> None:
        rows = await self._context.db.fetch(_TAKEN, [channel_id, code.lower()])
        if rows[0]["count"] >= self.most:
            raise Conflict(f"A channel has at most {self.most} emotes: delete one first.", field="code")

    def _storage(self) -> StorageProvider:
        storage = self._context.providers.storage()
        if storage is None or not self.takes_pictures:
            raise Unavailable(
                "This site keeps no pictures: its storage is switched off or can't show them.", field="picture"
            )
        return storage

    async def _sees(self, channel_id: UUID, actor: Actor) -> bool:
        return actor.user_id is not None and await self.may(channel_id, actor)

    async def _require(self, channel_id: UUID, actor: Actor) -> Standing:
        user_id, now = account(actor), self._context.clock.now()
        found = (await standings(self._context.db, channel_id, [user_id], now)).get(user_id)
        return require_moderator(found, Right.CHAT_EMOTES)


def check_code(code: str) -> None:
    """Raises Invalid about `code`."""
    if not CODE.fullmatch(code):
        raise Invalid("A code has 2 to 24 letters (a to z) and digits, without colons.", field="code")


def _taken(code: str) -> Conflict:
    return Conflict(f"There is an emote :{code}: already: delete it first, or choose another code.", field="code")


def _require_operator(actor: Actor) -> None:
    if not actor.is_operator:
        raise Forbidden("Only operators of this site decide about emotes.")


async def _locked(act: Act, emote_id: UUID) -> Mapping[str, Any]:
    rows = await act.db.fetch(_LOCKED, [emote_id, act.channel_id])
    if not rows:
        raise NotFound("There is no such emote in this channel.")
    return rows[0]


def _address(storage: StorageProvider, key: str) -> str | None:
    if StorageCap.PUBLIC_URL in storage.capabilities:
        return storage.public_url(key)
    return storage.presign_get(key, ttl=SIGNED_FOR) if StorageCap.PRESIGN_GET in storage.capabilities else None
