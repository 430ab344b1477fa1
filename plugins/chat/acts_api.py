"""The JSON API of moderators' acts, below /api/v1/channels/<slug>/chat, beside the one of api.py."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from quart import Blueprint
from quart_schema import tag, validate_querystring, validate_request, validate_response

from aethex_live.scopes import Scope
from aethex_live.web import Access, allow, current_actor, current_channel
from aethex_live.web.api import Done, page_of, refuses

from .acts_models import (
    AnswerIn,
    AppealIn,
    CommandList,
    CommandOut,
    Made,
    NoteIn,
    OwnAppeal,
    RecordOut,
    Removed,
    ShieldIn,
    ShieldOut,
    WaitingList,
    WaitingOut,
    WarningIn,
    command_out,
    own_out,
    record_out,
    shield_out,
    waiting_out,
)
from .api_models import HeldQuery, ModesIn, ModesOut
from .modes import Modes

if TYPE_CHECKING:
    from .service import Chat


class ActsApi:
    """The views; the same service as the pages'."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def blueprint(self) -> Blueprint:
        """All routes."""
        made = Blueprint("chat_acts_api", __name__, url_prefix="/api/v1/channels/<slug>/chat")
        made.delete("/messages")(self.clear)
        made.get("/people/<uuid:user_id>")(self.record)
        made.delete("/people/<uuid:user_id>/messages")(self.clear_person)
        made.post("/people/<uuid:user_id>/notes")(self.write)
        made.delete("/notes/<uuid:note_id>")(self.erase)
        made.post("/warnings")(self.warn)
        made.post("/warnings/<uuid:warning_id>/acknowledge")(self.acknowledge)
        made.get("/appeals")(self.appeals)
        made.post("/appeals")(self.ask)
        made.get("/appeals/mine")(self.own_appeal)
        made.post("/appeals/<uuid:appeal_id>")(self.answer)
        made.get("/shield")(self.shield)
        made.put("/shield")(self.turn)
        made.put("/shield/modes")(self.choose)
        made.get("/commands")(self.commands)
        return made

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    @validate_response(Removed)
    @refuses(401, 403, 404)
    async def clear(self, slug: str) -> Removed:
        """Remove all messages of the chat."""
        return Removed(removed=await self._chat.clearing.everybody(current_channel().id, current_actor()))

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    @validate_response(Removed)
    @refuses(401, 403, 404)
    async def clear_person(self, slug: str, user_id: UUID) -> Removed:
        """Remove all messages of a person."""
        return Removed(removed=await self._chat.clearing.person(current_channel().id, user_id, current_actor()))

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR)
    @validate_response(RecordOut)
    @refuses(401, 403, 404)
    async def record(self, slug: str, user_id: UUID) -> RecordOut:
        """What moderators read of a person: messages, notes, what was done."""
        return record_out(await self._chat.history.of(current_channel().id, user_id, current_actor()))

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    @validate_request(NoteIn)
    @validate_response(Made, 201)
    @refuses(401, 403, 404, 409, 422)
    async def write(self, slug: str, user_id: UUID, data: NoteIn) -> tuple[Made, int]:
        """Write a note about a person, for the moderators of the channel alone."""
        return Made(id=await self._chat.notes.write(current_channel().id, user_id, current_actor(), data.text)), 201

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    @validate_response(Done)
    @refuses(401, 403, 404)
    async def erase(self, slug: str, note_id: UUID) -> Done:
        """Delete a note of one's own; the owner of the channel may delete all."""
        await self._chat.notes.delete(current_channel().id, note_id, current_actor())
        return Done()

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    @validate_request(WarningIn)
    @validate_response(Made, 201)
    @refuses(401, 403, 404, 409, 422)
    async def warn(self, slug: str, data: WarningIn) -> tuple[Made, int]:
        """Warn a person, who writes again when they have acknowledged it."""
        made = await self._chat.warnings.warn(current_channel().id, data.user, current_actor(), reason=data.reason)
        return Made(id=made), 201

    @tag(["chat"])
    @allow(Access.CHANNEL_MEMBER, scope=Scope.CHAT_WRITE)
    @validate_response(Done)
    @refuses(401, 403, 404)
    async def acknowledge(self, slug: str, warning_id: UUID) -> Done:
        """Say that one understands a warning; `warning` of /me has its id."""
        await self._chat.warnings.acknowledge(current_channel().id, warning_id, current_actor())
        return Done()

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR)
    @validate_querystring(HeldQuery)
    @validate_response(WaitingList)
    @refuses(401, 403, 404)
    async def appeals(self, slug: str, query_args: HeldQuery) -> WaitingList:
        """Requests to be let in again that wait, oldest first."""
        limit = query_args.limit
        found = await self._chat.appeals.waiting(
            current_channel().id, current_actor(), after=query_args.after, limit=limit + 1
        )
        rows, cursor = page_of(found, limit, lambda row: row.id)
        items: list[WaitingOut] = [waiting_out(row) for row in rows]
        return WaitingList(items=items, next=UUID(cursor) if cursor else None)

    @tag(["chat"])
    @allow(Access.CHANNEL_MEMBER, scope=Scope.CHAT_WRITE)
    @validate_request(AppealIn)
    @validate_response(Made, 201)
    @refuses(401, 403, 404, 409, 422, 429)
    async def ask(self, slug: str, data: AppealIn) -> tuple[Made, int]:
        """Ask to be let in again: one request at a time, and none for a week after a denial."""
        return Made(id=await self._chat.appeals.ask(current_channel().id, current_actor(), data.text)), 201

    @tag(["chat"])
    @allow(Access.CHANNEL_MEMBER)
    @validate_response(OwnAppeal)
    @refuses(401, 404)
    async def own_appeal(self, slug: str) -> OwnAppeal:
        """What became of one's last request."""
        return own_out(await self._chat.appeals.last(current_channel().id, current_actor()))

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    @validate_request(AnswerIn)
    @validate_response(Done)
    @refuses(401, 403, 404, 422)
    async def answer(self, slug: str, appeal_id: UUID, data: AnswerIn) -> Done:
        """Let somebody in again who asked for it, or do not."""
        await self._chat.appeals.decide(
            current_channel().id, appeal_id, current_actor(), approve=data.approve, answer=data.answer
        )
        return Done()

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR)
    @validate_response(ShieldOut)
    @refuses(401, 403, 404)
    async def shield(self, slug: str) -> ShieldOut:
        """Whether shield mode is on, and what it turns on."""
        return shield_out(await self._chat.shield(current_channel().id))

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    @validate_request(ShieldIn)
    @validate_response(ShieldOut)
    @refuses(401, 403, 404, 422)
    async def turn(self, slug: str, data: ShieldIn) -> ShieldOut:
        """Turn shield mode on, or off: then the modes hold again that held before."""
        return shield_out(await self._chat.shield_acts.turn(current_channel().id, current_actor(), on=data.on))

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    @validate_request(ModesIn)
    @validate_response(ModesOut)
    @refuses(401, 403, 404, 422)
    async def choose(self, slug: str, data: ModesIn) -> ModesOut:
        """Choose what shield mode turns on the next time."""
        chosen = await self._chat.shield_acts.choose(current_channel().id, current_actor(), Modes(**data.model_dump()))
        return ModesOut(**chosen.as_json())

    @tag(["chat"])
    @allow(Access.CHANNEL_MEMBER, scope=Scope.CHAT_READ)
    @validate_response(CommandList)
    @refuses(401, 404)
    async def commands(self, slug: str) -> CommandList:
        """The slash commands that the account that asks may use here."""
        offered = await self._chat.commands.offered(current_channel().id, current_actor())
        items: list[CommandOut] = [command_out(command) for command in offered]
        return CommandList(items=items)
