"""What operators do to accounts and channels: each act with its event and its audit entry in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal
from uuid import UUID

from aethex_live.actor import Actor
from aethex_live.domain.names import check_line
from aethex_live.errors import Conflict, Forbidden, NotFound
from aethex_live.events import record
from aethex_live.events.types import UserRoleChanged, UserUnbanned
from aethex_live.models import Channel, Session, User

if TYPE_CHECKING:
    from aethex_live.clock import Clock
    from aethex_live.control import Control
    from aethex_live.db import Database
    from aethex_live.domain.accounts import Accounts
    from aethex_live.domain.audit import Audit
    from aethex_live.domain.channels import Channels
    from aethex_live.domain.ingests import Ingests
    from aethex_live.domain.provider_sessions import ProviderSessions

Role = Literal["member", "operator"]
Visibility = Literal["public", "unlisted"]
LONGEST_REASON = 200
SIGNED_OUT: Final = "user.signed_out"
# acts about accounts that ask for a recent proof of who acts: what gives power, closes, deletes, or undoes that.
# Signing somebody out and letting a waiting account in ask for none: nothing is lost by them.
PROVEN: Final = frozenset({"ban", "unban", "promote", "demote", "delete", "keep", "decline"})


class Operators:
    """Carries out what operators decide. Every method raises Forbidden for who is none."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        accounts: Accounts,
        channels: Channels,
        ingests: Ingests,
        control: Control,
        audit: Audit,
        at_providers: ProviderSessions,
    ) -> None:
        self._db = db
        self._at_providers = at_providers
        self._clock = clock
        self._accounts = accounts
        self._channels = channels
        self._ingests = ingests
        self._control = control
        self._audit = audit

    async def ban(self, user_id: UUID, reason: str, actor: Actor) -> User:
        """Close an account: its sessions end, what it streams ends. Raises Conflict for operators and closed ones."""
        said = check_line(reason, field="reason", most=LONGEST_REASON, least=1)
        _check(actor)
        async with self._db.transaction():
            user = await _locked(user_id)
            if user.role == "operator":
                raise Conflict("This account runs the site: take that right away before you ban it.")
            if user.state not in {"active", "leaving"}:
                raise Conflict(f"This account is {user.state} already.")
            await self._at_providers.end(Session.filter(user_id=user_id))
            await Session.filter(user_id=user_id).delete()
            await self._accounts.ban(user_id, reason=said, by=actor.user_id)
            await self._note("user.banned", user, actor, reason=said)
        for channel in await Channel.filter(owner_id=user_id):
            await self._ingests.shut(channel)
        return user

    async def unban(self, user_id: UUID, actor: Actor) -> User:
        """Let a banned account back in. Raises Conflict when it is not banned, or is to be deleted."""
        _check(actor)
        async with self._db.transaction():
            user = await _locked(user_id)
            if user.state != "banned":
                raise Conflict("This account is not banned.")
            if user.delete_at is not None:
                raise Conflict("This account is to be deleted: call that off first.")
            await User.filter(id=user_id).update(state="active")
            await record(UserUnbanned(user_id=user_id), subject=f"user:{user_id}", actor=actor.user_id)
            await self._note("user.unbanned", user, actor)
        return user

    async def set_role(self, user_id: UUID, role: Role, actor: Actor) -> User:
        """Give or take the right to run the site. Raises Conflict for the last operator and for closed accounts."""
        _check(actor)
        async with self._db.transaction():
            # locked, so that two operators who demote one another see it
            operators = await User.filter(role="operator", state="active").select_for_update().order_by("id")
            user = await _locked(user_id)
            if user.state != "active":
                raise Conflict("Only an open account can run the site.")
            if user.bot_of_id is not None:
                raise Conflict("A bot can't run the site: give a person this right.")
            if user.role == role:
                raise Conflict("This account has this role already.")
            if role == "member" and not [other for other in operators if other.id != user_id]:
                raise Conflict("This is the site's last operator: make somebody else one first.")
            await User.filter(id=user_id).update(role=role)
            changed = UserRoleChanged(user_id=user_id, role=role)
            await record(changed, subject=f"user:{user_id}", actor=actor.user_id)
            await self._note("user.role_changed", user, actor, before=user.role, after=role)
            # sockets know the old role, so they close; what the person streams goes on
            await self._control.send(SIGNED_OUT, {"user_id": str(user_id), "reason": "Your role changed."})
        return user

    async def end_sessions(self, user_id: UUID, actor: Actor) -> int:
        """Sign somebody out everywhere; returns how many sessions that were."""
        _check(actor)
        async with self._db.transaction():
            user = await _locked(user_id)
            await self._at_providers.end(Session.filter(user_id=user_id))
            count = await Session.filter(user_id=user_id).delete()
            await self._note("user.sessions_ended", user, actor, sessions=count)
            await self._control.send(SIGNED_OUT, {"user_id": str(user_id), "reason": "Signed out by an operator."})
        return count

    async def list_channel(self, channel: Channel, visibility: Visibility, actor: Actor, reason: str = "") -> None:
        """Keep a channel out of all lists until an operator puts it back; its owner reads `reason`.

        Raises Conflict when it is to be put back and no operator took it out: then that is its owner's choice.
        """
        _check(actor)
        said = check_line(reason, field="reason", most=LONGEST_REASON)
        out = visibility == "unlisted"
        async with self._db.transaction():
            row = await Channel.filter(id=channel.id).select_for_update().get()
            if not out and row.held_at is None:
                raise Conflict("No operator took this channel out of lists: that is its owner's choice.")
            await self._channels.hold(row, actor, self._clock.now() if out else None, said)
            await self._audit.write(
                "channel.unlisted" if out else "channel.listed",
                actor=actor,
                subject=f"channel:{channel.id}",
                channel_id=channel.id,
                detail={"slug": row.slug, "before": row.visibility} | ({"reason": said} if said else {}),
            )

    async def end_broadcast(self, channel: Channel, actor: Actor) -> None:
        """End what is live on a channel, at once."""
        _check(actor)
        await self._audit.write(
            "broadcast.ended_by_operator",
            actor=actor,
            subject=f"channel:{channel.id}",
            channel_id=channel.id,
            detail={"slug": channel.slug},
        )
        await self._ingests.end(channel)

    async def _note(self, action: str, user: User, actor: Actor, **detail: object) -> None:
        about = {"username": user.username, **detail}
        await self._audit.write(action, actor=actor, subject=f"user:{user.id}", detail=about)


def _check(actor: Actor) -> None:
    if not actor.is_operator:
        raise Forbidden("Only operators of this site may do this.")


async def _locked(user_id: UUID) -> User:
    user = await User.filter(id=user_id).exclude(state="deleted").select_for_update().first()
    if user is None:
        raise NotFound("There is no such account.")
    return user
