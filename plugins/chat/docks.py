"""Docks and overlays of OBS: pages of one chat that a personal API token opens, made for that and no more."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from aethex_live.errors import Forbidden, Invalid, NotFound
from aethex_live.ids import uuid7
from aethex_live.scopes import Scope

from .moderation import account
from .standing import Standing, require_moderator, standings

if TYPE_CHECKING:
    from aethex_live import PluginContext
    from aethex_live.actor import Actor

Kind = Literal["read", "write", "moderate"]
SCOPES: Mapping[Kind, tuple[Scope, ...]] = MappingProxyType(
    {
        "read": (Scope.CHAT_READ,),
        "write": (Scope.CHAT_READ, Scope.CHAT_WRITE),
        "moderate": (Scope.CHAT_READ, Scope.CHAT_WRITE, Scope.MODERATE),
    }
)
DAYS = 90  # how long a dock holds when nothing else is chosen

_INSERT = "insert into chat_dock (id, token_id, channel_id, kind) values ($1, $2, $3, $4)"
_LIST = """
select t.id, t.name, t.hint, d.kind, t.created_at, t.used_at, t.expires_at
from chat_dock d join core_api_token t on t.id = d.token_id
where d.channel_id = $1 and t.user_id = $2
order by t.id desc
"""
_OPENS = "select kind from chat_dock where token_id = $1 and channel_id = $2"


@dataclass(frozen=True, slots=True, kw_only=True)
class DockRow:
    """A dock of somebody; `id` is that of its token, `used_at` is None before its first use."""

    id: UUID
    name: str
    hint: str
    kind: Kind
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None
    expired: bool


class Docks:
    """Makes and opens docks; each is a token of its maker, who finds it among their API tokens, too."""

    def __init__(self, context: PluginContext) -> None:
        self._context = context

    async def make(self, channel_id: UUID, actor: Actor, name: str, kind: str, days: int) -> str:
        """Make a dock of the chat; the answer is the token, which is shown this once.

        Raises Forbidden for who doesn't moderate, Invalid about `kind`, and what the core says of tokens.
        """
        scopes = next((scopes for known, scopes in SCOPES.items() if known == kind), None)
        if scopes is None:
            raise Invalid("Choose what the dock may do from the list.", field="kind")
        async with self._context.db.transaction():
            require_moderator(await self._standing(channel_id, account(actor)))
            made = await self._context.domain.tokens.make(actor, name, scopes, days=days)
            await self._context.db.execute(_INSERT, [uuid7(), made.row.id, channel_id, kind])
        return made.secret

    async def of(self, channel_id: UUID, actor: Actor) -> list[DockRow]:
        """The actor's docks of this chat, the newest first."""
        now = self._context.clock.now()
        rows = await self._context.db.fetch(_LIST, [channel_id, account(actor)])
        return [DockRow(**row, expired=row["expires_at"] is not None and row["expires_at"] <= now) for row in rows]

    async def revoke(self, channel_id: UUID, actor: Actor, dock_id: UUID) -> None:
        """End a dock of the actor everywhere, also where it is open. Raises NotFound."""
        if not await self._context.db.fetch(_OPENS, [dock_id, channel_id]):
            raise NotFound("You have no such dock, or it was revoked already.")
        await self._context.domain.tokens.revoke(actor, dock_id)

    async def open(self, channel_id: UUID, token: str) -> Actor:
        """Who a dock acts for.

        Raises Unauthenticated for a token that doesn't hold, Forbidden for one of another use.
        """
        actor = await self._context.domain.tokens.identify(token)
        if not await self._context.db.fetch(_OPENS, [actor.session_id, channel_id]):
            raise Forbidden("This address was made for another chat.", code="dock-other-chat")
        require_moderator(await self._standing(channel_id, account(actor)))
        return actor

    async def _standing(self, channel_id: UUID, user_id: UUID) -> Standing | None:
        return (await standings(self._context.db, channel_id, [user_id], self._context.clock.now())).get(user_id)


def as_allowed(standing: Standing | None, actor: Actor) -> Standing | None:
    """What a page shows of somebody's powers: where a token asks, only those that it was made for."""
    if standing is None or not actor.by_token or actor.has_scope(Scope.MODERATE):
        return standing
    if not actor.has_scope(Scope.CHAT_WRITE):
        return None
    return dataclasses.replace(standing, role="member", rights=frozenset())
