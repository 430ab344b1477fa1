"""Announcements: messages of owner and moderators that stand out from the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args
from uuid import UUID

from aethex_live.errors import Invalid

if TYPE_CHECKING:
    from aethex_live.actor import Actor

    from .batches import Stored
    from .held import Held
    from .sending import Sender

Accent = Literal["note", "good", "warn"]
ACCENTS: tuple[str, ...] = get_args(Accent)


class Announcements:
    """Sends them: messages like all others, with an accent, by moderators with the right to change the modes."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def send(
        self, channel_id: UUID, actor: Actor, text: str, *, accent: str = "note", client_id: str
    ) -> Stored | Held:
        """Announce something. Raises what Sender.send does, Forbidden without the right, Invalid about `accent`."""
        if accent not in ACCENTS:
            raise Invalid("An announcement is a note, good news or a warning.", field="accent")
        return await self._sender.send(channel_id, actor, text, client_id=client_id, accent=accent)
