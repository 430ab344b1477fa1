"""Hooks of chat, once per message, never per viewer. Provisional until the whole chat is built."""

from __future__ import annotations

from collections.abc import Sequence
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatBadge:
    """A mark before a name in the chat: `key` as "subs.3", `label` for who can't see it, `icon` a file of this site.

    A badge with a key that is no short word, without a label, or with an icon from elsewhere is left out.
    """

    key: str
    label: str
    icon: str


@spec("ask", limit=0.2, provisional=True)
async def chat_badges(user_id: UUID, channel_id: UUID) -> Sequence[ChatBadge] | None:
    """What an account wears in the chat of a channel. The first three count, in the order of plugins.

    Asked when somebody writes, at most once a minute for each person and channel, and stored with the message.
    """


@spec("fold", provisional=True)
async def shape_chat_message(draft: DraftMessage) -> DraftMessage | None:
    """Change the text on its way, or return None to leave it; runs before the review's verdict is asked for."""
