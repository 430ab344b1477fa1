"""sharing: what other sites see of this one: previews, players in frames, feeds, sitemap, robots.txt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from quart import Blueprint

from aethex_live import Plugin, PluginContext, hookimpl
from aethex_live.hookspecs.web import Slot, SlotContribution

from .embed import Embeds
from .machines import Machines
from .meta import Heads
from .public import Pictures
from .settings import SharingSettings
from .share import Shares

__all__ = ["SharingPlugin"]


class SharingPlugin(Plugin):
    """Hooks only; everything else stands in the modules beside."""

    settings_class = SharingSettings

    def __init__(self, context: PluginContext) -> None:
        super().__init__(context)
        self._settings = cast("SharingSettings", context.settings)
        pictures = Pictures(context)
        self._heads = Heads(context, self._settings, pictures)
        self._shares = Shares(context, self._settings)
        self._machines = Machines(context, self._settings, pictures)
        self._embeds = Embeds(context, self._settings)

    @hookimpl
    def blueprints(self) -> Sequence[Blueprint]:
        """Pages for people, frames for other sites, documents for machines."""
        return [self._shares.blueprint(), self._embeds.blueprint(), self._machines.blueprint()]

    @hookimpl
    def slots(self) -> Sequence[SlotContribution]:
        """Tags in the head, and the share button of players' pages."""
        button = "sharing/button.html"
        return [
            SlotContribution(slot=Slot.HEAD_META, template="sharing/meta.html", context=self._heads.slot),
            SlotContribution(slot=Slot.WATCH_ACTIONS, template=button, context=self._shares.live, order=50),
            SlotContribution(slot=Slot.VIDEO_ACTIONS, template=button, context=self._shares.video, order=50),
        ]
