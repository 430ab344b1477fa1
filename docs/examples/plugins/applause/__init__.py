"""applause: a button under the player that claps, and how much each broadcast got."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint

from aethex_live import Plugin, PluginContext, PluginSettings, ServiceKey, hookimpl
from aethex_live.events import Event, Recorded
from aethex_live.hookspecs.web import Slot, SlotContribution
from aethex_live.realtime import Call, SocketEvent, TopicClass

from .service import APPLAUSE, TOPIC, ApplauseCounted, Claps
from .views import Pages

if TYPE_CHECKING:
    from aethex_live.actor import Actor


class ApplauseSettings(PluginSettings):
    """What operators set in aethex.toml below [plugins.applause]."""

    word: str = Field("Applause", min_length=1, max_length=30, description="what the button says")
    per_minute: int = Field(30, ge=1, le=600, description="claps a minute from one account")


class Clap(BaseModel):
    """What a page sends."""

    broadcast: UUID


class ApplausePlugin(Plugin):
    """Every hook in one place; the rules stand in service.py."""

    settings_class = ApplauseSettings

    def __init__(self, context: PluginContext) -> None:
        super().__init__(context)
        self._settings = cast("ApplauseSettings", context.settings)
        self._claps = Claps(context, self._settings.per_minute)

    # --- what the site asks for at the start

    @hookimpl
    def blueprints(self) -> Sequence[Blueprint]:
        return [Pages(self._claps).blueprint()]

    @hookimpl
    def slots(self) -> Sequence[SlotContribution]:
        return [SlotContribution(slot=Slot.WATCH_BELOW_PLAYER, template="applause/button.html", context=self._button)]

    @hookimpl
    def services(self) -> Mapping[ServiceKey[Any], object]:
        return {APPLAUSE: self._claps}

    @hookimpl
    def event_types(self) -> Sequence[type[Event]]:
        return [ApplauseCounted]

    @hookimpl
    def topics(self) -> Sequence[TopicClass]:
        return [TopicClass(prefix=TOPIC, kind="volatile")]

    @hookimpl
    def socket_events(self) -> Sequence[SocketEvent]:
        return [SocketEvent(name="applause.clap", model=Clap, handler=self._clap, access="anyone with an account")]

    # --- what happens while it runs

    @hookimpl
    async def may_subscribe(self, topic: str, actor: Actor) -> bool | None:
        return True if topic.startswith(f"{TOPIC}:") else None

    @hookimpl
    async def broadcast_ended(self, event: Recorded) -> None:
        await self._claps.sum_up(UUID(event.payload["broadcast_id"]))

    async def _button(self, page: Mapping[str, Any]) -> Mapping[str, Any] | None:
        live = page["live"]
        if live is None:
            return None  # nothing is shown, and no module is loaded
        broadcast_id = UUID(live.broadcast_id)
        return {
            "word": self._settings.word,
            "count": await self._claps.of(broadcast_id),
            "topic": f"{TOPIC}:{broadcast_id}",
        }

    async def _clap(self, call: Call) -> Mapping[str, object]:
        return {"count": await self._claps.clap(call.data.broadcast, call.actor)}
