"""The panel of a chat: what its template takes, beside the player, in the stream manager, on its own page."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from quart import request

from aethex_live.domain.rights import Right
from aethex_live.hookspecs.web import Slot, SlotContribution
from aethex_live.web import Actor, current_actor
from aethex_live.web.hot import remember

from .lines import hue_of
from .moderation import BAN_PRESETS, LONGEST_REASON, PRESETS
from .preferences import COOKIE, USUAL, Look
from .refusals import span
from .sequence import NOW, PREFIX, topic_of
from .service import Room

if TYPE_CHECKING:
    from aethex_live.web import Form

    from .service import Chat


Place = Literal["watch", "dashboard", "page", "dock", "overlay"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A length that a timeout menu offers."""

    seconds: int
    label: str


TIMEOUTS = tuple(Preset(seconds=seconds, label=span(seconds)) for seconds in PRESETS)
BANS = tuple(Preset(seconds=seconds, label=span(seconds)) for seconds in BAN_PRESETS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """chat/panel.html. `next` is where forms lead back to; `client_id` makes a form sent twice one line."""

    channel_id: UUID
    slug: str
    name: str
    room: Room
    next: str
    client_id: str
    max_length: int
    place: Place = "watch"
    text: str = ""
    problem: str = ""
    look: Look = USUAL
    dock: str = ""

    @property
    def topic(self) -> str:
        """The realtime topic; moderators hear everything without the channel's delay."""
        return topic_of(self.channel_id, NOW if self.room.moderator else PREFIX)

    @property
    def hue(self) -> int:
        """The name colour of who looks at it."""
        return hue_of(self.room.me.user_id if self.room.me else None)

    @property
    def base(self) -> str:
        """Below this address stand the chat's own pages."""
        return f"/p/chat/{self.slug}"

    @property
    def blocked(self) -> str:
        """Whom who looks at it has blocked, for its module."""
        return " ".join(str(user_id) for user_id in self.room.blocked)

    @property
    def alone(self) -> bool:
        """Whether there is no session behind it: a token opens it in OBS, and nothing leads to other pages."""
        return self.place in ("dock", "overlay")

    @property
    def may_judge(self) -> bool:
        """Whether who looks at it decides about messages that wait."""
        return self.room.moderator and self.room.me is not None and Right.CHAT_DELETE in self.room.me.rights

    @property
    def may_change_modes(self) -> bool:
        """Whether who looks at it may change the modes."""
        return self.room.me is not None and Right.CHAT_MODES in self.room.me.rights

    @property
    def may_answer(self) -> bool:
        """Whether who looks at it answers requests to be let in again."""
        return self.room.moderator and self.room.me is not None and Right.CHAT_BAN in self.room.me.rights

    @property
    def timeouts(self) -> tuple[Preset, ...]:
        """What a timeout menu offers."""
        return TIMEOUTS

    @property
    def longest_reason(self) -> int:
        """Characters of a reason."""
        return LONGEST_REASON


class Panels:
    """Makes panels, and puts them into the slots of the core's pages."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def slots(self) -> list[SlotContribution]:
        """Beside the player, in the stream manager, and the links in the account settings."""
        return [
            SlotContribution(slot=Slot.WATCH_SIDEBAR, template="chat/panel.html", context=self._beside),
            SlotContribution(slot=Slot.DASHBOARD_CHAT, template="chat/panel.html", context=self._managed),
            SlotContribution(slot=Slot.ACCOUNT_NAV, template="chat/account_nav.html", context=_path),
        ]

    async def panel(
        self,
        channel_id: UUID,
        slug: str,
        name: str,
        actor: Actor,
        *,
        next_page: str,
        place: Place,
        form: Form[Any] | None = None,
        dock: str = "",
    ) -> Panel:
        """The panel of a channel, with what was typed and refused when `form` is given; `dock`: what a dock may do."""
        room = await self._room(channel_id, actor)
        return Panel(
            channel_id=channel_id,
            slug=slug,
            name=name,
            room=room,
            look=room.look if actor.signed_in else Look.of_cookie(request.cookies.get(COOKIE, "")),
            dock=dock,
            next=next_page,
            client_id=str(uuid.uuid4()),
            max_length=self._chat.settings.max_length,
            place=place,
            text=form.values.get("text", "") if form else "",
            problem=next(iter(form.errors.values()), "") if form else "",
        )

    async def _room(self, channel_id: UUID, actor: Actor) -> Room:
        """All who are not signed in enter the same room; what was said since comes with its live part."""
        if actor.signed_in:
            return await self._chat.room(channel_id, actor)
        return await remember(("chat", channel_id), lambda: self._chat.room(channel_id, actor))

    async def _beside(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"panel": await self._in_slot(given["channel"], "watch")}

    async def _managed(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"panel": await self._in_slot(given["channel"], "dashboard")}

    async def _in_slot(self, channel: Any, place: Literal["watch", "dashboard"]) -> Panel:
        """`channel` is what the page shows of it: id, slug and name."""
        return await self.panel(
            UUID(str(channel.id)),
            channel.slug,
            channel.name,
            current_actor(),
            next_page=request.path,
            place=place,
        )


async def _path(_given: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"path": request.path}
