"""Changing the modes of a chat: a row, an act in the chat's sequence, an event and an audit entry at once."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from aethex_live.domain.rights import Right
from aethex_live.ids import uuid7

from . import events
from .moderation import account
from .modes import COLUMNS, Modes, check_modes, modes_of
from .standing import require_moderator

if TYPE_CHECKING:
    from aethex_live.actor import Actor

    from .acts import Act, Acts, Ledger
    from .entitled import Entitled
    from .standing import Standing

_WRITE = """
insert into chat_modes (id, channel_id, {names}) values ($1, $2, {places})
on conflict (channel_id) do update set {updates}
""".format(  # the names are those of the class Modes
    names=", ".join(COLUMNS),
    places=", ".join(f"${place}" for place in range(3, len(COLUMNS) + 3)),
    updates=", ".join(f"{name} = excluded.{name}" for name in COLUMNS),
)


class ModeActs:
    """What moderators with the right to it do to the modes."""

    def __init__(self, acts: Acts, ledger: Ledger, entitled: Entitled) -> None:
        self._acts = acts
        self._ledger = ledger
        self._entitled = entitled

    async def change(self, channel_id: UUID, actor: Actor, modes: Modes) -> Modes:
        """Let these modes hold from now on; all pages hear of it. The same ones again change nothing.

        Raises Unauthenticated, Forbidden, NotFound or Invalid.
        """
        check_modes(modes)
        async with self._acts.doing(channel_id, account(actor)) as (act, by):
            require_moderator(by, Right.CHAT_MODES)
            await self.change_within(act, actor, by, modes)
        return modes

    async def change_some(self, channel_id: UUID, actor: Actor, **changed: Any) -> Modes:
        """Change these modes and leave the others as they are. Raises the same."""
        async with self._acts.doing(channel_id, account(actor)) as (act, by):
            require_moderator(by, Right.CHAT_MODES)
            modes = check_modes(replace(await modes_of(act.db, channel_id), **changed))
            await self.change_within(act, actor, by, modes)
        return modes

    async def change_within(self, act: Act, actor: Actor, by: Standing, modes: Modes) -> None:
        """The same within a deed that has asked for the right already."""
        before = await modes_of(act.db, act.channel_id)
        if before == modes:
            return
        self._entitled.check_change(before, modes)
        await act.db.execute(_WRITE, [uuid7(), act.channel_id, *asdict(modes).values()])
        act.tell("modes", {"modes": modes.as_json(), "by": by.name})
        changed = {
            name: [old, new]
            for (name, old), new in zip(asdict(before).items(), asdict(modes).values(), strict=True)
            if old != new
        }
        event = events.ModesChanged(channel_id=act.channel_id, **asdict(modes))
        subject = f"channel:{act.channel_id}"
        await self._ledger.write(act, actor, "chat.modes", event, subject=subject, detail=changed)
