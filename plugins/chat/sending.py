"""A message on its way: who may, how often, what other plugins make of it; then it joins its batch."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.domain.rights import Right
from aethex_live.errors import Forbidden, Invalid, NotFound, Refusal, Unauthenticated
from aethex_live.hookspecs import chat as chat_specs
from aethex_live.hookspecs import moderation as moderation_specs
from aethex_live.hookspecs.chat import DraftMessage
from aethex_live.hookspecs.moderation import Review, Verdict
from aethex_live.ids import uuid7

from .badges import Badges
from .batches import Batches, Stored, Waiting
from .entrance import Entrance
from .held import Held, HeldMessages, Keep
from .lines import Author, Quote, find, quote_of
from .refusals import shut_out, too_fast, warned
from .standing import Standing, require_moderator, standings
from .text import check_text, mentioned

if TYPE_CHECKING:
    from aethex_live import PluginContext
    from aethex_live.actor import Actor

    from .barriers import Barriers
    from .emote_book import EmoteBook
    from .settings import ChatSettings

_KNOWN = """
select l.id, l.seq, l.created_at from chat_line l
where l.channel_id = $1 and l.author_id = $2 and l.client_id = $3
"""
_NAMES = "select username_key from core_user where username_key = any($1) and state = 'active'"
ASKED = "Another plugin asks for a look at it."


class Sender:
    """Takes messages; every one that is acknowledged is stored, once, however often it was sent."""

    def __init__(
        self, context: PluginContext, settings: ChatSettings, batches: Batches, barriers: Barriers, book: EmoteBook
    ) -> None:
        self._context = context
        self._settings = settings
        self._batches = batches
        self._book = book
        self._entrance = Entrance(context, barriers, book)
        self._badges = Badges(context)
        self.held = HeldMessages(context, self.store)

    async def send(
        self,
        channel_id: UUID,
        actor: Actor,
        text: str,
        *,
        client_id: str,
        reply_to: UUID | None = None,
        accent: str = "",
    ) -> Stored | Held:
        """Store a message and answer its place. The same `client_id` again answers the place of the first.

        Held is the answer when a moderator has to look at it first.

        Raises a Refusal: not signed in, shut out, too fast (with `retry_after`), rejected, or nothing to say.
        """
        if actor.user_id is None:
            raise Unauthenticated("Sign in to write in chat.")
        self._context.domain.accounts.check_may_act(actor)
        message = check_text(text, self._settings.max_length)
        check_client_id(client_id)
        try:
            return await self._checked(channel_id, actor.user_id, message, client_id, reply_to, accent)
        except Refusal:
            # a repeat of what is stored already is no new message, whatever became of its author since
            known = await self._known(channel_id, actor.user_id, client_id)
            if known is None:
                raise
            return known

    async def store(
        self, channel_id: UUID, author: Standing, text: str, reply_to: UUID | None, client_id: str
    ) -> Stored:
        """Store a message that a moderator let through; what it answered may be gone by now."""
        try:
            quote = await self._quote(channel_id, reply_to)
        except Invalid:
            quote = None
        return await self._batches.put(channel_id, await self._waiting(channel_id, author, text, quote, client_id))

    async def _checked(
        self, channel_id: UUID, user_id: UUID, text: str, client_id: str, reply_to: UUID | None, accent: str
    ) -> Stored | Held:
        author = await self._author(channel_id, user_id)
        if accent:
            require_moderator(author, Right.CHAT_MODES)
        quote = await self._quote(channel_id, reply_to)
        await self._count(channel_id, author)
        draft = DraftMessage(
            channel_id=channel_id,
            author_id=author.user_id,
            author_name=author.name,
            role=author.role,
            text=text,
            reply_to=reply_to,
        )
        shaped, asked = await self._reviewed(draft)
        # last of all: what is refused for another reason must not start the slow mode
        reason = await self._entrance.check(channel_id, author, shaped) or asked
        known = await self._known(channel_id, user_id, client_id) if reason else None
        if reason and known is None:
            wanted = Keep(
                channel_id=channel_id,
                author_id=user_id,
                text=shaped,
                reply_to=reply_to,
                client_id=client_id,
                reason=reason,
            )
            return await self.held.keep(wanted)
        if known is not None:
            return known
        line = await self._waiting(channel_id, author, shaped, quote, client_id, accent)
        return await self._batches.put(channel_id, line)

    async def _known(self, channel_id: UUID, user_id: UUID, client_id: str) -> Stored | None:
        rows = await self._context.db.fetch(_KNOWN, [channel_id, user_id, client_id])
        return Stored(rows[0]["id"], rows[0]["seq"], rows[0]["created_at"]) if rows else None

    async def _author(self, channel_id: UUID, user_id: UUID) -> Standing:
        now = self._context.clock.now()
        author = (await standings(self._context.db, channel_id, [user_id], now)).get(user_id)
        if author is None:
            raise NotFound("There is no such chat; it may have gone with its channel.")
        if not author.active:
            raise Forbidden("This account was closed by the operators of this site.", code="account-closed")
        if author.restricted is not None:
            raise shut_out(author.restricted, now)
        if author.warned:
            raise warned()
        return author

    async def _quote(self, channel_id: UUID, reply_to: UUID | None) -> Quote | None:
        if reply_to is None:
            return None
        line = await find(self._context.db, channel_id, reply_to)
        if line is None or line.removed:
            raise Invalid("The message that you answer is not there any more; send yours without it.", field="reply_to")
        return quote_of(line.id, line.author.id, line.author.name, line.text, removed=False)

    async def _count(self, channel_id: UUID, author: Standing) -> None:
        """One bucket an account over all chats; who moderates has a larger one in their own chat."""
        settings, per = self._settings, timedelta(seconds=self._settings.rate_seconds)
        key, limit = f"chat:{author.user_id}", settings.rate_messages
        if author.role != "member":
            key, limit = f"{key}:{channel_id}", max(limit, settings.moderator_rate_messages)
        verdict = await self._context.limiter.hit(key, limit, per)
        if not verdict.allowed:
            raise too_fast(verdict.retry_after_s)

    async def _reviewed(self, draft: DraftMessage) -> tuple[str, str]:
        """The text after all plugins had their say, and why a moderator has to look at it, if one has to.

        Raises Invalid or Forbidden when it must not be sent.
        """
        shaped = await self._context.hooks.fold(chat_specs.shape_chat_message, draft)
        # only the text may be changed on the way; a plugin that writes in somebody else's name is not obeyed
        draft = dataclasses.replace(draft, text=check_text(shaped.text, self._settings.max_length))
        answers = await self._context.hooks.ask(moderation_specs.review_chat_message, draft=draft)
        reviews = [answer.value for answer in answers if answer.value is not None]
        strictest = max(reviews, key=_verdict, default=None)
        if strictest is not None and strictest.verdict is Verdict.REJECT:
            raise Forbidden(strictest.reason or "This message was rejected.", field="text", code="rejected")
        if strictest is not None and strictest.verdict is Verdict.HOLD:
            # owner and moderators are asked by nobody: they are who would look
            return draft.text, "" if draft.role != "member" else strictest.reason or ASKED
        return draft.text, ""

    async def _waiting(
        self,
        channel_id: UUID,
        author: Standing,
        text: str,
        quote: Quote | None,
        client_id: str,
        accent: str = "",
    ) -> Waiting:
        names = mentioned(text)
        if names:
            there = {row["username_key"] for row in await self._context.db.fetch(_NAMES, [names])}
            names = [name for name in names if name in there]
        return Waiting(
            id=uuid7(),
            author=Author(id=author.user_id, username=author.username, name=author.name, bot=author.bot),
            author_id=author.user_id,
            role=author.role,
            text=text,
            mentions=names,
            emotes=await self._book.found(channel_id, text),
            quote=quote,
            client_id=client_id,
            badges=await self._badges.of(author.user_id, channel_id),
            accent=accent,
        )


def _verdict(review: Review) -> int:
    return review.verdict


def check_client_id(client_id: str) -> None:
    """Raises Invalid for what can't be stored as the id of a message in its sender's page."""
    if not 1 <= len(client_id) <= 36 or not client_id.isascii() or not client_id.isprintable():
        raise Invalid("client_id is 1 to 36 printable characters that you choose, such as a UUID.", field="client_id")
