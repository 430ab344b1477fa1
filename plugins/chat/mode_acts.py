"""Changing the modes of a chat: a row, an act in the chat's sequence, an event and an audit entry at once."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.domain.rights import Right
from aethex_live.events import record
from aethex_live.ids import uuid7

from . import events
from .moderation import account
from .modes import Modes, check_modes, modes_of
from .standing import require_moderator

if TYPE_CHECKING:
    from aethex_live.actor import Actor
    from aethex_live.domain.audit import Audit

    from .acts import Acts

_WRITE = """
insert into chat_modes (id, channel_id, slow_s, unique_only, links, min_age_minutes, verified_only, emotes_only)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (channel_id) do update set slow_s = excluded.slow_s, unique_only = excluded.unique_only,
    links = excluded.links, min_age_minutes = excluded.min_age_minutes, verified_only = excluded.verified_only,
    emotes_only = excluded.emotes_only
"""


class ModeActs:
    """What moderators with the right to it do to the modes."""

    def __init__(self, acts: Acts, audit: Audit) -> None:
        self._acts = acts
        self._audit = audit

    async def change(self, channel_id: UUID, actor: Actor, modes: Modes) -> Modes:
        """Let these modes hold from now on; all pages hear of it. The same ones again change nothing.

        Raises Unauthenticated, Forbidden, NotFound or Invalid.
        """
        check_modes(modes)
        async with self._acts.doing(channel_id, account(actor)) as (act, by):
            require_moderator(by, Right.CHAT_MODES)
            before = await modes_of(act.db, channel_id)
            if before == modes:
                return modes
            await act.db.execute(_WRITE, [uuid7(), channel_id, *asdict(modes).values()])
            act.tell("modes", {"modes": modes.as_json(), "by": by.name})
            changed = {
                name: [old, new]
                for (name, old), new in zip(asdict(before).items(), asdict(modes).values(), strict=True)
                if old != new
            }
            subject = f"channel:{channel_id}"
            event = events.ModesChanged(channel_id=channel_id, **asdict(modes))
            await record(event, subject=subject, actor=actor.user_id, channel=channel_id)
            await self._audit.write("chat.modes", actor=actor, subject=subject, channel_id=channel_id, detail=changed)
        return modes
