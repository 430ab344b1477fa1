"""Requests of people who are shut out to be let in again: one at a time, answered by who may ban."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, cast
from uuid import UUID

from aethex_live.domain.rights import Right
from aethex_live.errors import Conflict, Forbidden, NotFound, TooMany
from aethex_live.ids import uuid7

from . import events
from .moderation import account
from .notes import check_words
from .refusals import span
from .sequence import own_topic
from .standing import require_moderator, require_power, standings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aethex_live import PluginContext
    from aethex_live.actor import Actor

    from .acts import Act, Acts, Ledger
    from .moderation import Moderation
    from .standing import Standing

PREFIX = "chatappeals"
LONGEST = 500  # characters
PAUSE = timedelta(days=7)  # after a denial
State = Literal["open", "approved", "denied", "over"]

_LAST = """
select id, text, state, created_at, decided_at, answer from chat_appeal
where channel_id = $1 and user_id = $2 order by id desc limit 1
"""
# one that was left open when an earlier timeout or ban ended by itself
_STALE = "update chat_appeal set state = 'over', decided_at = $3 where id = $1 and created_at < $2"
_INSERT = "insert into chat_appeal (id, channel_id, user_id, text, created_at) values ($1, $2, $3, $4, $5)"
_HOLDS = """
join chat_restriction r on r.channel_id = a.channel_id and r.user_id = a.user_id and r.lifted_at is null
                       and (r.until is null or r.until > $2) and r.created_at <= a.created_at
"""
_WAITING = f"""
select a.id, a.user_id, a.text, a.created_at, u.username, u.display_name, r.kind, r.until, r.reason,
       b.display_name as by_name, r.created_at as since
from chat_appeal a {_HOLDS}
join core_user u on u.id = a.user_id
left join core_user b on b.id = r.by
where a.channel_id = $1 and a.state = 'open' and ($3::uuid is null or a.id > $3)
order by a.id limit $4
"""  # noqa: S608 - both parts stand above
_COUNT = f"""
select count(*) as count from chat_appeal a {_HOLDS} where a.channel_id = $1 and a.state = 'open'
"""  # noqa: S608 - both parts stand above
_ONE = "select id, user_id from chat_appeal where id = $2 and channel_id = $1 and state = 'open' for update"
_DECIDE = "update chat_appeal set state = $2, decided_at = $3, decided_by = $4, answer = $5 where id = $1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """The last request of somebody; `answer` is a moderator's."""

    id: UUID
    text: str
    state: State
    at: datetime
    decided_at: datetime | None
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A request that waits, with what its author is shut out for."""

    id: UUID
    user_id: UUID
    username: str
    name: str
    text: str
    at: datetime
    kind: str
    until: datetime | None
    reason: str
    by: str
    since: datetime


class Appeals:
    """Takes requests and answers them; an approval lifts the timeout or ban in the same transaction."""

    def __init__(self, context: PluginContext, acts: Acts, ledger: Ledger, moderation: Moderation) -> None:
        self._context = context
        self._acts = acts
        self._ledger = ledger
        self._moderation = moderation

    async def last(self, channel_id: UUID, actor: Actor) -> Own | None:
        """The newest request of the actor in this chat, or None. Raises Unauthenticated."""
        rows = await self._context.db.fetch(_LAST, [channel_id, account(actor)])
        return _own(rows[0]) if rows else None

    async def ask(self, channel_id: UUID, actor: Actor, text: str) -> UUID:
        """Ask to be let in again; the id of the request.

        Raises Forbidden for who is not shut out for long, Conflict while one waits, TooMany within a week of a denial.
        """
        said = check_words(text, "Write why you should be let in again.", field="text", longest=LONGEST)
        user_id = account(actor)
        async with self._acts.doing(channel_id, user_id) as (act, me):
            await self._require_turn(act, me)
            appeal_id = uuid7()
            await act.db.execute(_INSERT, [appeal_id, channel_id, user_id, said, act.now])
            event = events.AppealMade(channel_id=channel_id, user_id=user_id)
            detail = {"username": me.username, "text": said}
            await self._ledger.write(act, actor, "chat.appeal", event, subject=f"user:{user_id}", detail=detail)
        await self._tell(channel_id)
        return appeal_id

    async def _require_turn(self, act: Act, me: Standing) -> None:
        if me.restricted is None or not me.restricted.may_appeal:
            raise Forbidden("Only who is banned, or timed out for more than an hour, can ask to be let in again.")
        rows = await act.db.fetch(_LAST, [act.channel_id, me.user_id])
        if not rows:
            return
        last = _own(rows[0])
        if last.state == "open" and last.at >= me.restricted.since:
            raise Conflict("Your request waits for a moderator already.")
        if last.state == "open":
            await act.db.execute(_STALE, [last.id, me.restricted.since, act.now])
        if last.state == "denied" and last.decided_at is not None:
            left = (last.decided_at + PAUSE - act.now).total_seconds()
            if left > 0:
                raise TooMany(
                    f"Your last request was denied: you can ask again in {span(left)}.",
                    retry_after=left,
                    code="chat-appeal-early",
                )

    async def count(self, channel_id: UUID) -> int:
        """How many wait."""
        rows = await self._context.db.fetch(_COUNT, [channel_id, self._context.clock.now()])
        return int(rows[0]["count"])

    async def waiting(
        self, channel_id: UUID, actor: Actor, *, after: UUID | None = None, limit: int = 50
    ) -> list[Waiting]:
        """What waits, oldest first. Raises Unauthenticated or Forbidden."""
        await self._require(channel_id, actor)
        rows = await self._context.db.fetch(_WAITING, [channel_id, self._context.clock.now(), after, limit])
        return [_waiting(row) for row in rows]

    async def decide(self, channel_id: UUID, appeal_id: UUID, actor: Actor, *, approve: bool, answer: str = "") -> None:
        """Let its author in again, or do not, with an answer that they read. Raises Forbidden or NotFound."""
        said = check_words(answer, "", field="answer", longest=LONGEST)
        async with self._acts.doing(channel_id, account(actor)) as (act, by):
            require_moderator(by, Right.CHAT_BAN)
            rows = await act.db.fetch(_ONE, [channel_id, appeal_id])
            if not rows:
                raise NotFound("This request does not wait any more: somebody else has answered it.")
            target = await act.person(rows[0]["user_id"])
            require_power(by, target, Right.CHAT_BAN)
            await act.db.execute(_DECIDE, [appeal_id, "approved" if approve else "denied", act.now, by.user_id, said])
            if approve and target.restricted is not None:
                await self._moderation.lift_within(act, actor, by, target)
            event = events.AppealDecided(channel_id=channel_id, user_id=target.user_id, approved=approve)
            action = "chat.appeal_approve" if approve else "chat.appeal_deny"
            detail = {"username": target.username, "reason": said}
            await self._ledger.write(act, actor, action, event, subject=f"user:{target.user_id}", detail=detail)
        topic = own_topic(channel_id, target.user_id)
        self._context.realtime.publish(topic, "appeal", {"approved": approve, "answer": said})
        await self._tell(channel_id)

    async def may_hear(self, topic: str, actor: Actor) -> bool:
        """Whether the actor may hear how many wait: who answers them."""
        try:
            await self._require(UUID(topic.removeprefix(f"{PREFIX}:")), actor)
        except (ValueError, Forbidden):
            return False
        return True

    async def _tell(self, channel_id: UUID) -> None:
        waiting = await self.count(channel_id)
        self._context.realtime.publish(f"{PREFIX}:{channel_id}", "appeals", {"waiting": waiting})

    async def _require(self, channel_id: UUID, actor: Actor) -> Standing:
        user_id, now = account(actor), self._context.clock.now()
        found = (await standings(self._context.db, channel_id, [user_id], now)).get(user_id)
        return require_moderator(found, Right.CHAT_BAN)


def _own(row: Mapping[str, Any]) -> Own:
    return Own(
        id=row["id"],
        text=row["text"],
        state=cast("State", row["state"]),
        at=row["created_at"],
        decided_at=row["decided_at"],
        answer=row["answer"],
    )


def _waiting(row: Mapping[str, Any]) -> Waiting:
    return Waiting(
        id=row["id"],
        user_id=row["user_id"],
        username=row["username"],
        name=row["display_name"],
        text=row["text"],
        at=row["created_at"],
        kind=row["kind"],
        until=row["until"],
        reason=row["reason"],
        by=row["by_name"] or "",
        since=row["since"],
    )
