"""The emotes of each channel that may be used, in memory; every process hears when they change."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from .emote_text import MOST_KINDS, codes

if TYPE_CHECKING:
    from aethex_live import PluginContext

CHANGED = "chat.emotes"  # on the control channel
MOST_CHANNELS = 2_000
KEPT_S = 300.0  # behind the control channel, should a message be lost
_APPROVED = (
    "select id, code, code_key, animated from chat_emote where channel_id = $1 and state = 'approved' order by code_key"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Emote:
    """An emote as messages carry it."""

    id: UUID
    code: str
    animated: bool

    def as_json(self) -> dict[str, Any]:
        """As it is stored with a message and goes to pages."""
        return {"code": self.code, "id": str(self.id), "animated": self.animated}


Known = Mapping[str, Emote]
"""Emotes by their code in lower case."""


class EmoteBook:
    """What `:code:` means in a channel; read once and kept until it changes."""

    def __init__(self, context: PluginContext) -> None:
        self._context = context
        self._known: OrderedDict[UUID, tuple[float, Known]] = OrderedDict()
        self._changes = 0
        context.control.on(CHANGED, self._heard)

    async def of(self, channel_id: UUID) -> Known:
        """The emotes of a channel that may be used."""
        now = self._context.clock.monotonic()
        kept = self._known.get(channel_id)
        if kept is not None and kept[0] > now:
            self._known.move_to_end(channel_id)
            return kept[1]
        changes = self._changes
        rows = await self._context.db.fetch(_APPROVED, [channel_id])
        known = {row["code_key"]: Emote(id=row["id"], code=row["code"], animated=row["animated"]) for row in rows}
        if changes == self._changes:  # else somebody changed them while they were read
            self._known[channel_id] = (now + KEPT_S, known)
            if len(self._known) > MOST_CHANNELS:
                self._known.popitem(last=False)
        return known

    async def found(self, channel_id: UUID, text: str) -> list[dict[str, Any]]:
        """The emotes in a text, each once, in their order; costs nothing where no colon is."""
        if ":" not in text:
            return []
        known = await self.of(channel_id)
        kinds = dict.fromkeys(found.code.lower() for found in codes(text, known))
        return [known[kind].as_json() for kind in list(kinds)[:MOST_KINDS]]

    def forget(self, channel_id: UUID) -> None:
        """Read them again; after the commit of a change, and `tell` inside of it."""
        self._changes += 1
        self._known.pop(channel_id, None)

    async def tell(self, channel_id: UUID) -> None:
        """Let every process read them again after the commit."""
        await self._context.control.send(CHANGED, {"channel_id": str(channel_id)})

    def _heard(self, data: dict[str, Any]) -> None:
        self.forget(UUID(str(data["channel_id"])))
