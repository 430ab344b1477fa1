"""What chat keeps of people whose account is deleted: their words stay, their name does not."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.events import Consumer, Recorded
from aethex_live.events.types import UserDeleted

if TYPE_CHECKING:
    from aethex_live.db import Database

NAME = "Deleted person"
_LINES = "update chat_line set author_id = null, author_name = $2 where author_id = $1"
_ACTS = """
update chat_line set act = jsonb_set(act, '{data,name}', to_jsonb($2::text))
where kind = 'act' and act->'data'->>'user' = $1 and act->'data' ? 'name'
"""
_DEEDS = """
update chat_line set act = jsonb_set(act, '{data,by}', to_jsonb($2::text))
where kind = 'act' and author_id = $1 and act->'data' ? 'by'
"""
_EMOTES = "update chat_emote set created_by = null where created_by = $1"
_SHUT_OUT = "delete from chat_restriction where user_id = $1"
_PIN_ACTS = """
update chat_line set act = jsonb_set(act, '{data,pin,name}', to_jsonb($2::text))
where kind = 'act' and act->'data'->'pin'->>'user' = $1
"""
_PIN_DEEDS = """
update chat_line set act = jsonb_set(act, '{data,pin,by}', to_jsonb($2::text))
where kind = 'act' and author_id = $1 and act->'data' ? 'pin'
"""
_PINNED = "update chat_pin set author = null, author_name = $2 where author = $1"
_PINNED_BY = "update chat_pin set by = null, by_name = $2 where by = $1"
_ACCEPTED = "delete from chat_rules_accepted where user_id = $1"
_WARNED = "delete from chat_warning where user_id = $1"
_NOTED = "delete from chat_note where user_id = $1"
_NOTES = "update chat_note set author_id = null, author_name = $2 where author_id = $1"
_APPEALS = "delete from chat_appeal where user_id = $1"
_BLOCKS = "delete from chat_block where user_id = $1 or blocked_id = $1"
_LOOK = "delete from chat_look where user_id = $1"
_HELD = "delete from chat_held where author_id = $1"


def departed_people(db: Database) -> Consumer:
    """The reader that takes names out, also of accounts that were deleted while the plugin was off."""

    async def handle(recorded: Recorded) -> None:
        user_id = UUID(str(recorded.payload["user_id"]))
        async with db.transaction():
            # deeds first: they are found by their author
            await db.execute(_DEEDS, [user_id, NAME])
            await db.execute(_PIN_DEEDS, [user_id, NAME])
            await db.execute(_PIN_ACTS, [str(user_id), NAME])
            await db.execute(_LINES, [user_id, NAME])
            await db.execute(_ACTS, [str(user_id), NAME])
            await db.execute(_EMOTES, [user_id])
            await db.execute(_NOTES, [user_id, NAME])
            for gone in (_SHUT_OUT, _HELD, _WARNED, _NOTED, _APPEALS, _BLOCKS, _LOOK):
                await db.execute(gone, [user_id])
            await db.execute(_PINNED, [user_id, NAME])
            await db.execute(_PINNED_BY, [user_id, NAME])
            await db.execute(_ACCEPTED, [user_id])

    return Consumer("chat.departed_people", handle, catch_up=True, types=frozenset({UserDeleted.type}))
