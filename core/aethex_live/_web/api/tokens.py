"""API of personal API tokens: making, listing and revoking them; never with a token itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint
from quart_schema import tag, validate_request, validate_response

from aethex_live._web.api.accounts import user_id
from aethex_live._web.api.models import Body
from aethex_live.models import ApiToken
from aethex_live.scopes import SENTENCES, Scope
from aethex_live.web import Access, allow, current_actor, limit, platform, require_proof
from aethex_live.web.access import CLOSED
from aethex_live.web.api import Done, refuses

blueprint = Blueprint("api_tokens", __name__, url_prefix="/api/v1")


class TokenNew(Body):
    """A token to be made."""

    name: str = Field(min_length=1, max_length=50)
    scopes: list[Scope] = Field(min_length=1, max_length=len(Scope))
    days: int | None = Field(default=None, ge=1, le=366, description="days until it expires; null: never")


class TokenOut(BaseModel):
    """A token, without what it is shown by."""

    id: UUID
    name: str
    hint: str = Field(description="its first characters")
    scopes: list[str]
    created_at: datetime
    used_at: datetime | None = Field(description="last use, to the minute")
    expires_at: datetime | None


class TokenMade(TokenOut):
    """A new token; `token` is shown this once and stored nowhere."""

    token: str


class TokenList(BaseModel):
    """The account's tokens, newest first."""

    items: list[TokenOut]


class ScopeOut(BaseModel):
    """A scope and what it allows."""

    name: Scope
    sentence: str


class ScopeList(BaseModel):
    """All scopes."""

    items: list[ScopeOut]


@blueprint.get("/scopes")
@tag(["tokens"])
@allow(Access.PUBLIC)
@validate_response(ScopeList)
async def scopes() -> ScopeList:
    """What tokens can be made for, each with a sentence."""
    return ScopeList(items=[ScopeOut(name=scope, sentence=text) for scope, text in SENTENCES.items()])


@blueprint.get("/me/tokens")
@tag(["tokens"])
@allow(Access.SIGNED_IN, scope=CLOSED)
@validate_response(TokenList)
@refuses(401, 403)
async def mine() -> TokenList:
    """The tokens of the account that asks."""
    rows = await platform().domain.tokens.of(user_id(current_actor()))
    return TokenList(items=[token_out(row) for row in rows])


@blueprint.post("/me/tokens")
@tag(["tokens"])
@allow(Access.SIGNED_IN, scope=CLOSED)
@validate_request(TokenNew)
@validate_response(TokenMade, 201)
@refuses(401, 403, 409, 422, 429)
async def make(data: TokenNew) -> tuple[TokenMade, Literal[201]]:
    """Make a token; needs a proof of who one is that is not older than 15 minutes."""
    await limit("token", 20, timedelta(hours=1))
    await require_proof()
    made = await platform().domain.tokens.make(current_actor(), data.name, data.scopes, days=data.days)
    return TokenMade(**token_out(made.row).model_dump(), token=made.secret), 201


@blueprint.delete("/me/tokens/<uuid:token_id>")
@tag(["tokens"])
@allow(Access.SIGNED_IN, scope=CLOSED)
@validate_response(Done)
@refuses(401, 403, 404)
async def revoke(token_id: UUID) -> Done:
    """Revoke a token: programs that use it are refused at once, and their sockets close."""
    await platform().domain.tokens.revoke(current_actor(), token_id)
    return Done()


def token_out(row: ApiToken) -> TokenOut:
    """A token as its maker sees it."""
    return TokenOut(
        id=row.id,
        name=row.name,
        hint=row.hint,
        scopes=[str(scope) for scope in row.scopes],
        created_at=row.created_at,
        used_at=row.used_at,
        expires_at=row.expires_at,
    )
