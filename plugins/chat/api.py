"""The JSON API of chat, below /api/v1/channels/<slug>/chat."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from quart import Blueprint
from quart_schema import tag, validate_querystring, validate_request, validate_response

from aethex_live.errors import Unauthenticated
from aethex_live.scopes import Scope
from aethex_live.web import Access, allow, current_actor, current_channel
from aethex_live.web.api import Done, PageQuery, page_of, refuses

from .api_models import (
    ActOut,
    Acts,
    AnswerOut,
    DecideIn,
    HeldList,
    HeldOut,
    HeldPlace,
    HeldQuery,
    LogQuery,
    MeOut,
    MessageIn,
    MessageOut,
    MessagePlace,
    MessageQuery,
    Messages,
    ModesIn,
    ModesOut,
    RestrictionIn,
    RestrictionOut,
    Restrictions,
    act_out,
    held_out,
    message_out,
    person_out,
    restriction_out,
)
from .command_acts import Answered
from .held import Held
from .modes import Modes

if TYPE_CHECKING:
    from .service import Chat


class ChatApi:
    """The views; the same service as the pages'."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def blueprint(self) -> Blueprint:
        """All routes."""
        made = Blueprint("chat_api", __name__, url_prefix="/api/v1/channels/<slug>/chat")
        made.get("/messages")(self.messages)
        made.post("/messages")(self.send)
        made.delete("/messages/<uuid:message_id>")(self.delete)
        made.get("/me")(self.me)
        made.get("/restrictions")(self.restrictions)
        made.post("/restrictions")(self.restrict)
        made.delete("/restrictions/<uuid:user_id>")(self.lift)
        made.get("/log")(self.log)
        made.get("/held")(self.held)
        made.post("/held/<uuid:held_id>")(self.decide)
        made.get("/modes")(self.modes)
        made.put("/modes")(self.set_modes)
        return made

    @tag(["chat"])
    @allow(Access.CHANNEL, scope=Scope.CHAT_READ)
    @validate_querystring(MessageQuery)
    @validate_response(Messages)
    @refuses(404, 422)
    async def messages(self, slug: str, query_args: MessageQuery) -> Messages:
        """What was said, newest first; moderators also get removed messages."""
        actor, channel = current_actor(), current_channel()
        found = await self._chat.messages(channel.id, actor, before=query_args.before, limit=query_args.limit + 1)
        rows, cursor = page_of(found[::-1], query_args.limit, lambda entry: entry.seq)
        items: list[MessageOut] = [message_out(entry) for entry in rows]
        return Messages(items=items, next=int(cursor) if cursor else None)

    @tag(["chat"])
    @allow(Access.CHANNEL_MEMBER, scope=Scope.CHAT_WRITE)
    @validate_request(MessageIn)
    @validate_response(AnswerOut, 200)
    @validate_response(MessagePlace, 201)
    @validate_response(HeldPlace, 202)
    @refuses(401, 403, 404, 422, 429, 503)
    async def send(self, slug: str, data: MessageIn) -> tuple[MessagePlace | HeldPlace | AnswerOut, int]:
        """Say something. Sent again with the same `client_id` it is the same message and answer.

        202: a moderator has to look at it first; it is said when they let it through. 200: the text began with a
        slash and was a command; it is not said in the chat, and this is its answer (`//` begins a message that does).
        """
        stored = await self._chat.send(
            current_channel().id, current_actor(), data.text, client_id=data.client_id, reply_to=data.reply_to
        )
        if isinstance(stored, Answered):
            return AnswerOut(answer=stored.text), 200
        if isinstance(stored, Held):
            return HeldPlace(id=stored.id), 202
        return MessagePlace(id=stored.id, seq=stored.seq, at=stored.at), 201

    @tag(["chat"])
    @allow(Access.CHANNEL_MEMBER, scope=Scope.MODERATE)
    @validate_response(Done)
    @refuses(401, 403, 404)
    async def delete(self, slug: str, message_id: UUID) -> Done:
        """Remove a message: one's own, or as a moderator."""
        await self._chat.moderation.delete(current_channel().id, message_id, current_actor())
        return Done()

    @tag(["chat"])
    @allow(Access.CHANNEL_MEMBER, scope=Scope.CHAT_READ)
    @validate_response(MeOut)
    @refuses(401, 404)
    async def me(self, slug: str) -> MeOut:
        """What the account that asks is in this chat, whether it is shut out, and what else keeps it from writing."""
        channel = current_channel()
        standing = await self._chat.standing(channel.id, current_actor())
        if standing is None:
            raise Unauthenticated("Sign in first.")
        barrier = await self._chat.barrier(channel.id, standing)
        return person_out(standing, await self._chat.warning(channel.id, standing), barrier)

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR)
    @validate_querystring(PageQuery)
    @validate_response(Restrictions)
    @refuses(401, 403, 404)
    async def restrictions(self, slug: str, query_args: PageQuery) -> Restrictions:
        """Who is timed out or banned, the newest first."""
        limit = query_args.limit
        found = await self._chat.shut_out(
            current_channel().id, current_actor(), before=query_args.before, limit=limit + 1
        )
        rows, cursor = page_of(found, limit, lambda row: row.id)
        items: list[RestrictionOut] = [restriction_out(row) for row in rows]
        return Restrictions(items=items, next=UUID(cursor) if cursor else None)

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    @validate_request(RestrictionIn)
    @validate_response(MeOut, 201)
    @refuses(401, 403, 404, 409, 422)
    async def restrict(self, slug: str, data: RestrictionIn) -> tuple[MeOut, int]:
        """Time somebody out for `seconds`, or ban them: for good when `seconds` is null."""
        channel, actor, moderation = current_channel(), current_actor(), self._chat.moderation
        if data.seconds is None or data.kind == "ban":
            await moderation.ban(channel.id, data.user, actor, seconds=data.seconds, reason=data.reason)
        else:
            await moderation.time_out(channel.id, data.user, actor, seconds=data.seconds, reason=data.reason)
        return person_out(await self._chat.standing_of(channel.id, data.user)), 201

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    @validate_response(Done)
    @refuses(401, 403, 404, 409)
    async def lift(self, slug: str, user_id: UUID) -> Done:
        """End the timeout or ban of an account."""
        await self._chat.moderation.lift(current_channel().id, user_id, current_actor())
        return Done()

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR)
    @validate_querystring(HeldQuery)
    @validate_response(HeldList)
    @refuses(401, 403, 404)
    async def held(self, slug: str, query_args: HeldQuery) -> HeldList:
        """What waits for a moderator, oldest first."""
        limit = query_args.limit
        found = await self._chat.held.waiting(
            current_channel().id, current_actor(), after=query_args.after, limit=limit + 1
        )
        rows, cursor = page_of(found, limit, lambda row: row.id)
        items: list[HeldOut] = [held_out(row) for row in rows]
        return HeldList(items=items, next=UUID(cursor) if cursor else None)

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    @validate_request(DecideIn)
    @validate_response(Done)
    @refuses(401, 403, 404, 409, 422)
    async def decide(self, slug: str, held_id: UUID, data: DecideIn) -> Done:
        """Let a message through that waits, or do not."""
        await self._chat.held.decide(current_channel().id, held_id, current_actor(), approve=data.approve)
        return Done()

    @tag(["chat"])
    @allow(Access.CHANNEL)
    @validate_response(ModesOut)
    @refuses(404)
    async def modes(self, slug: str) -> ModesOut:
        """How often, what and who may write, with the sentences that pages show."""
        return ModesOut(**(await self._chat.modes(current_channel().id)).as_json())

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    @validate_request(ModesIn)
    @validate_response(ModesOut)
    @refuses(401, 403, 404, 422)
    async def set_modes(self, slug: str, data: ModesIn) -> ModesOut:
        """Let these modes hold from now on; what is left out is off."""
        modes = Modes(**data.model_dump())
        return ModesOut(**(await self._chat.mode_acts.change(current_channel().id, current_actor(), modes)).as_json())

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR)
    @validate_querystring(LogQuery)
    @validate_response(Acts)
    @refuses(401, 403, 404)
    async def log(self, slug: str, query_args: LogQuery) -> Acts:
        """What moderators did, the newest first: all, of one kind, or by and about one person."""
        limit = query_args.limit
        found = await self._chat.log(
            current_channel().id,
            current_actor(),
            before=query_args.before,
            limit=limit + 1,
            action=query_args.action,
            person=query_args.person,
        )
        rows, cursor = page_of(found, limit, lambda row: row.id)
        items: list[ActOut] = [act_out(row) for row in rows]
        return Acts(items=items, next=UUID(cursor) if cursor else None)
