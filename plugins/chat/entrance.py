"""Who may write what at this moment, by the modes of the chat; each refusal says what would let one write."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.errors import Forbidden, TooMany

from .emote_text import only_emotes
from .modes import modes_of
from .refusals import span
from .text import has_link

if TYPE_CHECKING:
    from aethex_live import PluginContext

    from .emote_book import EmoteBook
    from .modes import Modes
    from .standing import Standing

LATELY = 20  # messages of the person, and of the last ten minutes
LATELY_S = 600
LINK = "It has a link."

# a bot counts as the person who answers for it
_ACCOUNT = """
select p.created_at, p.email_verified_at from core_user u join core_user p on p.id = coalesce(u.bot_of_id, u.id)
where u.id = $1
"""
_LATELY = """
select l.text from chat_line l
where l.channel_id = $1 and l.author_id = $2 and l.kind = 'message' and l.deleted_at is null and l.created_at > $3
order by l.seq desc limit $4
"""


class Entrance:
    """Holds back what the modes hold back; owner and moderators always may."""

    def __init__(self, context: PluginContext, book: EmoteBook) -> None:
        self._context = context
        self._book = book

    async def check(self, channel_id: UUID, author: Standing, text: str) -> str:
        """Why a moderator has to look at the message first; empty when nobody has to.

        Raises Forbidden or TooMany (with `retry_after`); a message that passes starts its author's slow mode.
        """
        if author.role != "member":
            return ""
        modes = await modes_of(self._context.db, channel_id)
        if not modes.any:
            return ""
        await self._account(modes, author)
        link = modes.links != "allow" and has_link(text)
        if link and modes.links == "refuse":
            raise Forbidden("Links are off in this chat: write it without the link.", field="text", code="chat-links")
        if modes.emotes_only and not only_emotes(text, await self._book.of(channel_id)):
            raise Forbidden(
                "This chat takes emotes and emoji alone at the moment.", field="text", code="chat-emotes-only"
            )
        if modes.unique_only:
            await self._unique(channel_id, author, text)
        if modes.slow_s:
            await self._slow(channel_id, author, modes.slow_s)
        return LINK if link else ""

    async def _account(self, modes: Modes, author: Standing) -> None:
        if not modes.min_age_minutes and not modes.verified_only:
            return
        rows = await self._context.db.fetch(_ACCOUNT, [author.user_id])
        if not rows:
            return
        if modes.verified_only and rows[0]["email_verified_at"] is None:
            raise Forbidden(
                "Only accounts with a confirmed e-mail address may write here: confirm yours in your settings.",
                code="chat-unverified",
            )
        if modes.min_age_minutes:
            self._age(rows[0]["created_at"], modes.min_age_minutes * 60)

    def _age(self, since: datetime, seconds: float) -> None:
        left = seconds - (self._context.clock.now() - since).total_seconds()
        if left > 0:
            raise Forbidden(
                f"Accounts must be {span(seconds)} old to write here: yours is in {span(left)}.",
                code="chat-account-young",
                retry_after=max(1.0, left),
            )

    async def _unique(self, channel_id: UUID, author: Standing, text: str) -> None:
        since = self._context.clock.now() - timedelta(seconds=LATELY_S)
        rows = await self._context.db.fetch(_LATELY, [channel_id, author.user_id, since, LATELY])
        if alike(text) in {alike(row["text"]) for row in rows}:
            raise Forbidden(
                "You have said that a moment ago, and this chat takes no repeats: say something new.",
                field="text",
                code="chat-repeat",
            )

    async def _slow(self, channel_id: UUID, author: Standing, seconds: int) -> None:
        verdict = await self._context.limiter.hit(
            f"chat.slow:{channel_id}:{seconds}:{author.user_id}", 1, timedelta(seconds=seconds)
        )
        if not verdict.allowed:
            wait = max(1.0, verdict.retry_after_s)
            raise TooMany(
                f"Slow mode is on: you can send this in {span(wait)}.", retry_after=wait, field="text", code="chat-slow"
            )


def alike(text: str) -> str:
    """What two messages share that a reader takes for the same: letters and digits, whatever their case and width."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(character for character in folded if character.isalnum())
    return kept or "".join(folded.split())
