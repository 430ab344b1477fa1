"""Pages: slots are filled together, parts of parts too, and nobody's text can stand for one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader
from markupsafe import Markup, escape
from quart import Quart

from aethex_live._runtime.gate import Gate
from aethex_live._runtime.health import Health
from aethex_live._runtime.slots import SlotRenderer
from aethex_live._web.rendering import Rendering, SiteEnvironment, escaped, texts
from aethex_live.actor import GUEST
from aethex_live.clock import ManualClock
from aethex_live.hookspecs.web import Render, Slot, SlotContribution


class Site:
    """Templates and plugins, without a platform."""

    def __init__(self, templates: Mapping[str, str], *parts: tuple[Slot, str, Render | None]) -> None:
        self._app = Quart(__name__)
        env = SiteEnvironment(
            self._app, loader=DictLoader(templates), autoescape=lambda _: True, extensions=["jinja2.ext.i18n"]
        )
        env.install_null_translations(newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
        env.globals["_"] = texts(str)
        gate = Gate()
        slots = SlotRenderer(gate, Health(ManualClock(), lambda *_: None), self._part)
        made = [
            (f"plugin{at}", [SlotContribution(slot=slot, template=template, context=context)])
            for at, (slot, template, context) in enumerate(parts)
        ]
        slots.fill(made)
        for name, _ in made:
            gate.open(name)
        self._rendering = Rendering(env, slots, lambda: {"actor": GUEST})
        env.globals["slot"] = self._rendering.slot

    async def _part(self, template: str, context: Mapping[str, Any]) -> str:
        return await self._rendering.part(template, context)

    async def page(self, **context: object) -> str:
        async with self._app.app_context():
            return await self._rendering.page("page.html", context)


PAGE = (
    '<h1>{{ title }}</h1>{{ slot("watch.actions", word=title) }}|{{ slot("watch.after") }}|{{ slot("home.sections") }}'
)


async def test_slots_stand_where_the_page_asks_for_them() -> None:
    site = Site(
        {"page.html": PAGE, "a.html": "A {{ word }}", "b.html": "B"},
        (Slot.WATCH_ACTIONS, "a.html", None),
        (Slot.WATCH_AFTER, "b.html", None),
    )
    assert await site.page(title="<x>") == (
        '<h1>&lt;x&gt;</h1><div data-plugin="plugin0">A &lt;x&gt;</div>|<div data-plugin="plugin1">B</div>|'
    )


async def test_parts_of_all_slots_are_waited_for_together() -> None:
    # Given two slots, each with a part that can only end when the other one has begun
    begun = [asyncio.Event(), asyncio.Event()]

    def meets(mine: int) -> Render:
        async def context(_: Mapping[str, Any]) -> Mapping[str, Any]:
            begun[mine].set()
            await begun[1 - mine].wait()
            return {"met": mine}

        return context

    site = Site(
        {"page.html": PAGE, "a.html": "{{ met }}"},
        (Slot.WATCH_ACTIONS, "a.html", meets(0)),
        (Slot.WATCH_AFTER, "a.html", meets(1)),
    )
    # Then both are on the page
    html = await site.page(title="t")
    assert 'plugin0">0<' in html
    assert 'plugin1">1<' in html


async def test_a_part_may_have_slots_of_its_own_and_endless_ones_end() -> None:
    site = Site(
        {"page.html": PAGE, "a.html": '[{{ slot("watch.after") }}]', "b.html": '({{ slot("watch.after") }})'},
        (Slot.WATCH_ACTIONS, "a.html", None),
        (Slot.WATCH_AFTER, "b.html", None),
    )
    html = await site.page(title="t")
    assert "[<div" in html
    assert "(<div" in html
    assert "\x00" not in html


@pytest.mark.parametrize("text", ["\x000\x00", "\x00deadbeef:0\x00", "{{ slot('watch.after') }}"])
async def test_text_of_a_visitor_never_becomes_a_slot(text: str) -> None:
    site = Site({"page.html": PAGE, "b.html": "SECRET"}, (Slot.HOME_AFTER_HERO, "b.html", None))
    assert "SECRET" not in await site.page(title=text)


async def test_texts_are_made_once_and_filled_each_time() -> None:
    template = '{{ _("a & b") }} {{ _("to %(name)s", name=title) }} {{ _("100%%") }}'
    site = Site({"page.html": template})
    for name in ("<ada>", "bob"):
        assert await site.page(title=name) == f"a & b to {Markup.escape(name)} 100%"


async def test_a_slot_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match="is not a valid Slot"):
        await Site({"page.html": '{{ slot("no.such") }}'}).page()


VALUES = st.one_of(st.text(), st.integers(), st.booleans(), st.none(), st.floats(), st.text().map(Markup))


@given(VALUES | st.lists(VALUES))
def test_what_a_template_shows_is_what_markupsafe_would_make_of_it(value: object) -> None:
    assert escaped(value) == str(escape(value))


async def test_values_are_escaped_in_templates_and_in_their_texts() -> None:
    site = Site(
        {"page.html": '{{ word }}|{{ _("Hello %(name)s, 100%%", name=word) }}|{{ _("100%%") }}|{{ word|safe }}'}
    )
    shown = "&lt;b&gt; &amp; &#34;&#39;"
    assert await site.page(word="<b> & \"'") == f"{shown}|Hello {shown}, 100%|100%|<b> & \"'"
