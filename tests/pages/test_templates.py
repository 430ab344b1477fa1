"""Templates read as source: what they name exists, what people read goes through gettext, forms carry their token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from page_rendering import PACKAGE, PAGES, ROOT, assets, environment, render, run

from aethex_live.hookspecs.web import Slot
from aethex_live.web.icons import Icons

CORE = sorted((PACKAGE / "templates").rglob("*.html"))
ALL = [*CORE, *sorted((ROOT / "plugins").glob("*/templates/**/*.html"))]
NAMES = {"LIVE", "Live", "LIVE,", "@", "x"}  # the brand, and marks that no language changes
# blocks and a macro whose text goes into attributes that nobody reads
UNREAD = re.compile(r"{% (?:block (?:page_name|page_class|rail)|macro _aria).*?{%-? end(?:block|macro) %}", re.DOTALL)
READ_ATTRIBUTES = {"aria-label", "title", "placeholder", "alt"}


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


class Words(HTMLParser):
    """Collects what a person would read: text, and attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style")
        self.found += [value for name, value in attrs if value and name in READ_ATTRIBUTES]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


def bare_words(path: Path) -> Iterator[str]:
    """Words that stand in the template itself instead of in a call of gettext."""
    source = UNREAD.sub("", path.read_text("utf-8"))
    tokens = environment().lex(source)
    plain = "".join({"data": value, "variable_begin": "Q"}.get(kind, "") for _, kind, value in tokens)
    parser = Words()
    parser.feed(plain)
    for text in parser.found:
        words = text.replace("Q", " ").split()
        yield from (word for word in words if re.search(r"[A-Za-z]{2}", word) and word not in NAMES)


@pytest.mark.parametrize("path", CORE, ids=short)
def test_every_text_goes_through_gettext(path: Path) -> None:
    assert list(bare_words(path)) == []


@pytest.mark.parametrize("path", ALL, ids=short)
def test_icons_files_and_slots_that_a_template_names_exist(path: Path) -> None:
    source = path.read_text("utf-8")
    icons = Icons(assets().icons_file, strict=True)
    for name in re.findall(r"""\bicon\("([\w-]+)\"""", source):
        icons(name)
    if path in CORE:
        for name in re.findall(r"""\basset\(['"]([^'"]+)['"]\)""", source):
            assets().asset(name)
        for name in re.findall(r"""\bslot\("([\w.]+)\"""", source):
            Slot(name)


@pytest.mark.parametrize("path", ALL, ids=short)
def test_every_posted_form_carries_its_token(path: Path) -> None:
    source = path.read_text("utf-8")
    for form in re.findall(r"<form\b[^>]*method=\"post\".*?</form>", source, re.DOTALL):
        assert "csrf()" in form, form[:120]


@pytest.mark.parametrize("path", ALL, ids=short)
def test_nothing_that_the_policy_forbids_stands_in_a_template(path: Path) -> None:
    source = path.read_text("utf-8")
    assert not re.search(r"\shx-on|\son\w+=|hx-vals=[\"']js:|<style\b|javascript:", source)
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", source)


@pytest.mark.parametrize("name", list(PAGES))
def test_pages_are_whole_and_safe(name: str) -> None:
    sample = PAGES[name]
    html = render(sample.template, "", view=sample.view, shell=sample.shell)
    assert html.count("<h1") == 1, "one heading names the page"
    assert html.rstrip().endswith("</html>")
    assert "data-theme" not in html.partition(">")[0], "without a cookie the system decides"
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids)), "ids are unique"
    for target in re.findall(r'(?:for|aria-labelledby|aria-describedby|popovertarget)="([^"]+)"', html):
        for one in target.split():
            assert one in ids, f"nothing has the id {one}"


def test_what_people_type_is_never_markup() -> None:
    from dataclasses import replace

    sample = PAGES["watch"]
    evil = '"><script>alert(1)</script>'
    view = replace(
        sample.view,
        channel=replace(sample.view.channel, name=evil, about=evil, slug="x"),
        live=replace(sample.view.live, title=evil),
        player=replace(sample.view.player, title=evil),
    )
    html = render(sample.template, "", view=view, shell=sample.shell)
    assert "<script>alert" not in html


def test_a_plugin_can_stand_in_the_settings_without_any_view() -> None:
    source = '{% extends "settings_shell.html" %}{% block section %}<p>mine</p>{% endblock %}'
    shell = PAGES["settings"].shell

    async def made() -> str:
        return await environment().from_string(source).render_async(theme="", shell=shell)

    assert "<p>mine</p>" in run(made())
