"""Messages that wait for a moderator, in Chromium: the count, the list, and what their author sees."""

from __future__ import annotations

import re
from typing import Any

import pytest
from chat_windows import Theatre, Window
from playwright.async_api import expect
from test_room_modes import findings

from aethex_plugins.chat.modes import Modes

pytestmark = pytest.mark.slow


async def hold_links(theatre: Theatre) -> None:
    base = {"links": "hold"}
    answer = await theatre.people["owner"].api("PUT", f"/channels/{theatre.slug}/chat/modes", base)
    assert answer.json()["links"] == Modes(links="hold").links


async def open_list(window: Window) -> Any:
    await window.page.get_by_role("link", name="Messages that wait for a moderator").click()
    return window.page.locator("dialog[open]")


async def test_a_held_message_is_let_through_and_another_denied(theatre: Theatre) -> None:
    await hold_links(theatre)
    viewer, other, moderator = [await theatre.open(who) for who in ("viewer", "other", "moderator")]
    count = moderator.page.locator("[data-held] [data-count]")
    await expect(count).to_be_hidden()
    # When somebody sends links
    await viewer.send("see good.com")
    await viewer.send("see bad.com")
    # Then the author is told, moderators see how many wait, and nobody else sees anything
    for text in ("good.com", "bad.com"):
        await expect(viewer.lines.filter(has_text=text)).to_contain_text("A moderator looks at this first.")
    await expect(count).to_have_text("2", timeout=1000)
    await expect(other.lines.filter(has_text="see")).to_have_count(0)
    # When a moderator decides in the dialog
    dialog = await open_list(moderator)
    await dialog.get_by_role("button", name=re.compile("Let through.*good")).click()
    await expect(dialog.locator("li")).to_have_count(1)
    await dialog.get_by_role("button", name=re.compile("Deny.*bad")).click()
    await expect(dialog).to_contain_text("Nothing waits.")
    # Then one is a line for all, once, and of the other its author alone hears
    await other.sees("see good.com")
    await viewer.sees("see good.com")
    await expect(viewer.lines.filter(has_text="good.com")).not_to_contain_text("A moderator looks")
    await expect(viewer.lines.filter(has_text="bad.com")).to_contain_text("did not let this message through")
    await expect(other.lines.filter(has_text="bad.com")).to_have_count(0)
    await expect(count).to_be_hidden()


async def test_an_open_list_follows_what_comes(theatre: Theatre) -> None:
    await hold_links(theatre)
    viewer, moderator = await theatre.open("viewer"), await theatre.open("moderator")
    dialog = await open_list(moderator)
    await expect(dialog).to_contain_text("Nothing waits.")
    await viewer.send("see new.com")
    await expect(dialog.locator("li")).to_contain_text("see new.com", timeout=1000)


async def test_everything_works_without_javascript(theatre: Theatre) -> None:
    await hold_links(theatre)
    viewer = await theatre.open("viewer", java_script_enabled=False)
    await viewer.page.locator("textarea").fill("see plain.com")
    await viewer.page.get_by_role("button", name="Send").click()
    await expect(viewer.page.get_by_text("A moderator looks at your message first.")).to_be_visible()
    await expect(viewer.lines.filter(has_text="plain.com")).to_have_count(0)
    moderator = await theatre.open("moderator", java_script_enabled=False)
    await moderator.page.get_by_role("link", name="Messages that wait for a moderator").click()
    await moderator.page.get_by_role("button", name=re.compile("Let through.*plain")).click()
    await expect(moderator.page.get_by_text("Nothing waits.")).to_be_visible()
    await viewer.page.reload()
    await viewer.sees("see plain.com")


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 390])
async def test_axe_finds_nothing(theatre: Theatre, scheme: Any, width: int) -> None:
    await hold_links(theatre)
    look: dict[str, Any] = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    viewer, owner = await theatre.open("viewer", **look), await theatre.open("owner", **look)
    await viewer.send("see a-rather-long-address-of-somebody.com")
    await expect(viewer.lines.filter(has_text="A moderator looks")).to_have_count(1)
    assert await findings(viewer.page) == []
    dialog = await open_list(owner)
    await expect(dialog.locator("li")).to_have_count(1)
    assert await findings(owner.page) == []
    await dialog.get_by_role("button", name=re.compile("Deny")).click()
    await expect(viewer.lines.filter(has_text="did not let")).to_have_count(1)
    assert await findings(viewer.page) == []
    await owner.page.goto(f"{theatre.site.url}p/chat/{theatre.slug}/held")
    assert await findings(owner.page) == []
