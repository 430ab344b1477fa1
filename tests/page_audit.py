"""Looking at a page in Chromium: axe, overflow and pictures, in both themes, wide and narrow."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.async_api import Page

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "build" / "people"
ENGINE = ROOT / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AUDIT = """async (only) => {
  await Promise.all(document.getAnimations().filter(a => a.effect.getTiming().iterations !== Infinity)
    .map(animation => animation.finished.catch(() => {})));
  const found = await axe.run(document, {runOnly: only, resultTypes: ['violations']});
  return found.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ') + ' ' +
    (n.any.concat(n.all, n.none)[0] || {message: ''}).message).join(' | '));
}"""
OVERFLOW = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 5).map(e => e.className + ' ' + Math.round(e.getBoundingClientRect().right))"""
# a text that is cut into single letters: a word of the page that stands in a box narrower than three of its letters
COLUMNS = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const text = node.data.trim(), range = document.createRange(), box = node.parentElement;
    if (text.length < 6 || !box.checkVisibility({visibilityProperty: true}) || box.closest('.ax-hidden')) continue;
    range.selectNodeContents(node);
    const size = range.getBoundingClientRect(), letter = parseFloat(getComputedStyle(box).fontSize);
    if (size.width && size.width < 3 * letter && size.height > 4 * letter) found.push(text.slice(0, 40));
  }
  return found;
}"""
ALL = {"type": "tag", "values": RULES}
# another theme changes nothing but colours
COLOURS = {"type": "rule", "values": ["color-contrast"]}
PHONE = 390
VIEWS = (("dark", 1440, ALL), ("light", 1440, COLOURS), ("light", PHONE, ALL), ("dark", PHONE, COLOURS))
THEME = "theme => { document.documentElement.dataset.theme = theme }"


async def whole(page: Page, width: int) -> None:
    """As high as the page is long: what merely lies under the bar at the foot of a phone's screen is not hidden."""
    height = await page.evaluate("document.documentElement.scrollHeight")
    await page.set_viewport_size({"width": width, "height": max(900, min(height, 6000))})


async def audit(page: Page, name: str) -> list[str]:
    """What is wrong with the page that is open; with AETHEX_PICTURES=1 its pictures lie in build/people afterwards."""
    wrong: list[str] = []
    await page.evaluate(ENGINE.read_text("utf-8"))
    for theme, width, rules in VIEWS:
        await page.evaluate(THEME, theme)
        await page.set_viewport_size({"width": width, "height": 900})
        if width == PHONE and rules is ALL:
            await whole(page, width)
        here = f"{name} {theme} {width}"
        wrong += [f"{here}: {found}" for found in await page.evaluate(AUDIT, rules)]
        wrong += [f"{here} is too wide: {found}" for found in await page.evaluate(OVERFLOW)]
        wrong += [f"{here} stands in a column: {found}" for found in await page.evaluate(COLUMNS)]
        if os.environ.get("AETHEX_PICTURES"):
            PICTURES.mkdir(parents=True, exist_ok=True)
            await page.screenshot(path=PICTURES / f"{name}-{width}-{theme}.png", full_page=True)
    await page.set_viewport_size({"width": 1440, "height": 900})
    return wrong
