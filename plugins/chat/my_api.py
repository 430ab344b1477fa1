"""The JSON API of what somebody chose for their chats, below /api/v1/chat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint
from quart_schema import tag, validate_querystring, validate_request, validate_response

from aethex_live.scopes import Scope
from aethex_live.web import Access, allow, current_actor
from aethex_live.web.api import Done, PageQuery, page_of, refuses

from .moderation import account
from .preferences import Look

if TYPE_CHECKING:
    from .service import Chat


class BlockedOut(BaseModel):
    """Somebody whom the account that asks has blocked."""

    user: UUID
    username: str
    name: str
    since: datetime


class BlockedList(BaseModel):
    """A part of the list, newest first."""

    items: Sequence[BlockedOut]
    next: UUID | None = Field(default=None, description="give it as `before` for the next page; null: that was all")


class MyApi:
    """The views; the same services as the pages'."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def blueprint(self) -> Blueprint:
        """All routes."""
        made = Blueprint("chat_my_api", __name__, url_prefix="/api/v1/chat")
        made.get("/blocks")(self.blocks)
        made.put("/blocks/<uuid:user_id>")(self.block)
        made.delete("/blocks/<uuid:user_id>")(self.unblock)
        made.get("/look")(self.look)
        made.put("/look")(self.choose)
        return made

    @tag(["chat"])
    @allow(Access.SIGNED_IN, scope=Scope.CHAT_READ)
    @validate_querystring(PageQuery)
    @validate_response(BlockedList)
    @refuses(401)
    async def blocks(self, query_args: PageQuery) -> BlockedList:
        """Whom the account that asks has blocked: pages show nothing of them, in any chat."""
        limit = query_args.limit
        found = await self._chat.blocks.list(current_actor(), before=query_args.before, limit=limit + 1)
        rows, cursor = page_of(found, limit, lambda row: row.id)
        items = [BlockedOut(user=row.user_id, username=row.username, name=row.name, since=row.since) for row in rows]
        return BlockedList(items=items, next=UUID(cursor) if cursor else None)

    @tag(["chat"])
    @allow(Access.SIGNED_IN, scope=Scope.ACCOUNT_WRITE)
    @validate_response(Done)
    @refuses(401, 404, 409, 422)
    async def block(self, user_id: UUID) -> Done:
        """Read nothing of an account any more; it does not learn of it. Again it changes nothing."""
        await self._chat.blocks.block(current_actor(), user_id)
        return Done()

    @tag(["chat"])
    @allow(Access.SIGNED_IN, scope=Scope.ACCOUNT_WRITE)
    @validate_response(Done)
    @refuses(401, 404)
    async def unblock(self, user_id: UUID) -> Done:
        """Read them again."""
        await self._chat.blocks.unblock(current_actor(), user_id)
        return Done()

    @tag(["chat"])
    @allow(Access.SIGNED_IN, scope=Scope.CHAT_READ)
    @validate_response(Look)
    @refuses(401)
    async def look(self) -> Look:
        """How the account that asks likes its chats."""
        return await self._chat.looks.of(account(current_actor()))

    @tag(["chat"])
    @allow(Access.SIGNED_IN, scope=Scope.ACCOUNT_WRITE)
    @validate_request(Look)
    @validate_response(Look)
    @refuses(401, 422)
    async def choose(self, data: Look) -> Look:
        """Like them so; what is left out is as usual."""
        await self._chat.looks.choose(current_actor(), data)
        return data
