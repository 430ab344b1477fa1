"""The modes of a chat in Chromium: the form, the words for everybody, the countdown on the button."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from chat_windows import Theatre
from playwright.async_api import Page, expect

pytestmark = pytest.mark.slow


async def test_a_moderator_turns_slow_mode_on_and_viewers_see_it_count_down(theatre: Theatre) -> None:
    viewer, moderator = await theatre.open("viewer"), await theatre.open("moderator")
    words = viewer.page.locator("[data-modes-words]")
    await expect(words).to_be_hidden()
    # When a moderator chooses it in the dialog
    await moderator.page.get_by_role("link", name="Modes of the chat").click()
    dialog = moderator.page.locator("dialog[open]")
    await dialog.get_by_label("Time between two messages").select_option("10")
    await dialog.get_by_label("Links").select_option("refuse")
    await dialog.get_by_role("button", name="Save").click()
    # Then the dialog closes, everybody reads what holds, and moderators who did it
    await expect(moderator.page.locator("dialog[open]")).to_have_count(0)
    await expect(words).to_have_text("Slow mode: one message every 10 seconds. No links.")
    await moderator.sees("changed the modes of the chat: Slow mode")
    await viewer.sees("changed the modes", times=0)
    # When a viewer writes, Then the button counts down, and what is typed meanwhile stays
    await viewer.send("first")
    send = viewer.page.get_by_role("button", name="Send")
    await expect(send).to_have_attribute("aria-disabled", "true")
    await expect(send.locator("[data-wait]")).to_have_text("9")
    await viewer.send("second")
    await expect(viewer.page.locator("[data-problem]")).to_contain_text("Slow mode is on: you can write again in")
    await expect(viewer.page.locator("ax-chat textarea")).to_have_value("second")
    # and moderators write on
    for text in ("a", "b"):
        await moderator.send(text)
    await viewer.sees("b")
    # When it is turned off, Then the wait is over at once
    await moderator.page.get_by_role("link", name="Modes of the chat").click()
    await dialog.get_by_label("Time between two messages").select_option("0")
    await dialog.get_by_role("button", name="Save").click()
    await expect(send).to_have_attribute("aria-disabled", "false")
    await expect(viewer.page.locator("[data-problem]")).to_be_hidden()
    await viewer.page.locator("ax-chat textarea").press("Enter")
    await viewer.sees("second")


async def test_who_comes_back_too_early_is_told_by_the_server_and_counted_down(theatre: Theatre) -> None:
    moderator = await theatre.open("moderator")
    await moderator.page.get_by_role("link", name="Modes of the chat").click()
    await moderator.page.locator("dialog[open]").get_by_label("Time between two messages").select_option("60")
    await moderator.page.locator("dialog[open]").get_by_role("button", name="Save").click()
    # Given somebody who wrote and loaded the page again
    viewer = await theatre.open("viewer")
    await viewer.send("first")
    await viewer.sees("first")
    await viewer.page.reload()
    await viewer.ready()
    # When they write, Then the message is kept with the reason, and the button counts
    await viewer.send("second")
    line = viewer.lines.filter(has_text="second")
    await expect(line).to_contain_text("Slow mode is on: you can send this in")
    await expect(viewer.page.get_by_role("button", name="Send")).to_have_attribute("aria-disabled", "true")


async def test_the_form_works_without_javascript(theatre: Theatre) -> None:
    window = await theatre.open("owner", java_script_enabled=False)
    await window.page.get_by_role("link", name="Modes of the chat").click()
    await window.page.get_by_label("How old an account must be").select_option("60")
    await window.page.get_by_label("Confirmed e-mail address").check()
    await window.page.get_by_role("button", name="Save").click()
    viewer = await theatre.open("viewer", java_script_enabled=False)
    words = viewer.page.locator("[data-modes-words]")
    await expect(words).to_contain_text("Accounts must be 1 hour old to write.")
    await viewer.page.locator("textarea").fill("hello")
    await viewer.page.get_by_role("button", name="Send").click()
    await expect(viewer.page.locator("[data-problem]")).to_contain_text("confirm yours in your settings")
    await expect(viewer.page.locator("textarea")).to_have_value("hello")
    viewer.problems.clear()  # the browser notes that the page came with 403, as it should


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 390])
async def test_axe_finds_nothing(theatre: Theatre, scheme: Any, width: int) -> None:
    look: dict[str, Any] = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    owner = await theatre.open("owner", **look)
    await owner.page.get_by_role("link", name="Modes of the chat").click()
    await expect(owner.page.locator("dialog[open] h2")).to_be_visible()
    assert await findings(owner.page) == []
    await owner.page.locator("dialog[open]").get_by_label("No repeats").check()
    await owner.page.locator("dialog[open]").get_by_role("button", name="Save").click()
    viewer = await theatre.open("viewer", **look)
    await expect(viewer.page.locator("[data-modes-words]")).to_be_visible()
    assert await findings(viewer.page) == []
    await owner.page.goto(f"{theatre.site.url}p/chat/{theatre.slug}/modes")
    assert await findings(owner.page) == []


async def findings(page: Page) -> list[str]:
    """What axe says about the page."""
    await page.evaluate(need_axe())
    found: list[str] = await page.evaluate(
        "async () => { await Promise.all(document.getAnimations().map((a) => a.finished.catch(() => {})));"
        " const {violations} = await axe.run(document, {runOnly: {type: 'tag', values:"
        " ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}});"
        " return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 200)).join(' | ')}`); }"
    )
    return found


def need_axe() -> str:
    """The checker's source; the test is skipped where it is not."""
    axe = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.is_file():
        pytest.skip("needs node_modules: run `npm ci`")
    return axe.read_text("utf-8")
