"""encore: names the broadcast with most applause. It uses a service of another plugin and does without it, too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from aethex_live import Plugin, ServiceKey, hookimpl
from aethex_live.hookspecs.web import Slot, SlotContribution


class Loudest(Protocol):
    """The part of the service that is used here. It is found by name: no plugin imports another."""

    async def loudest(self) -> dict[str, object] | None: ...


APPLAUSE: ServiceKey[Loudest] = ServiceKey(
    "applause",
    Loudest,  # type: ignore[type-abstract]  # a key names a Protocol, nobody makes one from it
)


class EncorePlugin(Plugin):
    """A line on the home page."""

    @hookimpl
    def slots(self) -> Sequence[SlotContribution]:
        return [SlotContribution(slot=Slot.HOME_SECTIONS, template="encore/line.html", context=self._line)]

    async def _line(self, page: Mapping[str, Any]) -> Mapping[str, Any] | None:
        service = self.context.services.get(APPLAUSE)
        found = await service.loudest() if service else None
        return {"loudest": found} if found else None
