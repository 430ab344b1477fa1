"""Bots: accounts of programs. A person answers for each; it has no password and lives by tokens alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final
from uuid import UUID

from tortoise.exceptions import IntegrityError
from tortoise.queryset import QuerySet

from aethex_live.actor import Actor
from aethex_live.domain.lookalikes import check_look, look_of
from aethex_live.domain.names import check_name, check_username
from aethex_live.domain.tokens import MadeToken, Tokens
from aethex_live.errors import Conflict, Forbidden, Invalid, NotFound
from aethex_live.events import record
from aethex_live.events.types import BotMade, UserDeleted
from aethex_live.ids import uuid7
from aethex_live.models import ApiToken, Channel, ChannelModerator, User
from aethex_live.scopes import Scope

if TYPE_CHECKING:
    from aethex_live.control import Control
    from aethex_live.db import Database
    from aethex_live.domain.accounts import Accounts
    from aethex_live.domain.audit import Audit
    from aethex_live.settings import Site

MOST_BOTS: Final = 5
# a bot reads, writes and moderates chats; it has no channel, no profile and no power over the site
SCOPES: Final = (Scope.READ, Scope.CHAT_WRITE, Scope.MODERATE)
CLOSED: Final = "user.closed"
_NOT_YET = "Confirm your e-mail address first, or make a channel: somebody has to answer for a bot."


class Bots:
    """Makes bots, gives them tokens, removes them. Only the person who answers for a bot may."""

    def __init__(
        self, db: Database, tokens: Tokens, accounts: Accounts, control: Control, audit: Audit, site: Site
    ) -> None:
        self._db = db
        self._tokens = tokens
        self._accounts = accounts
        self._control = control
        self._audit = audit
        self._site = site

    async def of(self, user_id: UUID) -> Sequence[User]:
        """The bots that an account answers for, oldest first."""
        return await _bots(user_id).order_by("created_at", "id")

    async def tokens_of(self, bots: Iterable[User]) -> Sequence[ApiToken]:
        """The tokens of these bots, newest first."""
        return await ApiToken.filter(user_id__in=[bot.id for bot in bots]).order_by("-created_at", "-id")

    async def make(self, actor: Actor, username: str, name: str) -> User:
        """Make a bot. Raises Invalid or Conflict about `username` or `name`, Forbidden for who can't answer for it."""
        owner_id = await self._answering(actor)
        handle, shown = check_username(username), check_name(name.strip() or username, field="name")
        also = (self._site.name,)
        await check_look(self._db, handle, field="username", also=also)
        await check_look(self._db, shown, field="name", also=also)
        try:
            async with self._db.transaction():
                return await self._store(actor, owner_id, handle, shown)
        except IntegrityError:
            raise Conflict("This name is taken; choose another.", field="username", code="taken") from None

    async def _answering(self, actor: Actor) -> UUID:
        if actor.user_id is None or actor.by_token or actor.bot:
            raise Forbidden("A program can't make bots: sign in with a browser.")
        self._accounts.check_may_act(actor)
        known = actor.email_verified or actor.is_operator
        if not known and not await _has_say(actor.user_id):
            raise Forbidden(_NOT_YET, code="email-unconfirmed")
        return actor.user_id

    async def _store(self, actor: Actor, owner_id: UUID, handle: str, shown: str) -> User:
        await User.filter(id=owner_id).select_for_update().get()  # two forms at once count one another
        if await _bots(owner_id).count() >= MOST_BOTS:
            raise Conflict(f"An account has at most {MOST_BOTS} bots; remove one first.")
        bot = await User.create(
            id=uuid7(),
            username=handle,
            username_key=handle.lower(),
            display_name=shown,
            username_look=look_of(handle),
            name_look=look_of(shown),
            bot_of_id=owner_id,
        )
        made = BotMade(user_id=bot.id, owner_id=owner_id, username=handle)
        await record(made, subject=f"user:{bot.id}", actor=owner_id)
        await self._note("bot.made", bot, actor)
        return bot

    async def give_token(
        self, actor: Actor, bot_id: UUID, name: str, scopes: Iterable[str], *, days: int | None
    ) -> MadeToken:
        """Make a token for a bot. Raises NotFound for bots of others, Invalid about `name`, `scopes` or `days`."""
        chosen = list(scopes)
        if set(chosen) - {scope.value for scope in SCOPES}:
            raise Invalid(f"A bot's token takes these scopes: {', '.join(SCOPES)}.", field="scopes")
        bot = await self._own(actor, bot_id)
        return await self._tokens.make(actor, name, chosen, days=days, bot=bot)

    async def take_token(self, actor: Actor, bot_id: UUID, token_id: UUID) -> None:
        """Revoke a bot's token: its sockets close in every process. Raises NotFound."""
        bot = await self._own(actor, bot_id)
        await self._tokens.revoke(actor, token_id, bot=bot)

    async def remove(self, actor: Actor, bot_id: UUID) -> None:
        """Remove a bot for good: its tokens end, its name is free, what it wrote stays. Raises NotFound."""
        bot = await self._own(actor, bot_id)
        async with self._db.transaction():
            await self.forget(bot, actor)

    async def forget_all(self, owner_id: UUID) -> None:
        """The account is deleted: so are its bots, in the caller's transaction."""
        for bot in await self.of(owner_id):
            await self.forget(bot, None)

    async def forget(self, bot: User, actor: Actor | None) -> None:
        """Take all that lets a bot act, and its names, in the caller's transaction."""
        await self._note("bot.removed", bot, actor)
        await ApiToken.filter(user_id=bot.id).delete()
        await ChannelModerator.filter(user_id=bot.id).delete()
        gone = f"deleted-{bot.id.hex[-24:]}"  # as for people: no name that can be typed
        await User.filter(id=bot.id).update(
            state="deleted",
            username=gone,
            username_key=gone,
            display_name="Removed bot",
            username_look="",
            name_look="",
        )
        await record(UserDeleted(user_id=bot.id), subject=f"user:{bot.id}", actor=actor.user_id if actor else None)
        await self._control.send(CLOSED, {"user_id": str(bot.id), "reason": "This bot was removed."})

    async def _own(self, actor: Actor, bot_id: UUID) -> User:
        if actor.user_id is None or actor.by_token:
            raise Forbidden("A program can't manage bots: sign in with a browser.")
        bot = await _bots(actor.user_id).get_or_none(id=bot_id)
        if bot is None:
            raise NotFound("You have no such bot, or it was removed already.")
        return bot

    async def _note(self, action: str, bot: User, actor: Actor | None) -> None:
        detail = {"username": bot.username, "owner": str(bot.bot_of_id)}
        await self._audit.write(action, actor=actor, subject=f"user:{bot.id}", detail=detail)


async def close_bots(control: Control, owner_id: UUID, reason: str) -> None:
    """Close the sockets of an account's bots everywhere, in the caller's transaction: they act only while it may."""
    for bot in await _bots(owner_id):
        await control.send(CLOSED, {"user_id": str(bot.id), "reason": reason})


def _bots(owner_id: UUID) -> QuerySet[User]:
    return User.filter(bot_of_id=owner_id).exclude(state="deleted")


async def _has_say(user_id: UUID) -> bool:
    """Whether somebody has a channel, or moderates one."""
    owns = await Channel.filter(owner_id=user_id, delete_at__isnull=True).exists()
    return owns or await ChannelModerator.filter(user_id=user_id).exists()
