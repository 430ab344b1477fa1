"""What moderators read of a person: the account's age, their last messages, notes about them, what was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.errors import Forbidden, NotFound

from . import lines, records
from .notes import NoteRow, notes_about
from .standing import may_act, require_moderator, standings
from .warning_acts import OpenWarning, open_warning

if TYPE_CHECKING:
    from aethex_live import PluginContext
    from aethex_live.actor import Actor

    from .lines import Entry
    from .records import ActRow
    from .standing import Standing

LINES = 50
ACTS = 50

_BORN = "select created_at from core_user where id = $1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All of it, the newest first. `lines` has what was removed, too."""

    created_at: datetime
    lines: Sequence[Entry]
    notes: Sequence[NoteRow]
    acts: Sequence[ActRow]
    warning: OpenWarning | None


class History:
    """Reads records of people. Moderators don't read what is written about themselves or their equals."""

    def __init__(self, context: PluginContext) -> None:
        self._context = context

    async def of(self, channel_id: UUID, user_id: UUID, actor: Actor) -> Record:
        """The record of a person in a channel. Raises Forbidden or NotFound."""
        db, now = self._context.db, self._context.clock.now()
        wanted = [user_id] if actor.user_id is None else [user_id, actor.user_id]
        found = await standings(db, channel_id, wanted, now)
        me = require_moderator(found.get(actor.user_id) if actor.user_id else None)
        if user_id not in found:
            raise NotFound("There is no such account.", field="user")
        if not may_read(me, found[user_id]):
            raise Forbidden(f"What is known about {found[user_id].name} is for those who may act on them.")
        return await self._read(channel_id, user_id)

    async def _read(self, channel_id: UUID, user_id: UUID) -> Record:
        db = self._context.db
        return Record(
            created_at=(await db.fetch(_BORN, [user_id]))[0]["created_at"],
            lines=await lines.of_person(db, channel_id, user_id, LINES),
            notes=await notes_about(db, channel_id, user_id),
            acts=await records.acts(db, channel_id, about=user_id, limit=ACTS),
            warning=await open_warning(db, channel_id, user_id),
        )


def may_read(me: Standing | None, target: Standing) -> bool:
    """Whether somebody may read the record of a person: who may act on them."""
    return may_act(me, target)
