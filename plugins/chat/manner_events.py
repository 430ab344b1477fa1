"""What pages send about rules, pins and announcements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from pydantic import Field

from aethex_live.realtime import Call
from aethex_live.scopes import Scope

from .held import Held
from .socket_forms import ACCOUNT, MODERATOR, MOST_TEXT, Data, Found

if TYPE_CHECKING:
    from .service import Chat


class AcceptRules(Data):
    """Accept this version of the rules."""

    version: int = Field(ge=0, lt=2**31)


class SetRules(Data):
    """Let these rules hold; with `ask_again` everybody accepts them anew."""

    text: str = Field("", max_length=MOST_TEXT)
    ask_again: bool = False


class PinIn(Data):
    """Pin the message `line`, or `text` when there is none; for `seconds`, 0: until it is taken away."""

    line: UUID | None = None
    text: str = Field("", max_length=MOST_TEXT)
    seconds: int = 0


class Unpin(Data):
    """Take away what stands above the chat."""


class Announce(Data):
    """A message that stands out; the same `client_id` again is the same message."""

    text: str = Field(max_length=MOST_TEXT)
    accent: Literal["note", "good", "warn"] = "note"
    client_id: str = Field(min_length=1, max_length=36)


class MannerHandlers:
    """Answers them."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def found(self) -> list[Found]:
        """What pages may send, with its handlers."""
        return [
            ("accept_rules", AcceptRules, self._accept, ACCOUNT, Scope.CHAT_WRITE),
            ("rules", SetRules, self._rules, MODERATOR, Scope.MODERATE),
            ("pin", PinIn, self._pin, MODERATOR, Scope.MODERATE),
            ("unpin", Unpin, self._unpin, MODERATOR, Scope.MODERATE),
            ("announce", Announce, self._announce, MODERATOR, Scope.MODERATE),
        ]

    async def _accept(self, call: Call) -> None:
        data: AcceptRules = call.data
        await self._chat.rules.accept(data.channel, call.actor, data.version)

    async def _rules(self, call: Call) -> Mapping[str, object]:
        data: SetRules = call.data
        made = await self._chat.rules.change(data.channel, call.actor, data.text, ask_again=data.ask_again)
        return {"version": made.version}

    async def _pin(self, call: Call) -> Mapping[str, object]:
        data: PinIn = call.data
        made = await self._chat.pins.pin(data.channel, call.actor, line=data.line, text=data.text, seconds=data.seconds)
        return made.as_json()

    async def _unpin(self, call: Call) -> None:
        data: Unpin = call.data
        await self._chat.pins.unpin(data.channel, call.actor)

    async def _announce(self, call: Call) -> Mapping[str, object]:
        data: Announce = call.data
        stored = await self._chat.announcements.send(
            data.channel, call.actor, data.text, accent=data.accent, client_id=data.client_id
        )
        if isinstance(stored, Held):
            return {"id": str(stored.id), "held": True}
        return {"id": str(stored.id), "seq": stored.seq, "at": stored.at}
