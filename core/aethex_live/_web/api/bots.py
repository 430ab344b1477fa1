"""API of bots: making, listing and removing them, and their tokens; never with a token itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint
from quart_schema import tag, validate_request, validate_response

from aethex_live._web.api.accounts import user_id
from aethex_live._web.api.models import Body
from aethex_live._web.api.tokens import TokenMade, TokenNew, TokenOut, token_out
from aethex_live.models import ApiToken, User
from aethex_live.web import Access, allow, current_actor, limit, platform, require_proof
from aethex_live.web.access import CLOSED
from aethex_live.web.api import Done, refuses

blueprint = Blueprint("api_bots", __name__, url_prefix="/api/v1/me/bots")


class BotNew(Body):
    """A bot to be made."""

    username: str = Field(min_length=1, max_length=64)
    name: str = Field(default="", max_length=200, description="shown beside its messages; empty: the user name")


class BotOut(BaseModel):
    """A bot; `state` is "active", or "banned" when operators closed it."""

    id: UUID
    username: str
    name: str
    state: str
    created_at: datetime
    tokens: list[TokenOut]


class BotList(BaseModel):
    """The bots that the account answers for, oldest first."""

    items: list[BotOut]


@blueprint.get("")
@tag(["bots"])
@allow(Access.SIGNED_IN, scope=CLOSED)
@validate_response(BotList)
@refuses(401, 403)
async def mine() -> BotList:
    """The bots of the account that asks, with their tokens."""
    bots = await platform().domain.bots.of(user_id(current_actor()))
    tokens = await platform().domain.bots.tokens_of(bots)
    return BotList(items=[bot_out(bot, tokens) for bot in bots])


@blueprint.post("")
@tag(["bots"])
@allow(Access.SIGNED_IN, scope=CLOSED)
@validate_request(BotNew)
@validate_response(BotOut, 201)
@refuses(401, 403, 409, 422, 429)
async def make(data: BotNew) -> tuple[BotOut, Literal[201]]:
    """Make a bot; needs a confirmed address, a channel, or a channel that one moderates. At most five."""
    await limit("bot", 20, timedelta(hours=1))
    return bot_out(await platform().domain.bots.make(current_actor(), data.username, data.name), ()), 201


@blueprint.delete("/<uuid:bot_id>")
@tag(["bots"])
@allow(Access.SIGNED_IN, scope=CLOSED)
@validate_response(Done)
@refuses(401, 403, 404)
async def remove(bot_id: UUID) -> Done:
    """Remove a bot for good: its sockets close, its name is free; what it wrote stays."""
    await platform().domain.bots.remove(current_actor(), bot_id)
    return Done()


@blueprint.post("/<uuid:bot_id>/tokens")
@tag(["bots"])
@allow(Access.SIGNED_IN, scope=CLOSED)
@validate_request(TokenNew)
@validate_response(TokenMade, 201)
@refuses(401, 403, 404, 409, 422, 429)
async def give_token(bot_id: UUID, data: TokenNew) -> tuple[TokenMade, Literal[201]]:
    """Make a token for a bot with scopes out of read, chat:write and moderate; needs a recent proof, as for others."""
    await limit("token", 20, timedelta(hours=1))
    await require_proof()
    bots = platform().domain.bots
    made = await bots.give_token(current_actor(), bot_id, data.name, data.scopes, days=data.days)
    return TokenMade(**token_out(made.row).model_dump(), token=made.secret), 201


@blueprint.delete("/<uuid:bot_id>/tokens/<uuid:token_id>")
@tag(["bots"])
@allow(Access.SIGNED_IN, scope=CLOSED)
@validate_response(Done)
@refuses(401, 403, 404)
async def take_token(bot_id: UUID, token_id: UUID) -> Done:
    """Revoke a bot's token: its sockets close at once, in every process."""
    await platform().domain.bots.take_token(current_actor(), bot_id, token_id)
    return Done()


def bot_out(bot: User, tokens: Sequence[ApiToken]) -> BotOut:
    """A bot as its person sees it; `tokens` may be those of several."""
    return BotOut(
        id=bot.id,
        username=bot.username,
        name=bot.display_name,
        state=bot.state,
        created_at=bot.created_at,
        tokens=[token_out(token) for token in tokens if token.user_id == bot.id],
    )
