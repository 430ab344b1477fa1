"""What all events that pages send to the chat have in common: the channel, who may send them, how much is parsed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from aethex_live.scopes import Scope

if TYPE_CHECKING:
    from aethex_live.realtime.contracts import Handler

ACCOUNT = "anyone with an account"
MODERATOR = "owner and moderators of the channel"
# bounds of what is parsed at all; the rules and their sentences are the service's
MOST_TEXT = 4000
MOST_REASON = 1000

# name without "chat.", form, handler, who may send it, and the scope that a token needs
Found = tuple[str, type[BaseModel], "Handler", str, Scope]


class Data(BaseModel):
    """What every event names: the channel."""

    model_config = ConfigDict(extra="forbid")

    channel: UUID
