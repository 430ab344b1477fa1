"""Slots: order, boxes, time limits, and what a broken part leaves on the page."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from markupsafe import Markup

from aethex_live._runtime.gate import Gate
from aethex_live._runtime.health import Health
from aethex_live._runtime.slots import SlotRenderer
from aethex_live.clock import ManualClock
from aethex_live.hookspecs.web import Render, Slot, SlotContribution

SLOT = Slot.WATCH_ACTIONS


class Page:
    """A renderer whose templates are format strings."""

    def __init__(self, **parts: SlotContribution) -> None:
        self.gate = Gate()
        self.suspended: list[str] = []
        self.health = Health(ManualClock(), lambda plugin, _: self.suspended.append(plugin), is_short=lambda: False)
        self.short = False
        self.slots = SlotRenderer(self.gate, self.health, self._template, limit=0.05, is_short=lambda: self.short)
        self.slots.fill([(plugin, [part]) for plugin, part in parts.items()])
        for plugin in parts:
            self.gate.open(plugin)

    async def _template(self, template: str, context: Mapping[str, Any]) -> str:
        return template.format(**context)

    async def html(self, slot: Slot | str = SLOT, *, operator: bool = False, **context: object) -> str:
        return str(await self.slots.render(slot, context, operator=operator))


def part(template: str = "x", context: Render | None = None, order: int = 100, slot: Slot = SLOT) -> SlotContribution:
    return SlotContribution(slot=slot, template=template, context=context, order=order)


async def raises(_: Mapping[str, Any]) -> Mapping[str, Any]:
    raise ValueError("boom")


async def hangs(_: Mapping[str, Any]) -> Mapping[str, Any]:
    await asyncio.Event().wait()
    return {}


async def junk(_: Mapping[str, Any]) -> Any:
    return ["not", "a", "mapping"]


async def nothing(_: Mapping[str, Any]) -> None:
    return None


async def test_parts_stand_in_their_order_each_in_its_plugins_box() -> None:
    page = Page(b=part("B", order=20), a=part("A", order=20), c=part("C", order=10))
    assert await page.html() == ('<div data-plugin="c">C</div><div data-plugin="b">B</div><div data-plugin="a">A</div>')
    assert page.slots.plugins_in(SLOT) == ["c", "b", "a"]


async def test_a_part_reads_the_slots_context_and_its_own() -> None:
    async def own(context: Mapping[str, Any]) -> Mapping[str, Any]:
        await asyncio.sleep(0)
        return {"twice": context["number"] * 2}

    assert await Page(a=part("{number} {twice}", own)).html(number=4) == '<div data-plugin="a">4 8</div>'


async def test_a_part_that_has_nothing_to_show_leaves_no_box() -> None:
    page = Page(a=part("A", nothing), b=part("   "))
    assert await page.html(operator=True) == ""
    assert not page.health.ailing


@pytest.mark.parametrize("misdeed", [raises, hangs, junk])
async def test_a_broken_part_is_left_out_for_viewers_named_for_operators_and_counted(misdeed: Render) -> None:
    page = Page(bad=part("B", misdeed), good=part("G"))
    assert await page.html() == '<div data-plugin="good">G</div>'
    assert page.health.streak("bad") == 1
    stub = await page.html(operator=True)
    assert '<div data-plugin="bad"><p class="ax-slot-failed" role="note">The plugin bad failed here.' in stub


async def test_a_broken_template_is_a_broken_part() -> None:
    page = Page(bad=part("{missing}"), good=part("G"))
    assert await page.html() == '<div data-plugin="good">G</div>'


async def test_the_fifth_failure_suspends_and_then_the_part_is_not_called() -> None:
    page = Page(bad=part("B", raises))
    for _ in range(5):
        await page.html()
    assert page.suspended == ["bad"]
    page.gate.suspend("bad")
    assert page.slots.plugins_in(SLOT) == []
    assert await page.html(operator=True) == ""


async def test_slow_parts_share_one_time_limit() -> None:
    page = Page(**{f"p{index}": part("x", hangs) for index in range(20)})
    await asyncio.wait_for(page.html(), 0.75)  # one after the other it would be a second


async def test_assets_of_the_head_stand_without_a_box() -> None:
    page = Page(a=part("<link>", slot=Slot.HEAD_ASSETS), b=part("x", raises, slot=Slot.HEAD_ASSETS))
    assert await page.html(Slot.HEAD_ASSETS) == "<link>"
    assert await page.html(Slot.HEAD_ASSETS, operator=True) == "<link><!-- b -->"


async def test_the_answer_is_markup_and_a_slot_that_is_not_there_is_a_mistake() -> None:
    page = Page(a=part("<b>A</b>"))
    assert isinstance(await page.slots.render("watch.actions", {}), Markup)
    with pytest.raises(ValueError, match=r"watch\.nowhere"):
        await page.html("watch.nowhere")


async def test_on_a_machine_that_is_short_of_processors_parts_have_more_time() -> None:
    async def slow(_: Mapping[str, Any]) -> Mapping[str, Any]:
        await asyncio.sleep(0.12)
        return {}

    page = Page(a=part("late", slow))
    assert await page.html() == ""
    page.short = True
    assert await page.html() == '<div data-plugin="a">late</div>'
