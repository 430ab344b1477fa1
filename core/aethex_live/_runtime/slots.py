"""Renders what plugins put into slots; a part that fails or is slow is left out of the page."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

from markupsafe import Markup

from aethex_live._runtime.gate import Gate
from aethex_live._runtime.health import Health
from aethex_live._runtime.pressure import Pressure
from aethex_live._runtime.rounds import Implementation, Round
from aethex_live._runtime.steps import Stage
from aethex_live.errors import PluginError
from aethex_live.hookspecs.web import Slot, SlotContribution

LIMIT_S = 0.2  # for one slot, all its parts together (architecture 2)
STARVED = 5.0  # times as much on a machine that is short of processors: there every part is late, and none is at fault
_BARE = frozenset({Slot.HEAD_META, Slot.HEAD_ASSETS})  # a div would end the document's head

RenderTemplate = Callable[[str, Mapping[str, Any]], Awaitable[str]]
Translate = Callable[[str], str]
Asked = tuple[Slot, Mapping[str, Any]]
"""A slot that a page asks for, and what its parts may read."""

log = logging.getLogger(__name__)


class SlotRenderer:
    """Fills slots. Parts stand by `order`, then in the order in which their plugins start."""

    def __init__(
        self,
        gate: Gate,
        health: Health,
        render: RenderTemplate,
        *,
        limit: float = LIMIT_S,
        translate: Translate = str,
        is_short: Callable[[], bool] | None = None,
    ) -> None:
        self._gate = gate
        self._health = health
        self._render = render
        self._limit = limit
        self._translate = translate
        self._is_short = is_short or Pressure()
        self._stage = Stage()
        self._parts: dict[Slot, list[tuple[str, SlotContribution]]] = {}
        # who is heard in a slot, until a plugin comes, goes, or is suspended: a page asks a hundred times
        self._found: dict[Slot, list[tuple[str, SlotContribution]]] = {}
        gate.on_change(self._found.clear)

    def fill(self, contributions: Sequence[tuple[str, Sequence[SlotContribution]]]) -> None:
        """Take in what `hooks.collect(specs.slots)` gave, in place of what was there."""
        self._parts = {}
        for plugin, parts in contributions:
            for part in parts:
                self._parts.setdefault(part.slot, []).append((plugin, part))
        for sorted_in in self._parts.values():
            sorted_in.sort(key=lambda pair: pair[1].order)
        self._found.clear()

    def of_plugin(self, plugin: str) -> list[Slot]:
        """The slots that a plugin fills."""
        return [slot for slot, parts in self._parts.items() if any(owner == plugin for owner, _ in parts)]

    def plugins_in(self, slot: Slot | str) -> list[str]:
        """The plugins that fill the slot now; pages load their scripts and styles."""
        return [plugin for plugin, _ in self._heard(Slot(slot))]

    async def render(self, slot: Slot | str, context: Mapping[str, Any], *, operator: bool = False) -> Markup:
        """The slot's HTML. For an operator a part that failed leaves a stub with its plugin's name.

        Raises ValueError for a slot that does not exist.
        """
        return (await self.render_all([(Slot(slot), context)], operator=operator))[0]

    async def render_all(self, asked: Sequence[Asked], *, operator: bool = False) -> list[Markup]:
        """The HTML of many slots, in their order; what waits in them waits together, under one limit."""
        heard = [self._heard(slot) for slot, _ in asked]
        parts = [(*pair, *one) for pair, found in zip(asked, heard, strict=True) for one in found]
        calls = [Implementation(plugin, partial(self._part, part, context), ()) for _, context, plugin, part in parts]
        made = Round(calls, {})
        if calls:
            await made.together(self._stage, self._limit * (STARVED if self._is_short() else 1.0))
        pieces = iter([self._piece(plugin, slot, made, at, operator) for at, (slot, _, plugin, _) in enumerate(parts)])
        # templates escape what they are given
        return [Markup("".join(islice(pieces, len(found)))) for found in heard]  # noqa: S704

    def _piece(self, plugin: str, slot: Slot, made: Round, index: int, operator: bool) -> str:
        """A part that was called, in its box."""
        failure = made.failures.get(index)
        self._count(plugin, slot, failure)
        if failure is None:
            return _wrapped(plugin, slot, made.values[index])
        return self._stub(plugin, slot) if operator else ""

    def is_filled(self, slot: Slot) -> bool:
        """Whether any plugin that is heard fills the slot."""
        return bool(self._heard(slot))

    def close(self) -> None:
        """End what stands ready for the next page."""
        self._stage.close()

    def _heard(self, slot: Slot) -> list[tuple[str, SlotContribution]]:
        found = self._found.get(slot)
        if found is None:
            parts = self._parts.get(slot, ())
            found = self._found[slot] = [(plugin, part) for plugin, part in parts if self._gate.hears(plugin)]
        return found

    async def _part(self, part: SlotContribution, context: Mapping[str, Any]) -> str | None:
        """One part's HTML, or None when it has nothing to show here."""
        own: Mapping[str, Any] = {}
        if part.context is not None:
            answer = await part.context(context)
            if answer is None:
                return None
            if not isinstance(answer, Mapping):
                raise PluginError(f"its context is {type(answer).__name__} instead of a mapping")
            own = answer
        return (await self._render(part.template, {**context, **own})).strip() or None

    def _count(self, plugin: str, slot: Slot, failure: BaseException | None) -> None:
        if failure is not None:
            self._health.failed(plugin, f"slot {slot}", failure)
        elif self._health.ailing:
            self._health.succeeded(plugin, f"slot {slot}")

    def _stub(self, plugin: str, slot: Slot) -> str:
        if slot in _BARE:
            return f"<!-- {plugin} -->"
        text = self._translate("The plugin %(plugin)s failed here. You see this because you run the site.")
        body = Markup('<p class="ax-slot-failed" role="note">{}</p>').format(text % {"plugin": plugin})
        return _wrapped(plugin, slot, body)


def _wrapped(plugin: str, slot: Slot, html: str | None) -> str:
    """The part in its plugin's box; names of plugins are letters, digits and underscores."""
    if html is None or slot in _BARE:
        return html or ""
    return f'<div data-plugin="{plugin}">{html}</div>'
