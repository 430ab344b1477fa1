"""The JSON API of emotes: those of a channel below its chat, what waits for operators at /api/v1/chat/emotes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint, request
from quart_schema import tag, validate_querystring, validate_request, validate_response

from aethex_live.scopes import Scope
from aethex_live.web import Access, allow, current_actor, current_channel, limit
from aethex_live.web.api import Done, page_of, refuses

from .api_models import Body, HeldQuery
from .emote_pictures import SIZES, check_size
from .emote_views import UPLOADS, WINDOW

if TYPE_CHECKING:
    from .emotes import EmoteItem, Emotes


class EmoteOut(BaseModel):
    """An emote that may be used, with the addresses of its pictures by their side in pixels."""

    id: UUID
    code: str = Field(description="what stands between the colons; case does not matter")
    animated: bool
    images: dict[str, str]


class EmoteList(BaseModel):
    """The emotes of a channel."""

    items: list[EmoteOut]


class EmoteItemOut(EmoteOut):
    """An emote as owner, moderators and operators see it; `size` in bytes of all its files."""

    channel: str
    state: Literal["pending", "approved", "denied"]
    size: int
    by: str | None
    at: datetime
    reason: str


class EmoteItems(BaseModel):
    """Emotes in all their states."""

    items: list[EmoteItemOut]
    next: UUID | None = Field(default=None, description="give it as `after` for the next page; null: that was all")


class UploadQuery(BaseModel):
    """What the new emote is called."""

    code: str = Field(max_length=200, description="2 to 24 letters (a to z) and digits")


class EmoteDecision(Body):
    """Whether an emote may be used that waits, and why not."""

    approve: bool
    reason: str = Field(default="", max_length=1000)


class EmoteApi:
    """The views; the same service as the pages'."""

    def __init__(self, emotes: Emotes) -> None:
        self._emotes = emotes

    def blueprint(self) -> Blueprint:
        """All routes."""
        made = Blueprint("chat_emotes_api", __name__, url_prefix="/api/v1")
        made.get("/channels/<slug>/chat/emotes")(self.usable)
        made.post("/channels/<slug>/chat/emotes")(self.upload)
        made.get("/channels/<slug>/chat/emotes/all")(self.every)
        made.delete("/channels/<slug>/chat/emotes/<uuid:emote_id>")(self.delete)
        made.get("/chat/emotes")(self.waiting)
        made.post("/chat/emotes/<uuid:emote_id>")(self.decide)
        return made

    @tag(["chat"])
    @allow(Access.CHANNEL, scope=Scope.CHAT_READ)
    @validate_response(EmoteList)
    @refuses(404)
    async def usable(self, slug: str) -> EmoteList:
        """The emotes that may be used in the chat of a channel."""
        known = await self._emotes.book.of(current_channel().id)
        return EmoteList(
            items=[
                EmoteOut(id=emote.id, code=emote.code, animated=emote.animated, images=images(emote.id))
                for emote in known.values()
            ]
        )

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    @validate_querystring(UploadQuery)
    @validate_response(EmoteItemOut, 201)
    @refuses(401, 403, 404, 409, 413, 422, 429, 503)
    async def upload(self, slug: str, query_args: UploadQuery) -> tuple[EmoteItemOut, int]:
        """Add an emote. The body is the file itself: PNG, JPEG, WebP or GIF, 1 MB at most."""
        await limit("chat.emotes", UPLOADS, WINDOW)
        check_size(request.content_length or 0)
        data = await request.get_data(cache=False, as_text=False, parse_form_data=False)
        made = await self._emotes.upload(current_channel().id, current_actor(), query_args.code, data)
        return item_out(made), 201

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR)
    @validate_response(EmoteItems)
    @refuses(401, 403, 404)
    async def every(self, slug: str) -> EmoteItems:
        """All emotes of a channel, also those that wait or were denied."""
        rows = await self._emotes.all_of(current_channel().id, current_actor())
        return EmoteItems(items=[item_out(row) for row in rows])

    @tag(["chat"])
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    @validate_response(Done)
    @refuses(401, 403, 404)
    async def delete(self, slug: str, emote_id: UUID) -> Done:
        """Take an emote away; messages keep its code as text."""
        await self._emotes.delete(current_channel().id, emote_id, current_actor())
        return Done()

    @tag(["chat"])
    @allow(Access.OPERATOR)
    @validate_querystring(HeldQuery)
    @validate_response(EmoteItems)
    @refuses(401, 403, 422)
    async def waiting(self, query_args: HeldQuery) -> EmoteItems:
        """Emotes of all channels that wait for an operator, oldest first."""
        limit_ = query_args.limit
        found = await self._emotes.waiting(current_actor(), after=query_args.after, limit=limit_ + 1)
        rows, cursor = page_of(found, limit_, lambda row: row.id)
        return EmoteItems(items=[item_out(row) for row in rows], next=UUID(cursor) if cursor else None)

    @tag(["chat"])
    @allow(Access.OPERATOR, scope=Scope.OPERATE)
    @validate_request(EmoteDecision)
    @validate_response(Done)
    @refuses(401, 403, 404, 409, 422)
    async def decide(self, emote_id: UUID, data: EmoteDecision) -> Done:
        """Let an emote be used that waits, or not."""
        await self._emotes.decide(emote_id, current_actor(), approve=data.approve, reason=data.reason)
        return Done()


def images(emote_id: UUID) -> dict[str, str]:
    """The addresses of an emote's pictures by size."""
    return {str(size): f"/p/chat/emotes/{emote_id}/{size}.webp" for size in SIZES}


def item_out(row: EmoteItem) -> EmoteItemOut:
    """An emote as those see it who look after it; of a denied one no picture is left."""
    return EmoteItemOut.model_validate(
        {
            "id": row.id,
            "code": row.code,
            "animated": row.animated,
            "images": {} if row.state == "denied" else images(row.id),
            "channel": row.slug,
            "state": row.state,
            "size": row.size,
            "by": row.by_username,
            "at": row.created_at,
            "reason": row.reason,
        }
    )
