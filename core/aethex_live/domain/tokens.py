"""Personal API tokens: programs act in somebody's name, as far as the token's scopes go."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.actor import Actor
from aethex_live.domain.names import check_line
from aethex_live.domain.sessions import actor_of
from aethex_live.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from aethex_live.events import record
from aethex_live.events.types import ApiTokenMade, ApiTokenRevoked
from aethex_live.ids import uuid7
from aethex_live.jobs import Schedule
from aethex_live.models import ApiToken, User
from aethex_live.scopes import Scope, check_scopes

if TYPE_CHECKING:
    from aethex_live.clock import Clock
    from aethex_live.control import Control
    from aethex_live.db import Database
    from aethex_live.domain.audit import Audit

PREFIX = "aex_"
HINT = len(PREFIX) + 6
MOST_TOKENS = 50
LONGEST_DAYS = 366
USED_EVERY = timedelta(minutes=1)
EXPIRED_EVERY = timedelta(minutes=1)
# how long an identified token is believed without the database; revoking drops it at once
REMEMBERED_S = 10.0
MOST_REMEMBERED = 20_000
_FORM = re.compile(r"aex_[A-Za-z0-9_-]{43}")
_UNKNOWN = "This token is unknown or was revoked. Make a new one in your account settings."
_EXPIRED = "This token has expired. Make a new one in your account settings."


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A token as it is shown once: `secret` is stored nowhere."""

    row: ApiToken
    secret: str


@dataclass(frozen=True, slots=True)
class _Known:
    until: float
    expires_at: datetime | None
    actor: Actor


def hash_of(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


class Tokens:
    """Makes, recognises and revokes tokens."""

    def __init__(self, db: Database, clock: Clock, control: Control, audit: Audit) -> None:
        self._db = db
        self._clock = clock
        self._control = control
        self._audit = audit
        self._remembered: dict[str, _Known] = {}

    async def make(
        self, actor: Actor, name: str, scopes: Iterable[str], *, days: int | None, bot: User | None = None
    ) -> MadeToken:
        """Make a token for the account that asks, or for its `bot`; `days` until it expires, None: never.

        Raises Invalid about `name`, `scopes` or `days`, Conflict above 50 tokens, Forbidden for a token.
        """
        if actor.user_id is None or actor.by_token:
            raise Forbidden("A token can't make tokens: sign in with a browser.")
        label = check_line(name, field="name", most=50, least=1)
        chosen = check_scopes(scopes)
        if Scope.OPERATE in chosen and not actor.is_operator:
            raise Invalid("Only operators of this site can give a token this scope.", field="scopes")
        if days is not None and not 1 <= days <= LONGEST_DAYS:
            raise Invalid(f"Choose 1 to {LONGEST_DAYS} days, or no end.", field="days")
        user_id = bot.id if bot else actor.user_id
        if await ApiToken.filter(user_id=user_id).count() >= MOST_TOKENS:
            raise Conflict(f"An account has at most {MOST_TOKENS} tokens; revoke one first.")
        return await self._store(actor, user_id, label, chosen, days)

    async def _store(
        self, actor: Actor, user_id: UUID, name: str, scopes: Sequence[Scope], days: int | None
    ) -> MadeToken:
        secret = PREFIX + secrets.token_urlsafe(32)
        expires = self._clock.now() + timedelta(days=days) if days else None
        async with self._db.transaction():
            row = await ApiToken.create(
                id=uuid7(),
                user_id=user_id,
                name=name,
                hint=secret[:HINT],
                token_hash=hash_of(secret),
                scopes=[scope.value for scope in scopes],
                expires_at=expires,
            )
            made = ApiTokenMade(user_id=user_id, token_id=row.id, scopes=[scope.value for scope in scopes])
            await record(made, subject=f"user:{user_id}", actor=actor.user_id)
            await self._audit.write(
                "token.made",
                actor=actor,
                subject=f"token:{row.id}",
                detail={"name": name, "hint": row.hint, "scopes": list(row.scopes)},
            )
        return MadeToken(row, secret)

    async def of(self, user_id: UUID) -> Sequence[ApiToken]:
        """The tokens of an account, newest first."""
        return await ApiToken.filter(user_id=user_id).order_by("-created_at", "-id").limit(MOST_TOKENS)

    async def revoke(self, actor: Actor, token_id: UUID, *, bot: User | None = None) -> None:
        """End a token of the actor, or of its `bot`, everywhere. Raises NotFound, also for tokens of others."""
        async with self._db.transaction():
            row = await ApiToken.get_or_none(id=token_id, user_id=bot.id if bot else actor.user_id)
            if row is None or actor.user_id is None:
                raise NotFound("You have no such token, or it was revoked already.")
            await row.delete()
            await record(
                ApiTokenRevoked(user_id=row.user_id, token_id=token_id),
                subject=f"user:{row.user_id}",
                actor=actor.user_id,
            )
            await self._audit.write(
                "token.revoked",
                actor=actor,
                subject=f"token:{token_id}",
                detail={"name": row.name, "hint": row.hint},
            )
            # its sockets carry the token's id as their session
            await self._control.send("session.closed", {"session_id": str(token_id)})
        self.forget(session_id=token_id)

    def schedules(self) -> list[Schedule]:
        """What ends sockets of tokens whose time is over."""
        return [Schedule("core.expired_tokens", EXPIRED_EVERY, self.close_expired)]

    async def close_expired(self) -> None:
        """Close the sockets of tokens that expired lately, in every process; requests are refused by the time alone."""
        now = self._clock.now()
        found = await ApiToken.filter(expires_at__lte=now, expires_at__gt=now - 3 * EXPIRED_EVERY).values_list(
            "id", flat=True
        )
        for token_id in found:
            await self._control.send("session.closed", {"session_id": str(token_id)})

    async def identify(self, token: str) -> Actor:
        """The actor of a token. Raises Unauthenticated with the reason for one that does not hold."""
        if not _FORM.fullmatch(token):
            raise Unauthenticated(_UNKNOWN, code="token-unknown")
        key, now = hash_of(token), self._clock.now()
        known = self._remembered.get(key)
        if known is None or known.until <= self._clock.monotonic():
            known = await self._look_up(key)
        if known.expires_at is not None and known.expires_at <= now:
            self._remembered.pop(key, None)
            raise Unauthenticated(_EXPIRED, code="token-expired")
        return known.actor

    async def _look_up(self, key: str) -> _Known:
        row = await ApiToken.filter(token_hash=key).select_related("user", "user__bot_of").first()
        if row is None or not _acts(row.user):
            self._remembered.pop(key, None)
            raise Unauthenticated(_UNKNOWN, code="token-unknown")
        await self._used(row)
        found = _Known(self._clock.monotonic() + REMEMBERED_S, row.expires_at, token_actor(row))
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.pop(next(iter(self._remembered)))
        self._remembered[key] = found
        return found

    async def _used(self, row: ApiToken) -> None:
        now = self._clock.now()
        if row.expires_at is not None and row.expires_at <= now:
            return
        if row.used_at is None or now - row.used_at >= USED_EVERY:
            await ApiToken.filter(id=row.id).update(used_at=now)

    def forget(self, *, session_id: UUID | None = None, user_id: UUID | None = None) -> None:
        """Drop what this process remembers; called by the control channel in every process."""
        gone = [
            key
            for key, known in self._remembered.items()
            if (session_id and known.actor.session_id == session_id) or (user_id and known.actor.user_id == user_id)
        ]
        for key in gone:
            self._remembered.pop(key, None)


def _acts(user: User) -> bool:
    """Whether an account may act; a bot may only while the person who answers for it may."""
    return user.state == "active" and (user.bot_of_id is None or (user.bot_of is not None and _acts(user.bot_of)))


def token_actor(row: ApiToken) -> Actor:
    """The actor that a token is: its maker, cut down to the token's scopes."""
    scopes = frozenset(Scope(name) for name in row.scopes if name in set(Scope))
    person = actor_of(row.user, row.id)
    role = person.role if Scope.OPERATE in scopes else "member"
    return replace(person, scopes=scopes, role=role)
