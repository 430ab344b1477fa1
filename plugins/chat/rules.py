"""The rules of a channel's chat: plain text that everybody accepts once before the first message."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.domain.rights import Right
from aethex_live.errors import Conflict, Invalid
from aethex_live.events import record
from aethex_live.ids import uuid7

from . import events
from .moderation import account
from .standing import require_moderator

if TYPE_CHECKING:
    from aethex_live import PluginContext
    from aethex_live.actor import Actor

    from .acts import Acts

LONGEST = 2000  # characters

_READ = "select text, version, changed_at from chat_rules where channel_id = $1"
_WRITE = """
insert into chat_rules (id, channel_id, text, version, changed_at) values ($1, $2, $3, $4, $5)
on conflict (channel_id) do update
set text = excluded.text, version = excluded.version, changed_at = excluded.changed_at
"""
_ACCEPT = """
insert into chat_rules_accepted (id, channel_id, user_id, version, at)
select $1, $2, $3, r.version, $5 from chat_rules r where r.channel_id = $2 and r.version = $4 and r.text <> ''
on conflict (channel_id, user_id) do update set version = excluded.version, at = excluded.at
returning version
"""
_ACCEPTED = "select version from chat_rules_accepted where channel_id = $1 and user_id = $2"


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesText:
    """The rules as they are; no text: there are none. `accepted` is whether who asks has accepted this version."""

    text: str = ""
    version: int = 0
    changed_at: datetime | None = None
    accepted: bool = False


class Rules:
    """Reads, changes and accepts rules."""

    def __init__(self, context: PluginContext, acts: Acts) -> None:
        self._context = context
        self._acts = acts

    async def read(self, channel_id: UUID, actor: Actor | None = None) -> RulesText:
        """The rules of a chat, and whether the actor has accepted them."""
        rows = await self._context.db.fetch(_READ, [channel_id])
        if not rows:
            return RulesText()
        accepted = False
        if actor is not None and actor.user_id is not None:
            found = await self._context.db.fetch(_ACCEPTED, [channel_id, actor.user_id])
            accepted = bool(found) and found[0]["version"] >= rows[0]["version"]
        return RulesText(**rows[0], accepted=accepted)

    async def change(self, channel_id: UUID, actor: Actor, text: str, *, ask_again: bool) -> RulesText:
        """Let these rules hold; with `ask_again` who accepted the old ones accepts them anew. Empty: no rules.

        Raises Unauthenticated, Forbidden, NotFound or Invalid.
        """
        checked = check_rules(text)
        async with self._acts.doing(channel_id, account(actor)) as (act, by):
            require_moderator(by, Right.CHAT_MODES)
            before = await self.read(channel_id)
            if before.text == checked:
                return before
            version = max(1, before.version + int(ask_again and before.version > 0))
            await act.db.execute(_WRITE, [uuid7(), channel_id, checked, version, act.now])
            act.tell("rules", {"there": bool(checked), "version": version, "by": by.name})
            subject = f"channel:{channel_id}"
            event = events.RulesChanged(channel_id=channel_id, rules_version=version, there=bool(checked))
            await record(event, subject=subject, actor=actor.user_id, channel=channel_id)
            detail = {"before": before.text, "after": checked, "version": version}
            audit = self._context.domain.audit
            await audit.write("chat.rules", actor=actor, subject=subject, channel_id=channel_id, detail=detail)
        return RulesText(text=checked, version=version, changed_at=act.now)

    async def accept(self, channel_id: UUID, actor: Actor, version: int) -> None:
        """Note that an account has accepted this version. Raises Unauthenticated, or Conflict when there is another."""
        user_id, now = account(actor), self._context.clock.now()
        if not await self._context.db.fetch(_ACCEPT, [uuid7(), channel_id, user_id, version, now]):
            raise Conflict("These rules have changed in the meantime: read them once more.", code="chat-rules-changed")


def check_rules(text: str) -> str:
    """Lines of plain text, trimmed. Raises Invalid about `text`."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    checked = "\n".join(line.rstrip() for line in lines).strip()
    if any(c != "\n" and unicodedata.category(c) in ("Cc", "Cs") for c in checked):
        raise Invalid("Rules can't contain control characters; remove them.", field="text")
    if len(checked) > LONGEST:
        raise Invalid(f"Use at most {LONGEST:,} characters; these rules have {len(checked):,}.", field="text")
    return checked
