"""reports: people say what should not be here, operators and moderators decide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from quart import Blueprint

from aethex_live import Plugin, PluginContext, hookimpl
from aethex_live.events import Event
from aethex_live.hookspecs.web import SlotContribution
from aethex_live.jobs import OutboxHandler, Schedule

from . import events, mails
from .api import Api
from .parts import Parts
from .queue import Queue
from .service import Reports
from .settings import ReportsSettings
from .subjects import Subjects
from .views import Pages

__all__ = ["ReportsPlugin"]


class ReportsPlugin(Plugin):
    """Hooks only; everything else stands in the modules beside."""

    settings_class = ReportsSettings

    def __init__(self, context: PluginContext) -> None:
        super().__init__(context)
        subjects, self._queue = Subjects(context), Queue(context.db)
        self._reports = Reports(context, cast("ReportsSettings", context.settings), subjects)
        self._pages = Pages(self._reports, self._queue, subjects)
        self._api = Api(self._reports, self._queue)
        self._parts = Parts(context, self._queue)

    @hookimpl
    def event_types(self) -> Sequence[type[Event]]:
        """What the log hears of reports."""
        return events.ALL

    @hookimpl
    def blueprints(self) -> Sequence[Blueprint]:
        """The form, the queues, and the API."""
        return [self._pages.blueprint(), self._api.blueprint()]

    @hookimpl
    def slots(self) -> Sequence[SlotContribution]:
        """Buttons where things can be reported, and the ways to the queues."""
        return self._parts.slots()

    @hookimpl
    def outbox_handlers(self) -> Sequence[OutboxHandler]:
        """Mails to those who wanted to hear."""
        return [mails.tell(self.context)]

    @hookimpl
    def schedules(self) -> Sequence[Schedule]:
        """Closed reports are forgotten in time."""
        return [Schedule("reports.tidy", timedelta(days=1), self._tidy)]

    async def _tidy(self) -> None:
        if count := await self._reports.tidy():
            self.context.log.info("forgot %s closed reports", count)
