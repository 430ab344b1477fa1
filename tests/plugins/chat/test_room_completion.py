"""Completion and recall in the message field, in Chromium: by keyboard, by mouse, and without losing what was typed."""

from __future__ import annotations

from typing import Any

import pytest
from chat_windows import Theatre, Window
from playwright.async_api import expect
from test_room_modes import findings

pytestmark = pytest.mark.slow


def field(window: Window) -> Any:
    return window.page.locator("ax-chat textarea")


def options(window: Window) -> Any:
    return window.page.get_by_role("option")


async def a_talk(theatre: Theatre) -> tuple[Window, Window, str]:
    """The viewer sees what the owner, the moderator and the other viewer said, in this order."""
    viewer, number = await theatre.open("viewer"), theatre.slug[4:]
    for who in ("owner", "moderator", "other"):
        said = {"text": f"{who} speaks", "client_id": who}
        await theatre.people[who].api("POST", f"/channels/{theatre.slug}/chat/messages", said)
    await viewer.sees("other speaks")
    return viewer, await theatre.open("other"), number


async def test_a_name_is_completed_by_keyboard_and_enter_then_sends(theatre: Theatre) -> None:
    viewer, _, number = await a_talk(theatre)
    # When the trigger and a letter are typed, Then the list opens with what begins so
    await field(viewer).focus()
    await field(viewer).press_sequentially("hi @")
    await expect(options(viewer)).to_have_count(0)
    await field(viewer).press_sequentially("o")
    await expect(options(viewer)).to_have_text([f"other_{number}@other_{number}", f"owner_{number}@owner_{number}"])
    active = await field(viewer).get_attribute("aria-activedescendant")
    await expect(viewer.page.locator(f"#{active}")).to_have_attribute("aria-selected", "true")
    # When the second one is chosen
    await field(viewer).press("ArrowDown")
    await field(viewer).press("Enter")
    # Then it stands in the field, nothing was sent, and the next Enter sends
    await expect(field(viewer)).to_have_value(f"hi @owner_{number} ")
    await expect(options(viewer)).to_have_count(0)
    await field(viewer).press("Enter")
    await viewer.sees(f"hi @owner_{number}")


async def test_who_mentioned_one_last_stands_first(theatre: Theatre) -> None:
    viewer, _, number = await a_talk(theatre)
    to_me = {"text": f"@viewer_{number} hello", "client_id": "to-me"}
    for text, who in ((to_me, "owner"), ({"text": "later", "client_id": "later"}, "other")):
        await theatre.people[who].api("POST", f"/channels/{theatre.slug}/chat/messages", text)
    await viewer.sees("later")
    await field(viewer).press_sequentially("@o")
    await expect(options(viewer).first).to_contain_text(f"@owner_{number}")


async def test_tab_and_the_mouse_choose_and_escape_leaves_what_was_typed(theatre: Theatre) -> None:
    viewer, _, number = await a_talk(theatre)
    await field(viewer).press_sequentially("@mod")
    await expect(options(viewer)).to_have_count(1)
    await field(viewer).press("Tab")
    await expect(field(viewer)).to_have_value(f"@moderator_{number} ")
    await expect(field(viewer)).to_be_focused()
    await field(viewer).press_sequentially("@oth")
    await options(viewer).first.click()
    await expect(field(viewer)).to_have_value(f"@moderator_{number} @other_{number} ")
    await expect(field(viewer)).to_be_focused()
    await field(viewer).press_sequentially("@ow")
    await expect(options(viewer)).to_have_count(1)
    await field(viewer).press("Escape")
    await expect(options(viewer)).to_have_count(0)
    await expect(field(viewer)).to_have_value(f"@moderator_{number} @other_{number} @ow")


async def test_a_name_that_is_typed_whole_is_sent_by_one_enter(theatre: Theatre) -> None:
    viewer, _, number = await a_talk(theatre)
    await field(viewer).press_sequentially(f"@owner_{number}")
    await expect(options(viewer)).to_have_count(1)
    await field(viewer).press("Enter")
    await viewer.sees(f"@owner_{number}")


async def test_the_arrows_recall_what_was_sent_and_never_a_draft(theatre: Theatre) -> None:
    viewer = await theatre.open("viewer")
    for text in ("one", "two", "three"):
        await viewer.send(text)
        await viewer.sees(text)
    box = field(viewer)
    for key, shown in (("ArrowUp", "three"), ("ArrowUp", "two"), ("ArrowDown", "three"), ("ArrowDown", "")):
        await box.press(key)
        await expect(box).to_have_value(shown)
    for _ in range(5):
        await box.press("ArrowUp")
    await expect(box).to_have_value("one")
    # When a recalled one is changed it is a draft
    await box.press_sequentially("!")
    await box.press("ArrowUp")
    await expect(box).to_have_value("one!")
    await box.press("ArrowDown")
    await expect(box).to_have_value("one!")


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 390])
async def test_axe_finds_nothing_in_the_open_list(theatre: Theatre, scheme: Any, width: int) -> None:
    said = {"text": "hello", "client_id": "one"}
    await theatre.people["owner"].api("POST", f"/channels/{theatre.slug}/chat/messages", said)
    viewer = await theatre.open("viewer", color_scheme=scheme, viewport={"width": width, "height": 700})
    await viewer.sees("hello")
    await field(viewer).press_sequentially("@o")
    await expect(options(viewer)).to_have_count(1)
    assert await findings(viewer.page) == []
