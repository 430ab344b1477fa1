"""Parts of other pages: the report buttons, and the ways to the queues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from quart import request

from aethex_live.hookspecs.web import Slot, SlotContribution
from aethex_live.models import Channel
from aethex_live.web import current_actor

from .queue import CHAT, CHAT_PERSON, Queue

if TYPE_CHECKING:
    from aethex_live import PluginContext

Given = Mapping[str, Any]
Shown = Mapping[str, Any] | None
BUTTON = "reports/button.html"


class Parts:
    """What the slots show."""

    def __init__(self, context: PluginContext, queue: Queue) -> None:
        self._context = context
        self._queue = queue

    def slots(self) -> list[SlotContribution]:
        """All of them."""
        return [
            SlotContribution(slot=Slot.WATCH_ACTIONS, template=BUTTON, context=self.live, order=90),
            SlotContribution(slot=Slot.VIDEO_ACTIONS, template=BUTTON, context=self.video, order=90),
            SlotContribution(slot=Slot.CHANNEL_ACTIONS, template=BUTTON, context=self.channel, order=90),
            SlotContribution(
                slot=Slot.CHANNEL_ACTIONS, template="reports/waiting.html", context=self.waiting, order=80
            ),
            SlotContribution(slot=Slot.CHAT_USER_CARD, template="reports/card.html", context=self.line, order=90),
            SlotContribution(
                slot=Slot.CHAT_MESSAGE_ACTIONS, template="reports/message.html", context=self.message, order=90
            ),
            SlotContribution(slot=Slot.STUDIO_NAV, template="reports/nav.html", context=self.studio, order=90),
            SlotContribution(slot=Slot.ADMIN_NAV, template="reports/nav.html", context=self.admin, order=40),
        ]

    async def live(self, given: Given) -> Shown:
        """On a watch page: what is on, else the channel."""
        channel, live = given["channel"], given["live"]
        if channel.can_manage:
            return None
        kind, number = ("broadcast", live.broadcast_id) if live else ("channel", channel.id)
        return {"report_href": href(kind, number)}

    async def video(self, given: Given) -> Shown:
        """On a video's page."""
        return None if given["channel"].can_manage else {"report_href": href("recording", given["video"].id)}

    async def channel(self, given: Given) -> Shown:
        """On a channel's page."""
        return None if given["channel"].can_manage else {"report_href": href("channel", given["channel"].id)}

    async def line(self, given: Given) -> Shown:
        """On the card of somebody who wrote: the message that led there, else the person."""
        line, person = given["line"], given["person"]
        if person.id == current_actor().user_id:
            return None
        if line is None or line.removed:
            return {"report_href": href(CHAT_PERSON, f"{given['channel'].id.hex}{person.id.hex}"), "of_line": False}
        return {"report_href": href(CHAT, str(line.id)), "of_line": True}

    async def message(self, _: Given) -> Shown:
        """Among the tools of a message in a chat; the page puts its id behind the address."""
        return {"report_href": href(CHAT, "")}

    async def waiting(self, given: Given) -> Shown:
        """On a channel's page, for its moderators: reports about its chat."""
        actor = current_actor()
        if not actor.signed_in:
            return None
        channel = await Channel.get_or_none(id=given["channel"].id)
        if channel is None or await self._context.domain.channels.role_of(channel, actor) is None:
            return None
        count = await self._queue.count(channel.id)
        return {"report_href": f"/p/reports/channels/{channel.slug}", "report_count": count} if count else None

    async def studio(self, given: Given) -> Shown:
        """In the studio's rail."""
        channel = given["channel"]
        if channel is None:
            return None
        count = await self._queue.count(channel.id)
        return _rail(f"/p/reports/channels/{channel.slug}", count)

    async def admin(self, _: Given) -> Shown:
        """In the operators' rail."""
        return _rail("/p/reports/queue", await self._queue.count())


def _rail(address: str, count: int) -> Shown:
    return {"report_href": address, "report_count": count, "report_current": request.path == address}


def href(kind: str, number: str) -> str:
    """The form about a thing."""
    return f"/p/reports/new?{urlencode({'kind': kind, 'id': number})}"
