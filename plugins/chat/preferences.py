"""How somebody likes their chats: kept with the account, for guests in a cookie, so that the first paint is right."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from aethex_live.ids import uuid7

from .blocks import my_topic
from .moderation import account

if TYPE_CHECKING:
    from aethex_live.actor import Actor
    from aethex_live.db import Database
    from aethex_live.realtime import Realtime

COOKIE = "chat-look"

_READ = "select look from chat_look where user_id = $1"
_WRITE = """
insert into chat_look (id, user_id, look) values ($1, $2, $3)
on conflict (user_id) do update set look = excluded.look
"""


class Look(BaseModel):
    """The choices; the first of each is the default.

    `times`: the hour beside each message. `removed`: what moderators see of removed messages. `aloud`: what screen
    readers say of new messages. `sound`: a tone when somebody names me. `pause`: the log waits while pointed at.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    times: Literal["off", "24", "12"] = "off"
    density: Literal["comfortable", "compact"] = "comfortable"
    size: Literal["normal", "large", "largest"] = "normal"
    names: Literal["coloured", "plain"] = "coloured"
    removed: Literal["text", "note"] = "text"
    aloud: Literal["mentions", "off", "all"] = "mentions"
    sound: Literal["off", "on"] = "off"
    pause: Literal["on", "off"] = "on"

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Look:
        """What was kept, perhaps by another version: choices that are not there any more are left out."""
        return cls(**{name: values[name] for name, fits in _FITS.items() if name in values and fits(values[name])})

    @classmethod
    def of_cookie(cls, text: str) -> Look:
        """What a browser kept: `times-24.size-large`."""
        pairs = (part.partition("-") for part in text[:200].split("."))
        return cls.of({name: value for name, _, value in pairs})

    def as_cookie(self) -> str:
        """What is not as everybody has it, for a cookie."""
        return ".".join(f"{name}-{value}" for name, value in self.model_dump(exclude_defaults=True).items())


class _Fits:
    """Whether a value is among the choices of a field."""

    def __init__(self, annotation: Any) -> None:
        self._adapter: TypeAdapter[Any] = TypeAdapter(annotation)

    def __call__(self, value: object) -> bool:
        try:
            self._adapter.validate_python(value)
        except ValidationError:
            return False
        return True


_FITS: Mapping[str, _Fits] = {name: _Fits(field.annotation) for name, field in Look.model_fields.items()}
USUAL = Look()


def hour(moment: datetime, times: str) -> str:
    """The hour of a message, 21:46 or 9:46 PM, in UTC until the page's module knows the reader's time zone."""
    return moment.strftime("%-I:%M %p" if times == "12" else "%H:%M")


class Looks:
    """What accounts chose."""

    def __init__(self, db: Database, realtime: Realtime) -> None:
        self._db = db
        self._realtime = realtime

    async def of(self, user_id: UUID) -> Look:
        """The choices of an account."""
        rows = await self._db.fetch(_READ, [user_id])
        return Look.of(rows[0]["look"]) if rows else USUAL

    async def choose(self, actor: Actor, look: Look) -> None:
        """Keep the actor's choices, and tell their other pages. Raises Unauthenticated."""
        me = account(actor)
        await self._db.execute(_WRITE, [uuid7(), me, look.model_dump(exclude_defaults=True)])
        self._realtime.publish(my_topic(me), "look", look.model_dump())
