"""Leaving: an account is closed for some days and can come back; then it is deleted for good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.domain.bots import close_bots
from aethex_live.domain.leaving_mails import LeavingMails
from aethex_live.errors import Conflict, Forbidden, Invalid, NotFound
from aethex_live.events import record
from aethex_live.events.types import UserDeleted, UserLeaving, UserStayed
from aethex_live.jobs import OutboxHandler, Schedule
from aethex_live.models import ApiToken, Channel, ChannelModerator, Session, User
from aethex_live.secrets import BadSignature

if TYPE_CHECKING:
    from aethex_live.actor import Actor
    from aethex_live.clock import Clock
    from aethex_live.control import Control
    from aethex_live.db import Database
    from aethex_live.domain.audit import Audit
    from aethex_live.domain.bots import Bots
    from aethex_live.domain.ingests import Ingests
    from aethex_live.domain.provider_sessions import ProviderSessions
    from aethex_live.domain.removal import Removal

DELETED_NAME = "Deleted person"
AT_ONCE = 20


class Leaving:
    """Closes accounts that are to go, brings them back, deletes them when their time has come."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        control: Control,
        audit: Audit,
        removal: Removal,
        ingests: Ingests,
        mails: LeavingMails,
        bots: Bots,
        *,
        days: int,
        at_providers: ProviderSessions,
    ) -> None:
        self._db = db
        self._clock = clock
        self._control = control
        self._audit = audit
        self._removal = removal
        self._ingests = ingests
        self._mails = mails
        self._bots = bots
        self._days = days
        self._at_providers = at_providers

    @property
    def days(self) -> int:
        """How many days an account that leaves can come back."""
        return self._days

    def handlers(self) -> list[OutboxHandler]:
        """What is done outside of the database."""
        return [*self._removal.handlers(), *self._mails.handlers()]

    def schedules(self) -> list[Schedule]:
        """What is done when its time has come."""
        return [Schedule("core.delete_leaving", timedelta(minutes=30), self.delete_due, timeout_s=300)]

    async def request(self, user_id: UUID, actor: Actor, typed: str) -> datetime:
        """Close an account now and delete it later; returns when. `typed` is its user name, typed by the actor.

        The person can come back by signing in or by the mail's link; what an operator asked for, only an operator
        calls off. Raises Invalid about `username`, Forbidden for tokens and strangers, Conflict for the last operator.
        """
        own = actor.user_id == user_id
        if actor.by_token or not (own or actor.is_operator):
            raise Forbidden("Only the person themselves and operators of this site may delete an account.")
        user = await User.get_or_none(id=user_id)
        if user is None or user.state == "deleted":
            raise NotFound("There is no such account.")
        if typed.strip().lower() != user.username_key:
            raise Invalid(f"Type the user name “{user.username}” to say that you mean it.", field="username")
        delete_at = await self._close(user, actor, own=own)
        for channel in await Channel.filter(owner_id=user_id):
            await self._ingests.shut(channel)
        return delete_at

    async def _close(self, user: User, actor: Actor, *, own: bool) -> datetime:
        delete_at = self._clock.now() + timedelta(days=self._days)
        async with self._db.transaction():
            await self._refuse_last_operator(user)
            closed = User.filter(id=user.id, delete_at__isnull=True)
            if not await closed.update(state="leaving" if own else "banned", delete_at=delete_at):
                raise Conflict("This account is to be deleted already.")
            await self._at_providers.end(Session.filter(user_id=user.id))
            await Session.filter(user_id=user.id).delete()
            await record(
                UserLeaving(user_id=user.id, delete_at=delete_at), subject=f"user:{user.id}", actor=actor.user_id
            )
            await self._note("account.leaving", user, actor, {"delete_at": delete_at.isoformat()})
            await self._mails.leaving(user, own=own)
            closing = {"user_id": str(user.id), "reason": "This account is to be deleted."}
            await self._control.send("user.closed", closing)
            await close_bots(self._control, user.id, "The person who answers for this bot leaves.")
        return delete_at

    async def _refuse_last_operator(self, user: User) -> None:
        # locked, so that two operators who leave at once see one another
        operators = await User.filter(role="operator", state="active").select_for_update().order_by("id")
        if user.role == "operator" and not [other for other in operators if other.id != user.id]:
            raise Conflict("You are this site's last operator: make somebody else one first.")

    async def stay(self, user: User, actor: Actor | None = None) -> None:
        """Call the deletion of an account off. Raises Conflict when it is not to be deleted."""
        async with self._db.transaction():
            closed = User.filter(id=user.id, delete_at__not_isnull=True).exclude(state="deleted")
            if not await closed.update(state="active", delete_at=None):
                raise Conflict("This account is not to be deleted.")
            by = actor.user_id if actor else user.id
            await record(UserStayed(user_id=user.id), subject=f"user:{user.id}", actor=by)
            await self._note("account.stayed", user, actor, {})

    async def of_link(self, token: str) -> User:
        """The account that a mail's link lets stay. Raises NotFound for a link that does not hold any more."""
        try:
            user_id, delete_at = self._mails.read(token)
        except BadSignature:
            raise _dead_link() from None
        user = await User.get_or_none(id=user_id, state="leaving")
        if user is None or user.delete_at is None or int(user.delete_at.timestamp()) != delete_at:
            raise _dead_link()
        return user

    async def delete_due(self) -> None:
        """Delete the accounts whose time has come."""
        while due := await self._due():
            for user_id in due:
                await self._delete(user_id)

    async def _due(self) -> Sequence[UUID]:
        rows = User.filter(delete_at__lte=self._clock.now()).exclude(state="deleted")
        return [row["id"] for row in await rows.order_by("delete_at").limit(AT_ONCE).values("id")]

    async def _delete(self, user_id: UUID) -> None:
        async with self._db.transaction():
            due = User.filter(id=user_id, delete_at__lte=self._clock.now()).exclude(state="deleted")
            user = await due.select_for_update().first()
            if user is None:
                return
            for channel in await Channel.filter(owner_id=user_id):
                await self._removal.channel(channel, None)
            await self._removal.identities(user_id)
            await Session.filter(user_id=user_id).delete()
            await ApiToken.filter(user_id=user_id).delete()
            await ChannelModerator.filter(user_id=user_id).delete()
            await self._bots.forget_all(user_id)
            await self._forget_person(user)
            await record(UserDeleted(user_id=user_id), subject=f"user:{user_id}")
            # the name stays in the audit alone: it says whose account this was
            await self._note("account.deleted", user, None, {})

    async def _forget_person(self, user: User) -> None:
        """Nothing of the person is left in the row; it stays so that plugins can find what is theirs."""
        gone = f"deleted-{user.id.hex[-24:]}"  # no name that can be typed, so it collides with none
        await User.filter(id=user.id).update(
            state="deleted",
            role="member",
            username=gone,
            username_key=gone,
            display_name=DELETED_NAME,
            username_look="",
            name_look="",
            email=None,
            email_key=None,
            email_verified_at=None,
            last_seen_at=None,
            delete_at=None,
            terms_accepted_at=None,
        )

    async def _note(self, action: str, user: User, actor: Actor | None, detail: dict[str, str]) -> None:
        about = {"username": user.username, **detail}
        await self._audit.write(action, actor=actor, subject=f"user:{user.id}", detail=about)


def _dead_link() -> NotFound:
    return NotFound("This link does not hold any more: the account stays already, or it is gone.")
