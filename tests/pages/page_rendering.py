"""Renders every template of the core with sample data, outside of a running site."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import page_samples as samples
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import aethex_live
from aethex_live.clock import ManualClock
from aethex_live.web import filters
from aethex_live.web.assets import Assets
from aethex_live.web.icons import Icons

PACKAGE = Path(aethex_live.__file__).parent
ROOT = PACKAGE.parent.parent


@cache
def assets() -> Assets:
    """The static files, built when they are not."""
    from aethex_live._static.build import build

    build(ROOT, PACKAGE / "static")
    return Assets.load(PACKAGE / "static")


async def _slot(name: str, **context: Any) -> Markup:
    return Markup(samples.SLOTS.get(name, ""))


async def _kept(macro: Any, thing: object, badges: str | None = None) -> Markup:
    made: Markup = await (macro(thing) if badges is None else macro(thing, badges=badges))
    return made


@cache
def environment() -> Environment:
    """Jinja as the site sets it up: autoescape, newstyle gettext, async, and undefined names are errors."""
    made = Environment(
        loader=FileSystemLoader(PACKAGE / "templates"),
        autoescape=True,
        enable_async=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_null_translations(newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    filters.install(made, ManualClock(samples.NOW))
    found = assets()
    made.globals |= {
        "icon": Icons(found.icons_file, strict=True),
        "asset": found.asset,
        "import_map": found.import_map,
        "fonts": found.fonts,
        "slot": _slot,
        "kept": _kept,
        "csrf": lambda: Markup('<input type="hidden" name="csrf" value="sample">'),
    }
    return made


def render(template: str, theme: str = "", **context: Any) -> str:
    """The HTML of a page; `theme` is what the cookie would say."""
    return run(_render(template, theme, context))


def run(rendering: Coroutine[Any, Any, str]) -> str:
    """The result of a rendering, made in a thread: the browser's driver keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, rendering).result(timeout=30)


async def _render(template: str, theme: str, context: dict[str, Any]) -> str:
    return await environment().get_template(template).render_async(theme=theme, **context)


PAGES: Mapping[str, samples.Sample] = {sample.name: sample for sample in samples.all_samples()}
