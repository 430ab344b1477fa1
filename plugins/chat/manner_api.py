"""The JSON API of rules, pins and announcements, below /api/v1/channels/<slug>/chat."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint
from quart_schema import tag, validate_request, validate_response

from aethex_live.errors import Conflict
from aethex_live.scopes import Scope
from aethex_live.web import Access, allow, current_actor, current_channel
from aethex_live.web.api import Done, refuses

from .api_models import Body, MessagePlace
from .held import Held

if TYPE_CHECKING:
    from .pins import Pin
    from .service import Chat


class RulesIn(Body):
    """The rules that shall hold; empty: none."""

    text: str = Field(default="", max_length=4000, description="plain text, up to 2,000 characters")
    ask_again: bool = Field(default=False, description="everybody accepts them anew, also who accepted the old ones")


class AcceptIn(Body):
    """Which version of the rules is accepted."""

    version: int = Field(ge=0, lt=2**31)


class RulesOut(BaseModel):
    """The rules of a chat; `version` 0: there never were any."""

    text: str
    version: int
    changed_at: datetime | None
    accepted: bool = Field(description="whether who asks has accepted this version")


class PinIn(Body):
    """What is to stand above the chat: a message, or words."""

    line: UUID | None = Field(default=None, description="the message; null: `text` is pinned")
    text: str = Field(default="", max_length=4000)
    seconds: int = Field(default=0, description="for how long, up to 604800 (7 days); 0: until it is taken away")


class PinOut(BaseModel):
    """What stands above the chat."""

    id: UUID
    line: UUID | None
    user: UUID | None
    text: str
    name: str
    by: str
    until: datetime | None
    at: datetime


class PinNow(BaseModel):
    """What stands above the chat; null: nothing."""

    pin: PinOut | None


class AnnounceIn(Body):
    """An announcement."""

    text: str = Field(max_length=4000)
    accent: Literal["note", "good", "warn"] = "note"
    client_id: str = Field(
        min_length=1, max_length=36, description="your own id of it; the same again is no second one"
    )


class MannerApi:
    """The views; the same services as the pages'."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def blueprint(self) -> Blueprint:
        """All routes."""
        made = Blueprint("chat_manner_api", __name__, url_prefix="/api/v1/channels/<slug>/chat")
        made.get("/rules")(self.rules)
        made.put("/rules")(self.set_rules)
        made.post("/rules/accept")(self.accept)
        made.get("/pin")(self.pin)
        made.put("/pin")(self.set_pin)
        made.delete("/pin")(self.unpin)
        made.post("/announcements")(self.announce)
        return made

    @tag(["chat"])
    @allow(Access.CHANNEL)
    @validate_response(RulesOut)
    @refuses(404)
    async def rules(self, slug: str) -> RulesOut:
        """The rules, which everybody but owner and moderators accepts before the first message."""
        found = await self._chat.rules.read(current_channel().id, current_actor())
        return RulesOut(text=found.text, version=found.version, changed_at=found.changed_at, accepted=found.accepted)

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    @validate_request(RulesIn)
    @validate_response(RulesOut)
    @refuses(401, 403, 404, 422)
    async def set_rules(self, slug: str, data: RulesIn) -> RulesOut:
        """Let these rules hold from now on."""
        made = await self._chat.rules.change(current_channel().id, current_actor(), data.text, ask_again=data.ask_again)
        return RulesOut(text=made.text, version=made.version, changed_at=made.changed_at, accepted=False)

    @tag(["chat"])
    @allow(Access.CHANNEL_MEMBER, scope=Scope.CHAT_WRITE)
    @validate_request(AcceptIn)
    @validate_response(Done)
    @refuses(401, 403, 404, 409, 422)
    async def accept(self, slug: str, data: AcceptIn) -> Done:
        """Accept the rules."""
        await self._chat.rules.accept(current_channel().id, current_actor(), data.version)
        return Done()

    @tag(["chat"])
    @allow(Access.CHANNEL)
    @validate_response(PinNow)
    @refuses(404)
    async def pin(self, slug: str) -> PinNow:
        """What stands above the chat."""
        found = await self._chat.pins.read(current_channel().id)
        return PinNow(pin=pin_out(found) if found else None)

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    @validate_request(PinIn)
    @validate_response(PinOut)
    @refuses(401, 403, 404, 422)
    async def set_pin(self, slug: str, data: PinIn) -> PinOut:
        """Pin a message or words; what was pinned before goes."""
        made = await self._chat.pins.pin(
            current_channel().id, current_actor(), line=data.line, text=data.text, seconds=data.seconds
        )
        return pin_out(made)

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    @validate_response(Done)
    @refuses(401, 403, 404, 409)
    async def unpin(self, slug: str) -> Done:
        """Take away what stands above the chat."""
        await self._chat.pins.unpin(current_channel().id, current_actor())
        return Done()

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    @validate_request(AnnounceIn)
    @validate_response(MessagePlace, 201)
    @refuses(401, 403, 404, 422, 429, 503)
    async def announce(self, slug: str, data: AnnounceIn) -> tuple[MessagePlace, int]:
        """Announce something. Sent again with the same `client_id` it is the same message and answer."""
        stored = await self._chat.announcements.send(
            current_channel().id, current_actor(), data.text, accent=data.accent, client_id=data.client_id
        )
        if isinstance(stored, Held):
            raise Conflict("This message waits for a moderator under the same client_id.")
        return MessagePlace(id=stored.id, seq=stored.seq, at=stored.at), 201


def pin_out(pin: Pin) -> PinOut:
    """What stands above the chat."""
    return PinOut(
        id=pin.id,
        line=pin.line,
        user=pin.author,
        text=pin.text,
        name=pin.author_name,
        by=pin.by_name,
        until=pin.until,
        at=pin.at,
    )
