"""What the engine and the rest of the platform say to one another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol
from uuid import UUID

from pydantic import BaseModel

TopicKind = Literal["log", "chat", "volatile"]

# an event with this access is open to guests; every other value needs a signed-in account
PUBLIC = "public"


class Actor(Protocol):
    """Who is at the other end; guests have no user."""

    @property
    def user_id(self) -> UUID | None:
        """The account, or None for a guest."""
        ...

    @property
    def session_id(self) -> UUID | None:
        """The session that a logout ends, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a client showed when it connected; header names are lower case, `auth` is what CONNECT carried."""

    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    auth: object
    address: str


class Message(NamedTuple):
    """A stored message of a topic."""

    seq: int
    name: str
    data: Mapping[str, object]


class Position(NamedTuple):
    """Where a topic stands: its newest number, and the epoch that changes when the store was restored."""

    seq: int
    epoch: str


Missed = Callable[[str, int, int], Awaitable[list[Message] | None]]
Head = Callable[[str], Awaitable[Position]]
Presence = Callable[[str, Any, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicClass:
    """A class of topics `<prefix>:<id>`.

    `chat`: numbers without gaps, put in order here. `log`: numbers that only grow, already in order.
    `volatile`: no numbers, the last value of a tick wins, nothing is repeated.

    `missed(topic, after, limit)` answers the stored messages after a number, oldest first, at most `limit`;
    None when they are gone. `head(topic)` answers where the topic stands. `volatile` needs neither.
    `on_join` and `on_leave` get (topic, actor, connection id) and must not wait: they only note it.
    `scope` is what a personal API token needs to hear it.
    """

    prefix: str
    kind: TopicKind
    missed: Missed | None = None
    head: Head | None = None
    on_join: Presence | None = None
    on_leave: Presence | None = None
    scope: str = "read"

    def __post_init__(self) -> None:
        if self.kind != "volatile" and (self.missed is None or self.head is None):
            raise ValueError(f"topic class '{self.prefix}' is of kind {self.kind}: give it `missed` and `head`")


@dataclass(frozen=True, slots=True)
class Call:
    """An event of a client on its way to the handler; `data` is the validated model."""

    actor: Any
    data: Any
    connection_id: str


Handler = Callable[[Call], Awaitable[Mapping[str, object] | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketEvent:
    """What a client may send: its name, the form of its data, who may, and what answers it.

    The mapping that `handler` returns becomes the acknowledgement, with `ok: true` added. `access` is
    "public" or says in a few words who may; all but "public" needs an account, finer rules are the handler's.
    `scope` is what a personal API token needs to send it, "" takes it from no token.
    """

    name: str
    model: type[BaseModel]
    handler: Handler
    access: str
    scope: str = ""
