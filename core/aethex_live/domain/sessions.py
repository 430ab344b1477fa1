"""Sessions: opaque cookies, stored hashed, revocable at once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, cast
from uuid import UUID

from tortoise.queryset import QuerySet

from aethex_live.actor import Actor, Role
from aethex_live.events import record
from aethex_live.events.types import UserSignedIn
from aethex_live.ids import uuid7
from aethex_live.models import Identity, Session, User

if TYPE_CHECKING:
    from aethex_live.clock import Clock
    from aethex_live.control import Control
    from aethex_live.db import Database
    from aethex_live.domain.provider_sessions import ProviderSessions

LIFE = timedelta(days=30)
# how long an identified cookie is believed without the database; a logout or ban drops it at once
REMEMBERED_S = 10.0
MOST_REMEMBERED = 20_000
SEEN_EVERY = timedelta(minutes=10)
# how long a proof of who one is counts for what is sensitive
PROVEN = timedelta(minutes=15)

# for every request with a cookie: the mapper's own way to these columns costs a tenth of a page
_BY_COOKIE = """select s.id as session_id, s.seen_at, s.expires_at, u.state, u.id as user_id, u.username,
       u.display_name as name, u.role, u.email_verified_at is not null as email_verified, u.terms_version as terms
  from core_session s join core_user u on u.id = s.user_id where s.token_hash = $1"""
_OF_ACTOR = ("session_id", "user_id", "username", "name", "role", "email_verified", "terms")


def hash_of(token: str) -> str:
    """What is stored of a cookie."""
    return hashlib.sha256(token.encode()).hexdigest()


class Sessions:
    """Opens, recognises and closes sessions."""

    def __init__(
        self, db: Database, clock: Clock, control: Control, at_providers: ProviderSessions | None = None
    ) -> None:
        self._db = db
        self._clock = clock
        self._control = control
        self._at_providers = at_providers
        self._remembered: dict[str, tuple[float, Actor]] = {}

    async def open(
        self,
        user: User,
        *,
        provider: str,
        user_agent: str = "",
        address: str = "",
        provider_session: str | None = None,
        proven: bool = True,
    ) -> str:
        """Open a session; returns the cookie's value, which is stored nowhere.

        `provider_session` is the provider's own id of the session, where it has one that it may end. `proven`: the
        person proved just now who they are.
        """
        token, session_id = secrets.token_urlsafe(32), uuid7()
        now = self._clock.now()
        async with self._db.transaction():
            await Session.create(
                id=session_id,
                user=user,
                token_hash=hash_of(token),
                seen_at=now,
                expires_at=now + LIFE,
                user_agent=user_agent[:200],
                address=address[:64],
                provider=provider,
                proven_at=now if proven else None,
                provider_session=provider_session,
            )
            await User.filter(id=user.id).update(last_seen_at=now)
            signed_in = UserSignedIn(user_id=user.id, session_id=session_id, provider=provider)
            await record(signed_in, subject=f"user:{user.id}", actor=user.id)
        return token

    async def prove(self, session_id: UUID) -> None:
        """The person of this session has just proved again who they are."""
        await Session.filter(id=session_id).update(proven_at=self._clock.now())

    async def is_proven(self, session_id: UUID | None, *, within: timedelta = PROVEN) -> bool:
        """Whether the person of this session proved within this time who they are."""
        session = await Session.get_or_none(id=session_id) if session_id else None
        return session is not None and session.proven_at is not None and self._clock.now() - session.proven_at < within

    async def identify(self, token: str) -> Actor | None:
        """The actor of a cookie; None when it is unknown, expired or its account is not active."""
        key = hash_of(token)
        found = self._remembered.get(key)
        if found and found[0] > self._clock.monotonic():
            return found[1]
        actor = await self._look_up(key)
        self._remember(key, actor)
        return actor

    async def _look_up(self, key: str) -> Actor | None:
        rows = await self._db.fetch(_BY_COOKIE, [key])
        now = self._clock.now()
        if not rows or rows[0]["expires_at"] <= now or rows[0]["state"] != "active":
            return None
        row = rows[0]
        if now - row["seen_at"] >= SEEN_EVERY:
            await Session.filter(id=row["session_id"]).update(seen_at=now, expires_at=now + LIFE)
            await User.filter(id=row["user_id"]).update(last_seen_at=now)
        return Actor(**{name: row[name] for name in _OF_ACTOR})

    def _remember(self, key: str, actor: Actor | None) -> None:
        self._remembered.pop(key, None)
        if actor is None:
            return
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.pop(next(iter(self._remembered)))
        self._remembered[key] = (self._clock.monotonic() + REMEMBERED_S, actor)

    async def close(self, session_id: UUID, *, at_provider: bool = True) -> None:
        """End a session everywhere, also at its provider; its sockets close within two seconds."""
        async with self._db.transaction():
            if at_provider and self._at_providers is not None:
                await self._at_providers.end(Session.filter(id=session_id))
            await Session.filter(id=session_id).delete()
            await self._control.send("session.closed", {"session_id": str(session_id)})
        self.forget(session_id=session_id)

    async def close_others(self, user_id: UUID, keep: UUID | None) -> int:
        """End all sessions of an account but one; returns how many."""
        others = Session.filter(user_id=user_id)
        if keep is not None:
            others = others.exclude(id=keep)
        ids = [row["id"] for row in await others.values("id")]
        for session_id in ids:
            await self.close(session_id)
        return len(ids)

    async def close_of_identity(self, provider: str, subject: str) -> int:
        """End the sessions that a provider's account opened here, as when it is deleted there; returns how many."""
        owners = await _owners(provider, subject)
        return await self._close_all(Session.filter(provider=provider, user_id__in=owners))

    async def close_at_provider(self, provider: str, session: str, *, owner: str | None = None) -> int:
        """End what a provider knows as one session; returns how many sessions here that were.

        Those that were opened without its id are ended too, if `owner`, the subject of its account, is given: which of
        them it was nobody knows.
        """
        ended = await self._close_all(Session.filter(provider=provider, provider_session=session))
        if owner is None:
            return ended
        owners = await _owners(provider, owner)
        nameless = Session.filter(provider=provider, provider_session__isnull=True, user_id__in=owners)
        return ended + await self._close_all(nameless)

    async def _close_all(self, sessions: QuerySet[Session]) -> int:
        ids = [row["id"] for row in await sessions.values("id")]
        for session_id in ids:
            await self.close(session_id, at_provider=False)  # it was the provider who told
        return len(ids)

    def forget(self, *, session_id: UUID | None = None, user_id: UUID | None = None) -> None:
        """Drop what this process remembers; called by the control channel in every process."""
        gone = [
            key
            for key, (_, actor) in self._remembered.items()
            if (session_id and actor.session_id == session_id) or (user_id and actor.user_id == user_id)
        ]
        for key in gone:
            self._remembered.pop(key, None)


async def _owners(provider: str, subject: str) -> list[UUID]:
    return [row["user_id"] for row in await Identity.filter(provider=provider, subject=subject).values("user_id")]


def actor_of(user: User, session_id: UUID | None) -> Actor:
    """The actor that an account is. A bot's address and terms are those of the person who answers for it."""
    person = user if user.bot_of_id is None else user.bot_of
    assert person is not None, "whoever makes an actor of a bot reads its person, too"
    return Actor(
        user_id=user.id,
        session_id=session_id,
        username=user.username,
        name=user.display_name,
        role=cast("Role", user.role),
        email_verified=person.email_verified_at is not None,
        terms=person.terms_version,
        bot=user.bot_of_id is not None,
    )
