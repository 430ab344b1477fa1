"""Who may write what at this moment, by the modes of the chat; each refusal says what would let one write."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.errors import Forbidden, TooMany

from .emote_text import only_emotes
from .refusals import span
from .text import has_link

if TYPE_CHECKING:
    from aethex_live import PluginContext

    from .barriers import Barriers
    from .emote_book import EmoteBook
    from .standing import Standing

LATELY = 20  # messages of the person, and of the last ten minutes
LATELY_S = 600
LINK = "It has a link."
FIRST = "It is the first message of this person here."

_LATELY = """
select l.text from chat_line l
where l.channel_id = $1 and l.author_id = $2 and l.kind = 'message' and l.deleted_at is null and l.created_at > $3
order by l.seq desc limit $4
"""
_WROTE = """
select 1 from chat_line l
where l.channel_id = $1 and l.author_id = $2 and l.kind = 'message' and l.deleted_at is null limit 1
"""


class Entrance:
    """Holds back what the modes hold back; owner and moderators always may."""

    def __init__(self, context: PluginContext, barriers: Barriers, book: EmoteBook) -> None:
        self._context = context
        self._barriers = barriers
        self._book = book

    async def check(self, channel_id: UUID, author: Standing, text: str) -> str:
        """Why a moderator has to look at the message first; empty when nobody has to.

        Raises Forbidden or TooMany (with `retry_after`); a message that passes starts its author's slow mode.
        """
        if author.role != "member":
            return ""
        asked = await self._barriers.asked(channel_id, author.user_id)
        modes = asked.modes
        if asked.barrier is not None:
            raise asked.barrier.refusal()
        if not modes.any:
            return ""
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
        if link:
            return LINK
        return FIRST if modes.hold_newcomers and await self._is_new(channel_id, author) else ""

    async def _is_new(self, channel_id: UUID, author: Standing) -> bool:
        return not await self._context.db.fetch(_WROTE, [channel_id, author.user_id])

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
