"""Every page in a real browser: readable by all, fitting every width, clean under its policy, usable without script."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from page_browser import chromium, opened
from page_rendering import PAGES, ROOT, render
from page_samples import Sample
from playwright.sync_api import Browser, Page

from needs import need, required

pytestmark = pytest.mark.slow

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AUDIT = """async (tags) => {
  await Promise.all(document.getAnimations().map(animation => animation.finished));
  const found = await axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']});
  return found.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ') + ' ' +
    (n.any.concat(n.all, n.none)[0] || {message: ''}).message).join(' | '));
}"""
OVERFLOW = """() => {
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide <= 0) return [];
  return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 5).map(e => e.className + ' ' + Math.round(e.getBoundingClientRect().right));
}"""
SMALL = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, summary, textarea')]
  .filter(e => e.checkVisibility({visibilityProperty: true, opacityProperty: true})
    && getComputedStyle(e).display !== 'inline' && !e.closest('.ax-skip, .ax-hidden'))
  .map(e => [e, (e.closest('label') ?? e).getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.width < 23.5 || box.height < 23.5))
  .map(([e, box]) => e.outerHTML.slice(0, 90) + ` ${Math.round(box.width)}x${Math.round(box.height)}`)"""


def axe() -> str:
    """The source of axe-core; a skip with the reason where the packages for tests are not installed."""
    path = ROOT / "node_modules/axe-core/axe.min.js"
    if path.is_file():
        return path.read_text("utf-8")
    reason = "needs axe-core, which is not here: run npm ci (without --omit=dev)"
    if "npm" in required():
        pytest.fail(f"{reason} (AETHEX_REQUIRE names npm)", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = need("chromium")
    with chromium(program) as found:
        yield found


def shown(browser: Browser, name: str, theme: str, width: int, *, script: bool = True) -> Iterator[tuple[Sample, Page]]:
    sample = PAGES[name]
    html = render(sample.template, theme, view=sample.view, shell=sample.shell)
    with opened(browser, sample, html, width=width, height=900, scheme=theme, script=script) as page:
        yield sample, page


@pytest.mark.parametrize("name", list(PAGES))
def test_axe_finds_nothing_and_the_policy_blocks_nothing(browser: Browser, name: str) -> None:
    engine = axe()
    for _, page in shown(browser, name, "dark", 1440):
        problems = list(page.problems)  # type: ignore[attr-defined]  # set by `opened`
        assert problems == []
        page.evaluate(engine)
        for theme, width in (("dark", 1440), ("light", 1440), ("light", 390), ("dark", 390)):
            page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate(AUDIT, RULES) == [], f"{theme} {width}"


@pytest.mark.parametrize("name", list(PAGES))
def test_nothing_is_wider_than_the_screen_and_targets_are_large_enough(browser: Browser, name: str) -> None:
    for _, page in shown(browser, name, "dark", 1440):
        for width in (320, 390, 768, 1024, 1440, 1920):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate(OVERFLOW) == [], f"at {width}"
            assert page.evaluate(SMALL) == [], f"at {width}"


def test_the_page_holds_at_double_text_size(browser: Browser) -> None:
    for name in ("home", "watch", "studio", "settings", "admin-plugins"):
        for _, page in shown(browser, name, "dark", 1280):
            page.evaluate("() => { document.documentElement.style.fontSize = '200%' }")
            assert page.evaluate(OVERFLOW) == [], name


def test_pages_work_without_script(browser: Browser) -> None:
    # Given the watch page in a browser that runs no script
    for _, page in shown(browser, "watch", "dark", 1440, script=False):
        # Then the plain video with its own controls stands there, and none of the module's controls
        assert page.locator("video[controls]").is_visible()
        assert page.locator("video source").get_attribute("type") == "application/vnd.apple.mpegurl"
        assert not page.locator("media-control-bar").is_visible()
        # And the account menu opens, because it is a popover
        page.locator("[popovertarget=account-menu]").click()
        assert page.get_by_role("button", name="Sign out").is_visible()


def test_the_theme_switch_offers_the_other_theme(browser: Browser) -> None:
    for theme, other in (("dark", "light"), ("light", "dark")):
        for _, page in shown(browser, "home", theme, 1440, script=False):
            visible = page.locator(".ax-theme button:visible")
            assert visible.count() == 1
            assert visible.get_attribute("value") == other


def test_one_tab_leads_to_the_content_and_focus_is_seen(browser: Browser) -> None:
    for _, page in shown(browser, "home", "dark", 1440):
        page.keyboard.press("Tab")
        skip = page.locator(".ax-skip")
        assert skip.evaluate("e => e === document.activeElement && e.getBoundingClientRect().top >= 0")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"


def test_dialogs_of_the_stream_key_open_and_name_what_they_do(browser: Browser) -> None:
    engine = axe()
    for _, page in shown(browser, "studio", "dark", 1440):
        for opener, heading in (("show-key", "Show the stream key"), ("new-key", "Make a new stream key")):
            page.locator(f"[popovertarget={opener}]").first.click()
            assert page.get_by_role("heading", name=heading).is_visible()
            page.evaluate(engine)
            assert page.evaluate(AUDIT, RULES) == []
            page.keyboard.press("Escape")
            assert not page.get_by_role("heading", name=heading).is_visible()


def test_what_a_first_visit_loads_stays_within_the_budgets(browser: Browser) -> None:
    # KB gzipped: HTML document and DOM nodes of design/ui.md 16
    import gzip

    for name in ("home", "watch", "studio", "admin-plugins"):
        sample = PAGES[name]
        html = render(sample.template, "dark", view=sample.view, shell=sample.shell)
        assert len(gzip.compress(html.encode(), 6)) <= 15 * 1024, name
        for _, page in shown(browser, name, "dark", 1440):
            assert page.evaluate("document.querySelectorAll('*').length") <= 1500, name
            shift = page.evaluate(
                "() => new Promise(done => new PerformanceObserver(list => done(list.getEntries()"
                ".reduce((sum, e) => sum + e.value, 0))).observe({type: 'layout-shift', buffered: true})"
                " || setTimeout(() => done(0), 300))"
            )
            assert shift <= 0.02, json.dumps({name: shift})
