"""Hooks of chat, once per message, never per viewer. Provisional until the whole chat is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from aethex_live.hookspecs._marker import spec


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftMessage:
    """A message before it is stored: who says what where; `role` is the author's in the channel."""

    channel_id: UUID
    author_id: UUID
    author_name: str
    role: Literal["owner", "moderator", "member"]
    text: str
    reply_to: UUID | None = None


@spec("fold", provisional=True)
async def shape_chat_message(draft: DraftMessage) -> DraftMessage | None:
    """Change the text on its way, or return None to leave it; runs before the review's verdict is asked for."""
