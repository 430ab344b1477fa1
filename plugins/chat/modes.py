"""The modes of a chat: how often, what and who may write; read for every message, changed by moderators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from aethex_live.errors import Invalid

from .refusals import span

if TYPE_CHECKING:
    from aethex_live.db import Database

Links = Literal["allow", "hold", "refuse"]

SLOWEST = 600  # seconds
OLDEST = 90 * 24 * 60  # minutes
LATEST = 10  # seconds that viewers may be behind
SLOW_PRESETS = (0, 3, 10, 30, 60, 120)  # seconds: what the form offers
DELAY_PRESETS = (0, 2, 4, 6, 8, 10)  # seconds
AGE_PRESETS = (0, 10, 60, 24 * 60, 7 * 24 * 60, 30 * 24 * 60)  # minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Modes:
    """What holds for everybody but the owner and the moderators of a channel.

    `slow_s` seconds between two messages of one person (0: as they like); `unique_only` refuses what the person said
    lately; `links` are allowed, held for a moderator, or refused; `min_age_minutes` of the account; `verified_only`
    asks for a confirmed e-mail address; `emotes_only` takes emotes, emoji and spaces alone. `followers_only` asks for a
    follow of the channel that is `follow_minutes` old, `subscribers_only` for a subscription. Viewers see everything
    `delay_s` seconds later than moderators. `hold_newcomers` lets a moderator see first what comes from who has never
    written here.
    """

    slow_s: int = 0
    unique_only: bool = False
    links: Links = "allow"
    min_age_minutes: int = 0
    verified_only: bool = False
    emotes_only: bool = False
    followers_only: bool = False
    follow_minutes: int = 0
    subscribers_only: bool = False
    delay_s: int = 0
    hold_newcomers: bool = False

    @property
    def any(self) -> bool:
        """Whether anything is held back at all."""
        return self != OPEN

    @property
    def sentences(self) -> list[str]:
        """What stands above the field for those whom it holds back."""
        found = []
        if self.slow_s:
            found.append(f"Slow mode: one message every {span(self.slow_s)}.")
        if self.unique_only:
            found.append("Messages must not repeat themselves.")
        if self.links == "refuse":
            found.append("No links.")
        if self.links == "hold":
            found.append("A moderator looks at links first.")
        if self.hold_newcomers:
            found.append("A moderator looks at a person's first message here.")
        if self.emotes_only:
            found.append("Emotes and emoji only.")
        if self.min_age_minutes:
            found.append(f"Accounts must be {span(self.min_age_minutes * 60)} old to write.")
        if self.verified_only:
            found.append("Only accounts with a confirmed e-mail address may write.")
        return [*found, *self._circles]

    @property
    def _circles(self) -> list[str]:
        found = []
        if self.followers_only and self.follow_minutes:
            found.append(f"Only who has followed this channel for {span(self.follow_minutes * 60)} may write.")
        elif self.followers_only:
            found.append("Only followers of this channel may write.")
        if self.subscribers_only:
            found.append("Only subscribers of this channel may write.")
        if self.delay_s:
            found.append(f"Viewers see messages {span(self.delay_s)} later.")
        return found

    def as_json(self) -> dict[str, Any]:
        """As pages and the API have it."""
        return {**asdict(self), "sentences": self.sentences}


OPEN = Modes()
WORDS: Mapping[str, str] = MappingProxyType(
    {
        "slow_s": "Slow mode",
        "unique_only": "No repeats",
        "links": "Links",
        "min_age_minutes": "Age of accounts",
        "verified_only": "Confirmed e-mail address",
        "emotes_only": "Emotes only",
        "followers_only": "Followers only",
        "follow_minutes": "Age of the follow",
        "subscribers_only": "Subscribers only",
        "delay_s": "Delay for viewers",
        "hold_newcomers": "First messages held",
    }
)
_LINKS = MappingProxyType({"allow": "allowed", "hold": "held for a moderator", "refuse": "not allowed"})
COLUMNS = tuple(field.name for field in fields(Modes))
# the names are those of the class above
_READ = f"select {', '.join(COLUMNS)} from chat_modes where channel_id = $1"  # noqa: S608


def said(name: str, value: object) -> str:
    """The value of a mode in words: "30 seconds", "on", "not allowed"."""
    if isinstance(value, bool) or not value:
        return "on" if value else "off"
    if isinstance(value, int):
        return span(value * 60 if name.endswith("_minutes") else value)
    return _LINKS.get(str(value), str(value))


async def modes_of(db: Database, channel_id: UUID) -> Modes:
    """The modes of a channel's chat."""
    rows = await db.fetch(_READ, [channel_id])
    return Modes(**rows[0]) if rows else OPEN


def check_modes(modes: Modes) -> Modes:
    """The same modes. Raises Invalid about the field that is out of bounds."""
    if not 0 <= modes.slow_s <= SLOWEST:
        raise Invalid(f"Slow mode takes 0 to {SLOWEST} seconds; 0 turns it off.", field="slow_s")
    if not 0 <= modes.min_age_minutes <= OLDEST:
        raise Invalid(f"The age of accounts is 0 to {OLDEST:,} minutes (90 days).", field="min_age_minutes")
    if not 0 <= modes.follow_minutes <= OLDEST:
        raise Invalid(f"The age of a follow is 0 to {OLDEST:,} minutes (90 days).", field="follow_minutes")
    if not 0 <= modes.delay_s <= LATEST:
        raise Invalid(f"Viewers see messages 0 to {LATEST} seconds later.", field="delay_s")
    if modes.links not in ("allow", "hold", "refuse"):
        raise Invalid("Links are allowed, held for a moderator, or refused.", field="links")
    return modes
