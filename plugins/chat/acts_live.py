"""Acts of moderators on the socket, beside those of live.py, and what the people concerned answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import Field

from aethex_live.scopes import Scope

from .api_models import ModesIn
from .modes import Modes
from .socket_forms import ACCOUNT, MODERATOR, MOST_TEXT, Data, Found

if TYPE_CHECKING:
    from aethex_live.realtime import Call

    from .service import Chat


class Clear(Data):
    """Remove all messages of a person, or (null) of everybody."""

    user: UUID | None = None


class Warn(Data):
    """Warn a person, who has to acknowledge it before they write again."""

    user: UUID
    reason: str = Field(max_length=MOST_TEXT)


class Acknowledge(Data):
    """Say that one understands a warning."""

    warning: UUID


class Ask(Data):
    """Ask to be let in again."""

    text: str = Field(max_length=MOST_TEXT)


class Answer(Data):
    """Let somebody in again who asked for it, or do not."""

    appeal: UUID
    approve: bool
    answer: str = Field("", max_length=MOST_TEXT)


class Write(Data):
    """Write a note about a person, for moderators alone."""

    user: UUID
    text: str = Field(max_length=MOST_TEXT)


class Erase(Data):
    """Delete a note."""

    note: UUID


class Turn(Data):
    """Turn shield mode on or off."""

    on: bool


class Choose(ModesIn):
    """Choose the modes of shield mode, as with `chat.modes`."""

    channel: UUID


class ActHandlers:
    """Answers what pages send; a Refusal becomes the problem in the acknowledgement."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def found(self) -> list[Found]:
        """What pages may send, with its handlers."""
        return [
            ("clear", Clear, self._clear, MODERATOR, Scope.MODERATE),
            ("warn", Warn, self._warn, MODERATOR, Scope.MODERATE),
            ("acknowledge", Acknowledge, self._acknowledge, ACCOUNT, Scope.CHAT_WRITE),
            ("appeal", Ask, self._ask, ACCOUNT, Scope.CHAT_WRITE),
            ("answer", Answer, self._answer, MODERATOR, Scope.MODERATE),
            ("note", Write, self._write, MODERATOR, Scope.MODERATE),
            ("unnote", Erase, self._erase, MODERATOR, Scope.MODERATE),
            ("shield", Turn, self._turn, MODERATOR, Scope.MODERATE),
            ("shield_modes", Choose, self._choose, MODERATOR, Scope.MODERATE),
        ]

    async def _clear(self, call: Call) -> Mapping[str, object]:
        data: Clear = call.data
        clearing = self._chat.clearing
        if data.user is None:
            return {"removed": await clearing.everybody(data.channel, call.actor)}
        return {"removed": await clearing.person(data.channel, data.user, call.actor)}

    async def _warn(self, call: Call) -> Mapping[str, object]:
        data: Warn = call.data
        made = await self._chat.warnings.warn(data.channel, data.user, call.actor, reason=data.reason)
        return {"id": str(made)}

    async def _acknowledge(self, call: Call) -> None:
        data: Acknowledge = call.data
        await self._chat.warnings.acknowledge(data.channel, data.warning, call.actor)

    async def _ask(self, call: Call) -> Mapping[str, object]:
        data: Ask = call.data
        return {"id": str(await self._chat.appeals.ask(data.channel, call.actor, data.text))}

    async def _answer(self, call: Call) -> None:
        data: Answer = call.data
        await self._chat.appeals.decide(data.channel, data.appeal, call.actor, approve=data.approve, answer=data.answer)

    async def _write(self, call: Call) -> Mapping[str, object]:
        data: Write = call.data
        return {"id": str(await self._chat.notes.write(data.channel, data.user, call.actor, data.text))}

    async def _erase(self, call: Call) -> None:
        data: Erase = call.data
        await self._chat.notes.delete(data.channel, data.note, call.actor)

    async def _turn(self, call: Call) -> Mapping[str, object]:
        data: Turn = call.data
        return {"on": (await self._chat.shield_acts.turn(data.channel, call.actor, on=data.on)).on}

    async def _choose(self, call: Call) -> Mapping[str, object]:
        data: Choose = call.data
        preset = Modes(**data.model_dump(exclude={"channel"}))
        return (await self._chat.shield_acts.choose(data.channel, call.actor, preset)).as_json()
