"""Badges that other plugins give somebody in a channel: asked for when they write, and kept for a minute."""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.hookspecs import chat as specs
from aethex_live.hookspecs.chat import ChatBadge

if TYPE_CHECKING:
    from aethex_live import PluginContext

MOST = 3  # badges of one person, beside that of their role
KEPT_S = 60.0
KEPT = 10_000  # people
LONGEST_LABEL = 40

_KEY = re.compile(r"[a-z0-9][a-z0-9_.-]{0,31}")
_ICON = re.compile(r"/(?!/)[A-Za-z0-9_./~%@-]{1,300}")

Badge = dict[str, str]
"""As it is stored and sent: key, label, icon."""


class Badges:
    """Asks the plugins, at most once a minute for each person and channel."""

    def __init__(self, context: PluginContext) -> None:
        self._context = context
        self._kept: OrderedDict[tuple[int, int], tuple[float, list[Badge]]] = OrderedDict()

    async def of(self, user_id: UUID, channel_id: UUID) -> list[Badge]:
        """What somebody wears in a channel's chat."""
        # numbers: a UUID is slow to hash and to compare
        key, now = (user_id.int, channel_id.int), self._context.clock.monotonic()
        kept = self._kept.get(key)
        if kept is not None and kept[0] > now:
            return kept[1]
        answers = await self._context.hooks.ask(specs.chat_badges, user_id=user_id, channel_id=channel_id)
        found = [as_stored(badge) for answer in answers for badge in answer.value or () if shows(badge)][:MOST]
        self._kept[key] = (now + KEPT_S, found)
        self._kept.move_to_end(key)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return found


def shows(badge: ChatBadge) -> bool:
    """Whether pages can show it: a short key, words for those who can't see it, and a picture of this site."""
    label = badge.label.strip()
    return bool(
        _KEY.fullmatch(badge.key)
        and 0 < len(label) <= LONGEST_LABEL
        and label.isprintable()
        and _ICON.fullmatch(badge.icon)
    )


def as_stored(badge: ChatBadge) -> Badge:
    """The badge as it goes into a line."""
    return {"key": badge.key, "label": badge.label.strip(), "icon": badge.icon}
