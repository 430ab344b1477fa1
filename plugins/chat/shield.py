"""Shield mode: one press turns a chosen set of modes on, and another brings back what held before."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from aethex_live.domain.rights import Right
from aethex_live.ids import uuid7

from . import events
from .moderation import account
from .modes import Modes, check_modes, modes_of
from .standing import require_moderator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aethex_live.actor import Actor
    from aethex_live.db import Database

    from .acts import Act, Acts, Ledger
    from .mode_acts import ModeActs
    from .standing import Standing

DEFAULT = Modes(slow_s=30, links="refuse", min_age_minutes=24 * 60, verified_only=True, hold_newcomers=True)
_STRICT = ("allow", "hold", "refuse")

_READ = """
select s.preset, s.before, s.since, b.display_name as by_name
from chat_shield s left join core_user b on b.id = s.by where s.channel_id = $1
"""
_CHOOSE = """
insert into chat_shield (id, channel_id, preset) values ($1, $2, $3)
on conflict (channel_id) do update set preset = excluded.preset
"""
_TURN = """
insert into chat_shield (id, channel_id, before, by, since) values ($1, $2, $3, $4, $5)
on conflict (channel_id) do update set before = excluded.before, by = excluded.by, since = excluded.since
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shield:
    """What the shield mode of a channel would turn on, and since when it is on (None: it is off)."""

    preset: Modes = DEFAULT
    before: Modes | None = None
    since: datetime | None = None
    by: str = ""

    @property
    def on(self) -> bool:
        """Whether it holds."""
        return self.since is not None


async def shield_of(db: Database, channel_id: UUID) -> Shield:
    """The shield mode of a channel; one that nobody touched is off, with the default modes."""
    rows = await db.fetch(_READ, [channel_id])
    if not rows:
        return Shield()
    row = rows[0]
    return Shield(
        preset=_modes(row["preset"]) or DEFAULT,
        before=_modes(row["before"]),
        since=row["since"],
        by=row["by_name"] or "",
    )


def _modes(stored: Mapping[str, Any] | None) -> Modes | None:
    """Modes as they were stored, maybe by a version that knew other ones."""
    if stored is None:
        return None
    known = {field.name for field in fields(Modes)}
    return Modes(**{name: value for name, value in stored.items() if name in known})


def stricter(one: Modes, other: Modes) -> Modes:
    """What holds back everything that either holds back: a shield never loosens what holds already."""
    ours, theirs = asdict(one), asdict(other)
    return Modes(**{name: _stricter(ours[name], theirs[name]) for name in ours})


def _stricter(one: Any, other: Any) -> Any:
    if one in _STRICT and other in _STRICT:
        return max(one, other, key=_STRICT.index)
    if one is None or other is None:
        return one if other is None else other
    return max(one, other)


class ShieldActs:
    """What moderators with the right to change modes do with the shield."""

    def __init__(self, acts: Acts, ledger: Ledger, modes: ModeActs) -> None:
        self._acts = acts
        self._ledger = ledger
        self._modes = modes

    async def turn(self, channel_id: UUID, actor: Actor, *, on: bool) -> Shield:
        """Turn it on or off; a second time changes nothing. Raises Unauthenticated, Forbidden or NotFound."""
        async with self._acts.doing(channel_id, account(actor)) as (act, by):
            require_moderator(by, Right.CHAT_MODES)
            shield = await shield_of(act.db, channel_id)
            if shield.on != on:
                await (self._raise(act, actor, by, shield) if on else self._lower(act, actor, by, shield))
                act.tell("shield", {"on": on, "by": by.name})
                event = events.ShieldTurned(channel_id=channel_id, on=on)
                action = "chat.shield_on" if on else "chat.shield_off"
                await self._ledger.write(act, actor, action, event, subject=f"channel:{channel_id}", detail={})
            return await shield_of(act.db, channel_id)

    async def _raise(self, act: Act, actor: Actor, by: Standing, shield: Shield) -> None:
        before = await modes_of(act.db, act.channel_id)
        await act.db.execute(_TURN, [uuid7(), act.channel_id, asdict(before), by.user_id, act.now])
        await self._modes.change_within(act, actor, by, stricter(before, shield.preset))

    async def _lower(self, act: Act, actor: Actor, by: Standing, shield: Shield) -> None:
        await act.db.execute(_TURN, [uuid7(), act.channel_id, None, None, None])
        await self._modes.change_within(act, actor, by, shield.before or Modes())

    async def choose(self, channel_id: UUID, actor: Actor, preset: Modes) -> Modes:
        """Choose what it turns on the next time. Raises Unauthenticated, Forbidden, NotFound or Invalid."""
        check_modes(preset)
        async with self._acts.doing(channel_id, account(actor)) as (act, by):
            require_moderator(by, Right.CHAT_MODES)
            before = asdict((await shield_of(act.db, channel_id)).preset)
            after = asdict(preset)
            changed = {name: [old, after[name]] for name, old in before.items() if old != after[name]}
            if changed:
                await act.db.execute(_CHOOSE, [uuid7(), channel_id, after])
                event = events.ShieldChosen(channel_id=channel_id)
                subject = f"channel:{channel_id}"
                await self._ledger.write(act, actor, "chat.shield_modes", event, subject=subject, detail=changed)
        return preset
