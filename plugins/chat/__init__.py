"""Chat: a live conversation for every channel, with its moderators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from aethex_live import Plugin, PluginContext, PluginSettings, hookimpl
from aethex_live.hookspecs.storage import StorageReference

from . import events, live, reporting
from .acts_api import ActsApi
from .acts_views import ActPages
from .api import ChatApi
from .departed import departed_people
from .dock_pages import DockPages
from .emote_api import EmoteApi
from .emote_files import deleted_channels, outbox_handlers
from .emote_views import EmotePages
from .manner_api import MannerApi
from .manner_pages import MannerPages
from .modes_views import ModePages
from .my_api import MyApi
from .my_pages import MyPages
from .panels import Panels
from .service import Chat
from .settings import ChatSettings
from .views import ChatPages

if TYPE_CHECKING:
    from quart import Blueprint

    from aethex_live.actor import Actor
    from aethex_live.events import Consumer, Event
    from aethex_live.hookspecs.moderation import Reportable
    from aethex_live.hookspecs.web import SlotContribution
    from aethex_live.jobs import OutboxHandler, Schedule
    from aethex_live.realtime import SocketEvent, TopicClass


class ChatPlugin(Plugin):
    """The plugin: hooks only, everything else stands in the modules beside."""

    settings_class: ClassVar[type[PluginSettings]] = ChatSettings

    def __init__(self, context: PluginContext) -> None:
        super().__init__(context)
        self.chat = Chat(context, cast("ChatSettings", context.settings))

    @hookimpl
    def event_types(self) -> Sequence[type[Event]]:
        return events.ALL

    @hookimpl
    def event_consumers(self) -> Sequence[Consumer]:
        return [departed_people(self.context.db), deleted_channels(self.context)]

    @hookimpl
    def outbox_handlers(self) -> Sequence[OutboxHandler]:
        return [*outbox_handlers(self.context), self.chat.clearing.handler()]

    @hookimpl
    def storage_references(self) -> Sequence[StorageReference]:
        return [StorageReference(table="chat_emote")]

    @hookimpl
    def schedules(self) -> Sequence[Schedule]:
        return [*self.chat.held.schedules(), *self.chat.delays.schedules()]

    @hookimpl
    async def startup(self) -> None:
        await self.chat.delays.start()

    @hookimpl
    def topics(self) -> Sequence[TopicClass]:
        return live.topic_classes(self.chat)

    @hookimpl
    def socket_events(self) -> Sequence[SocketEvent]:
        return live.Handlers(self.chat).events()

    @hookimpl
    async def may_subscribe(self, topic: str, actor: Actor) -> bool | None:
        return await live.may_subscribe(self.chat, topic, actor)

    @hookimpl
    async def describe_reportable(self, kind: str, subject_id: str) -> Reportable | None:
        return await reporting.describe(self.context.db, kind, subject_id)

    @hookimpl
    def blueprints(self) -> Sequence[Blueprint]:
        emotes = self.chat.emotes
        return [
            ChatPages(self.chat).blueprint(),
            ModePages(self.chat).blueprint(),
            ActPages(self.chat).blueprint(),
            ChatApi(self.chat).blueprint(),
            ActsApi(self.chat).blueprint(),
            MyPages(self.chat).blueprint(),
            DockPages(self.chat).blueprint(),
            MyApi(self.chat).blueprint(),
            EmotePages(emotes).blueprint(),
            EmoteApi(emotes).blueprint(),
            MannerPages(self.chat).blueprint(),
            MannerApi(self.chat).blueprint(),
        ]

    @hookimpl
    def slots(self) -> Sequence[SlotContribution]:
        return [*Panels(self.chat).slots(), *EmotePages(self.chat.emotes).slots()]

    @hookimpl
    def page_modules(self) -> Mapping[str, str]:
        return {"@chat/room": "room.js"}

    @hookimpl
    async def shutdown(self) -> None:
        await self.chat.close()
