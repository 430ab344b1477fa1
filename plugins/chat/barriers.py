"""Why somebody can't write at this moment, and what would let them: one list for pages, sockets and the API.

| code | what would let one write | where |
| --- | --- | --- |
| chat-unverified | confirm the address | the account's settings |
| chat-account-young | wait | |
| chat-followers-only | follow, or wait | where the plugin says |
| chat-subscribers-only | subscribe | where the plugin says |
| chat-rules | read and accept the rules | the chat's page of them |

What depends on the message (links, repeats, slow mode) is said when it is sent, and by the modes' sentences before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from aethex_live.errors import Forbidden

from .modes import COLUMNS, Modes
from .refusals import span

if TYPE_CHECKING:
    from aethex_live import PluginContext

    from .entitled import Entitled

# one query a message: the modes, what the rules ask for, and the account; a bot counts as the person who answers for it
_ASKED = """
select {modes}, c.slug, p.created_at, p.email_verified_at, r.version as rules, a.version as accepted
from core_channel c
join core_user u on u.id = $2
join core_user p on p.id = coalesce(u.bot_of_id, u.id)
left join chat_modes m on m.channel_id = c.id
left join chat_rules r on r.channel_id = c.id and r.text <> ''
left join chat_rules_accepted a on a.channel_id = c.id and a.user_id = u.id
where c.id = $1
""".format(modes=", ".join(f"m.{name}" for name in COLUMNS))  # names of the class Modes


@dataclass(frozen=True, slots=True, kw_only=True)
class Barrier:
    """Why one can't write: the refusal's code and sentence, what to do about it where, and when it ends by itself."""

    code: str
    sentence: str
    label: str = ""
    path: str = ""
    seconds: float | None = None

    def refusal(self) -> Forbidden:
        """The refusal of a message."""
        wait = None if self.seconds is None else max(1.0, self.seconds)
        return Forbidden(self.sentence, code=self.code, retry_after=wait)

    def as_json(self) -> dict[str, Any]:
        """As pages and the API have it; `retry_after` in seconds."""
        action = {"label": self.label, "path": self.path} if self.path else None
        return {"code": self.code, "detail": self.sentence, "action": action, "retry_after": self.seconds}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a chat asks of somebody: its modes, and what keeps them from writing whatever they write."""

    modes: Modes
    barrier: Barrier | None


class Barriers:
    """Looks for the first thing that keeps a member from writing; owner and moderators are not asked."""

    def __init__(self, context: PluginContext, entitled: Entitled) -> None:
        self._context = context
        self._entitled = entitled

    async def asked(self, channel_id: UUID, user_id: UUID) -> Asked:
        """What holds for an account at this moment."""
        rows = await self._context.db.fetch(_ASKED, [channel_id, user_id])
        if not rows:
            return Asked(Modes(), None)
        row = rows[0]
        modes = Modes() if row["slow_s"] is None else Modes(**{name: row[name] for name in COLUMNS})
        found = self._account(modes, row) if modes.any else None
        if found is None and (modes.followers_only or modes.subscribers_only):
            found = await self._entitled.barrier(modes, channel_id, row["slug"], user_id)
        return Asked(modes, found or _rules(row))

    def _account(self, modes: Modes, row: Mapping[str, Any]) -> Barrier | None:
        if modes.verified_only and row["email_verified_at"] is None:
            return Barrier(
                code="chat-unverified",
                sentence="Only accounts with a confirmed e-mail address may write here: "
                "confirm yours in your settings.",
                label="Settings",
                path="/settings#account",
            )
        return self._age(row["created_at"], modes.min_age_minutes * 60) if modes.min_age_minutes else None

    def _age(self, since: datetime, seconds: float) -> Barrier | None:
        left = seconds - (self._context.clock.now() - since).total_seconds()
        if left <= 0:
            return None
        return Barrier(
            code="chat-account-young",
            sentence=f"Accounts must be {span(seconds)} old to write here: yours is in {span(left)}.",
            seconds=left,
        )


def _rules(row: Mapping[str, Any]) -> Barrier | None:
    if row["rules"] is None or (row["accepted"] or 0) >= row["rules"]:
        return None
    again = "The rules of this chat have changed" if row["accepted"] else "This chat has rules"
    return Barrier(
        code="chat-rules",
        sentence=f"{again}: read and accept them to write.",
        label="Read the rules",
        path=f"/p/chat/{row['slug']}/rules",
    )
