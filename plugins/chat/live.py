"""Chat on the socket: the class of its topics, and what pages send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import Field

from aethex_live.realtime import Call, SocketEvent, TopicClass
from aethex_live.scopes import Scope

from . import appeals, held
from .acts_live import ActHandlers
from .api_models import ModesIn
from .blocks import MINE, my_topic
from .command_acts import Answered
from .held import Held
from .manner_events import MannerHandlers
from .modes import Modes
from .sequence import NOW, OWN, PREFIX, channel_of
from .socket_forms import ACCOUNT, MODERATOR, MOST_REASON, MOST_TEXT, Data, Found

if TYPE_CHECKING:
    from aethex_live.actor import Actor

    from .service import Chat
    from .standing import Restricted


class Send(Data):
    """A message; the same `client_id` again is the same message."""

    text: str = Field(max_length=MOST_TEXT)
    reply_to: UUID | None = None
    client_id: str = Field(min_length=1, max_length=36)


class Delete(Data):
    """Remove a line."""

    line: UUID


class Person(Data):
    """Do something about a person."""

    user: UUID


class Ban(Person):
    """Shut somebody out until it is lifted, or until `seconds` are over."""

    reason: str = Field("", max_length=MOST_REASON)
    seconds: int | None = None


class TimeOut(Person):
    """Shut somebody out for `seconds`."""

    reason: str = Field("", max_length=MOST_REASON)
    seconds: int


class Decide(Data):
    """Let a message through that waits, or do not."""

    held: UUID
    approve: bool


class SetModes(ModesIn):
    """Let these modes hold; what is left out is off."""

    channel: UUID


def topic_classes(chat: Chat) -> list[TopicClass]:
    """The chats, for moderators without the delay; what waits for whom; and everybody's own choices."""
    return [
        TopicClass(prefix=PREFIX, kind="chat", missed=chat.missed, head=chat.head, scope=Scope.CHAT_READ),
        TopicClass(prefix=NOW, kind="chat", missed=chat.missed, head=chat.head, scope=Scope.CHAT_READ),
        TopicClass(prefix=held.PREFIX, kind="volatile", scope=Scope.CHAT_READ),
        TopicClass(prefix=OWN, kind="volatile", scope=Scope.CHAT_READ),
        TopicClass(prefix=MINE, kind="volatile", scope=Scope.CHAT_READ),
        TopicClass(prefix=appeals.PREFIX, kind="volatile", scope=Scope.CHAT_READ),
    ]


async def may_subscribe(chat: Chat, topic: str, actor: Actor) -> bool | None:
    """Everyone hears the chat of every channel, public or unlisted; None for topics of others."""
    if topic.startswith(f"{NOW}:"):
        return actor.signed_in and await chat.may_hear_now(topic, actor)
    if topic.startswith((f"{held.PREFIX}:", f"{OWN}:")):
        return actor.signed_in and await chat.held.may_hear(topic, actor)
    if topic.startswith(f"{appeals.PREFIX}:"):
        return actor.signed_in and await chat.appeals.may_hear(topic, actor)
    if topic.startswith(f"{MINE}:"):
        return actor.user_id is not None and topic == my_topic(actor.user_id)
    if not topic.startswith(f"{PREFIX}:"):
        return None
    channel_id = channel_of(topic)
    return channel_id is not None and await chat.exists(channel_id)


class Handlers:
    """Answers what pages send; a Refusal becomes the problem in the acknowledgement."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def events(self) -> list[SocketEvent]:
        """The events, each with its form and who may send it."""
        found: list[Found] = [
            ("send", Send, self._send, ACCOUNT, Scope.CHAT_WRITE),
            ("delete", Delete, self._delete, ACCOUNT, Scope.MODERATE),
            ("timeout", TimeOut, self._time_out, MODERATOR, Scope.MODERATE),
            ("ban", Ban, self._ban, MODERATOR, Scope.MODERATE),
            ("lift", Person, self._lift, MODERATOR, Scope.MODERATE),
            ("modes", SetModes, self._modes, MODERATOR, Scope.MODERATE),
            ("decide", Decide, self._decide, MODERATOR, Scope.MODERATE),
            ("block", Person, self._block, ACCOUNT, Scope.ACCOUNT_WRITE),
            ("unblock", Person, self._unblock, ACCOUNT, Scope.ACCOUNT_WRITE),
        ]
        return [
            SocketEvent(name=f"chat.{name}", model=model, handler=handler, access=access, scope=scope)
            for name, model, handler, access, scope in (
                *found,
                *ActHandlers(self._chat).found(),
                *MannerHandlers(self._chat).found(),
            )
        ]

    async def _send(self, call: Call) -> Mapping[str, object]:
        data: Send = call.data
        stored = await self._chat.send(
            data.channel, call.actor, data.text, client_id=data.client_id, reply_to=data.reply_to
        )
        if isinstance(stored, Answered):
            return {"answer": stored.text, "client_id": data.client_id}
        if isinstance(stored, Held):
            return {"id": str(stored.id), "held": True, "client_id": data.client_id}
        return {"id": str(stored.id), "seq": stored.seq, "at": stored.at, "client_id": data.client_id}

    async def _delete(self, call: Call) -> None:
        data: Delete = call.data
        await self._chat.moderation.delete(data.channel, data.line, call.actor)

    async def _time_out(self, call: Call) -> Mapping[str, object]:
        data: TimeOut = call.data
        made = await self._chat.moderation.time_out(
            data.channel, data.user, call.actor, seconds=data.seconds, reason=data.reason
        )
        return _answer(made)

    async def _ban(self, call: Call) -> Mapping[str, object]:
        data: Ban = call.data
        made = await self._chat.moderation.ban(
            data.channel, data.user, call.actor, seconds=data.seconds, reason=data.reason
        )
        return _answer(made)

    async def _lift(self, call: Call) -> None:
        data: Person = call.data
        await self._chat.moderation.lift(data.channel, data.user, call.actor)

    async def _decide(self, call: Call) -> None:
        data: Decide = call.data
        await self._chat.held.decide(data.channel, data.held, call.actor, approve=data.approve)

    async def _block(self, call: Call) -> None:
        data: Person = call.data
        await self._chat.blocks.block(call.actor, data.user)

    async def _unblock(self, call: Call) -> None:
        data: Person = call.data
        await self._chat.blocks.unblock(call.actor, data.user)

    async def _modes(self, call: Call) -> Mapping[str, object]:
        data: SetModes = call.data
        modes = Modes(**data.model_dump(exclude={"channel"}))
        return (await self._chat.mode_acts.change(data.channel, call.actor, modes)).as_json()


def _answer(made: Restricted) -> Mapping[str, object]:
    return {"kind": made.kind, "until": made.until, "reason": made.reason}
