"""Tickets: short-lived, signed, good for one connection; they tie a socket to an account, a session and a channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from pydantic import BaseModel
from redis.exceptions import RedisError

from aethex_live.domain.rights import Right
from aethex_live.errors import Conflict, Forbidden, Unavailable
from aethex_live.ids import uuid7
from aethex_live.models import Channel, Ingest, Session
from aethex_live.secrets import BadSignature, SignatureExpired

from .service import PROVIDER

if TYPE_CHECKING:
    from aethex_live import PluginContext
    from aethex_live.actor import Actor

LIFE: Final = timedelta(seconds=60)
_PURPOSE: Final = "browser live"
_NOT_YOURS: Final = "Only the owner of the channel, and moderators who may stream, can go live on it."


class _Content(BaseModel):
    ingest: UUID
    channel: UUID
    user: UUID
    session: UUID
    number: UUID


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket that was taken: `ingest_id` is the provider's id, `version` that of its stream key."""

    ingest_id: UUID
    version: int
    channel_id: UUID
    actor: Actor


class Tickets:
    """Gives tickets to those who may go live on a channel, and takes each one once."""

    def __init__(self, context: PluginContext) -> None:
        self._context = context

    async def give(self, channel: Channel, actor: Actor) -> str:
        """A ticket for the next minute.

        Raises Forbidden for those who may not go live, Conflict where another provider carries streams.
        """
        if actor.user_id is None or actor.session_id is None:
            raise Forbidden("Sign in in this browser to go live from it.")
        self._context.domain.accounts.check_may_act(actor)
        await self._context.domain.moderators.require(channel, actor, Right.STREAM_START)
        found = await self._context.domain.ingests.of(channel)
        if found.provider.name != PROVIDER:
            raise Conflict(f"Streams of this site go through “{found.provider.name}”: go live with an encoder.")
        content = _Content(
            ingest=UUID(found.row.provider_id),
            channel=channel.id,
            user=actor.user_id,
            session=actor.session_id,
            number=uuid7(),
        )
        return self._context.secrets.sign(_PURPOSE, content.model_dump_json().encode(), LIFE)

    async def take(self, token: str, actor: Actor) -> Ticket:
        """Accept a ticket, once, from the session that it was given to. Raises Forbidden, Unavailable."""
        content = self._read(token)
        if (content.user, content.session) != (actor.user_id, actor.session_id):
            raise Forbidden("This ticket was given to another session: reload the page.", code="other-session")
        await self._use_up(content.number)
        channel = await Channel.filter(id=content.channel).select_related("owner").first()
        ours = Ingest.filter(provider=PROVIDER, provider_id=str(content.ingest))
        row = await ours.filter(channel_id=content.channel).first()
        if channel is None or row is None or not await self.may(channel, actor):
            raise Forbidden(_NOT_YOURS)
        await self._context.domain.audit.write(
            "stream.from_browser", actor=actor, subject=f"channel:{channel.id}", channel_id=channel.id
        )
        return Ticket(content.ingest, row.key_version, channel.id, actor)

    def _read(self, token: str) -> _Content:
        try:
            return _Content.model_validate_json(self._context.secrets.unsign(_PURPOSE, token))
        except SignatureExpired:
            raise Forbidden("This ticket is too old: press “Go live” again.", code="expired") from None
        except BadSignature:
            raise Forbidden("This is no ticket of this site: reload the page.", code="not-genuine") from None

    async def _use_up(self, number: UUID) -> None:
        key = f"stream_local:ticket:{number}"
        try:
            fresh = await self._context.cache.set(key, b"1", nx=True, ex=int(LIFE.total_seconds()) * 2)
        except RedisError:
            raise Unavailable("Tickets can't be checked just now: try again in a moment.") from None
        if not fresh:
            raise Forbidden("This ticket was used already: press “Go live” again.", code="used")

    async def may(self, channel: Channel, actor: Actor) -> bool:
        """Whether the account may go live on the channel: its owner, operators, moderators with the right to."""
        return await self._context.domain.moderators.may(channel, actor, Right.STREAM_START)

    async def still(self, ticket: Ticket) -> bool:
        """Whether who took the ticket is still signed in and may still go live."""
        if not await Session.filter(id=ticket.actor.session_id).exists():
            return False
        channel = await Channel.filter(id=ticket.channel_id).select_related("owner").first()
        return channel is not None and await self.may(channel, ticket.actor)
