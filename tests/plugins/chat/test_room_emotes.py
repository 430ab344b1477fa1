"""Emotes and emoji in Chromium: picker and completion by keyboard, pictures in lines, the pages around them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from chat_windows import Theatre, Window
from emote_files import moving, still
from playwright.async_api import Route, expect
from test_room_completion import field, options
from test_room_modes import findings

pytestmark = pytest.mark.slow
SCRIPTLESS = {"java_script_enabled": False}


async def give(theatre: Theatre, code: str = "wave", picture: bytes | None = None, who: str = "owner") -> str:
    """Upload an emote by the API; its id."""
    browser = theatre.people[who]
    answer = await browser.ask(
        "POST",
        f"/api/v1/channels/{theatre.slug}/chat/emotes?code={code}",
        data=picture or still(),
        headers={"Origin": browser.base.rstrip("/"), "Content-Type": "application/octet-stream"},
    )
    assert answer.status == 201, answer.text
    return str(answer.json()["id"])


def images(window: Window) -> Any:
    return window.lines.locator("img.ax-emote")


async def is_drawn(image: Any) -> None:
    """The browser has the picture, and is not showing its words instead."""
    await image.scroll_into_view_if_needed()
    await expect(image).not_to_have_js_property("naturalWidth", 0)  # also where the page runs no script


def picker(window: Window) -> Any:
    return window.page.get_by_role("dialog", name="Emotes and emoji")


# --- in lines


async def test_an_emote_is_a_picture_live_after_a_reload_and_without_javascript(theatre: Theatre) -> None:
    emote = await give(theatre)
    viewer, other = await theatre.open("viewer"), await theatre.open("other")
    await viewer.send("hello :WAVE: and :nothing:")
    await viewer.send(":wave:")
    await expect(images(other)).to_have_count(2)
    await viewer.page.reload()
    await viewer.ready()
    plain = await theatre.open("other", **SCRIPTLESS)
    for window in (other, viewer, plain):
        first, alone = images(window).nth(0), images(window).nth(1)
        await expect(first).to_have_attribute("alt", ":wave:")
        await expect(first).to_have_attribute("src", f"/p/chat/emotes/{emote}/28.webp")
        await expect(first).to_have_attribute("loading", "lazy")
        await is_drawn(first)
        # what stands alone is larger
        assert (await first.bounding_box())["height"] == 28
        assert (await alone.bounding_box())["height"] == 56
        await expect(window.lines.nth(0)).to_contain_text("and :nothing:")
    # an answer quotes the code
    await other.lines.nth(0).hover()
    await other.lines.nth(0).get_by_role("button", name="Reply").click()
    await expect(other.page.locator(".ax-composer__reply > span")).to_contain_text("hello :wave: and :nothing:")


async def test_of_an_emote_that_is_taken_away_the_code_is_left_at_once(theatre: Theatre) -> None:
    emote = await give(theatre)
    viewer, moderator = await theatre.open("viewer"), await theatre.open("moderator")
    await viewer.send("one :wave: two")
    for window in (viewer, moderator):
        await is_drawn(images(window).first)  # what is still on its way then would not be there any more
    await theatre.people["owner"].api("DELETE", f"/channels/{theatre.slug}/chat/emotes/{emote}")
    for window in (viewer, moderator):
        await expect(images(window)).to_have_count(0)
        await expect(window.lines.filter(has_text="one :wave: two")).to_have_count(1)
    await moderator.sees("took the emote :wave: away")
    await moderator.page.reload()
    await moderator.ready()
    await expect(images(moderator)).to_have_count(0)


async def test_who_wants_less_motion_sees_the_still_picture(theatre: Theatre) -> None:
    await give(theatre, "dance", moving(4))
    viewer = await theatre.open("viewer")
    await viewer.send("now :dance:")
    calm = await theatre.open("other", reduced_motion="reduce")
    for window, ending in ((viewer, "28.webp"), (calm, "28-still.webp")):
        await is_drawn(images(window).first)
        assert (await images(window).first.evaluate("(i) => i.currentSrc")).endswith(ending)


# --- completion


async def test_a_colon_and_two_letters_offer_emotes_of_the_channel_and_emoji(theatre: Theatre) -> None:
    await give(theatre, "smugNova")
    viewer = await theatre.open("viewer")
    await field(viewer).press_sequentially(":s")
    await expect(options(viewer)).to_have_count(0)
    await field(viewer).press_sequentially("m")
    await expect(options(viewer).first).to_contain_text(":smugNova:")
    await expect(options(viewer).first.locator("img")).to_be_visible()
    await field(viewer).press_sequentially("i")
    await expect(options(viewer).first).to_contain_text(":smile")
    await field(viewer).press_sequentially("le")
    await field(viewer).press("Tab")
    await expect(field(viewer)).to_have_value("😄 ")
    await field(viewer).press_sequentially(":smugn")
    await expect(options(viewer)).to_have_count(1)
    await field(viewer).press("Enter")
    await field(viewer).press("Enter")
    await expect(images(viewer)).to_have_attribute("alt", ":smugNova:")
    # and a name that is written to its end is an emoji when it is sent
    await field(viewer).press_sequentially("so :tada: good")
    await field(viewer).press("Enter")
    await viewer.sees("so 🎉 good")


# --- the picker


async def test_the_picker_is_walked_by_keyboard_and_gives_the_focus_back(theatre: Theatre) -> None:
    await give(theatre)
    viewer = await theatre.open("viewer")
    await viewer.type("hi ")
    button = viewer.page.get_by_role("button", name="Emotes and emoji")
    await button.focus()
    await button.press("Enter")
    search = picker(viewer).get_by_role("searchbox")
    await expect(search).to_be_focused()
    # the channel's own stand first; nothing was used yet
    await expect(picker(viewer).get_by_role("tab").first).to_have_attribute("aria-label", "Emotes of this channel")
    await search.press("ArrowDown")
    await expect(picker(viewer).get_by_role("gridcell", name=":wave:")).to_be_focused()
    await viewer.page.keyboard.press("Enter")
    await expect(picker(viewer)).to_be_hidden()
    await expect(field(viewer)).to_be_focused()
    await expect(field(viewer)).to_have_value("hi :wave: ")
    # When a word is searched for, Then the arrows walk through what was found
    await button.press("Enter")
    await search.fill("cat")
    await expect(picker(viewer).get_by_role("status")).to_contain_text("Found:")
    cells = picker(viewer).get_by_role("gridcell")
    await search.press("ArrowDown")
    await expect(cells.nth(0)).to_be_focused()
    for key, at in (("ArrowRight", 1), ("ArrowDown", 9), ("ArrowLeft", 8), ("ArrowUp", 0), ("End", 7), ("Home", 0)):
        await viewer.page.keyboard.press(key)
        await expect(cells.nth(at)).to_be_focused()
    await viewer.page.keyboard.press("ArrowUp")
    await expect(search).to_be_focused()
    # Escape closes it and goes back to the button
    await viewer.page.keyboard.press("Escape")
    await expect(picker(viewer)).to_be_hidden()
    await expect(button).to_be_focused()
    await expect(button).to_have_attribute("aria-expanded", "false")


async def test_a_word_written_while_the_tables_come_is_searched_for(theatre: Theatre) -> None:
    viewer = await theatre.open("viewer")
    written = asyncio.Event()

    async def late(route: Route) -> None:
        await written.wait()
        await route.continue_()

    await viewer.page.route("**/chat/emotes*", late)
    await viewer.page.get_by_role("button", name="Emotes and emoji").click()
    await picker(viewer).get_by_role("searchbox").fill("tada")
    written.set()
    await expect(picker(viewer).get_by_role("gridcell", name=":tada:")).to_be_visible()
    await expect(picker(viewer).get_by_role("searchbox")).to_have_value("tada")
    await expect(picker(viewer).get_by_role("tab")).to_have_count(9)
    # and the next time it begins anew
    await viewer.page.keyboard.press("Escape")
    await viewer.page.get_by_role("button", name="Emotes and emoji").click()
    await expect(picker(viewer).get_by_role("searchbox")).to_have_value("")


async def test_a_word_written_before_the_picker_heard_that_it_is_open_is_searched_for(theatre: Theatre) -> None:
    viewer = await theatre.open("viewer")
    await viewer.page.get_by_role("button", name="Emotes and emoji").evaluate(
        """(button) => {
            button.click();
            const search = document.querySelector(".ax-picker input");
            search.value = "tada";
            search.dispatchEvent(new InputEvent("input", { bubbles: true }));
        }"""
    )
    await expect(picker(viewer).get_by_role("gridcell", name=":tada:")).to_be_visible()
    await expect(picker(viewer).get_by_role("searchbox")).to_have_value("tada")


async def test_what_was_used_is_offered_first_the_next_time_also_when_the_memory_is_broken(theatre: Theatre) -> None:
    viewer = await theatre.open("viewer")
    button = viewer.page.get_by_role("button", name="Emotes and emoji")
    await button.click()
    await picker(viewer).get_by_role("searchbox").fill("tada")
    await picker(viewer).get_by_role("gridcell", name=":tada:").click()
    await viewer.page.reload()
    await viewer.ready()
    await button.click()
    await expect(picker(viewer).get_by_role("tab").first).to_have_attribute("aria-label", "Used lately")
    await expect(picker(viewer).get_by_role("gridcell")).to_have_count(1)
    for broken in ("{", '{"a": 1}', '[null, 3, {"emoji": {}}]'):
        await viewer.page.evaluate("(text) => localStorage.setItem('ax-chat-recent', text)", broken)
        await viewer.page.reload()
        await viewer.ready()
        await button.click()
        await expect(picker(viewer).get_by_role("tab").first).to_have_attribute("aria-label", "Smileys")


async def test_tabs_are_walked_by_arrows(theatre: Theatre) -> None:
    viewer = await theatre.open("viewer")
    await viewer.page.get_by_role("button", name="Emotes and emoji").click()
    tabs = picker(viewer).get_by_role("tab")
    await expect(tabs).to_have_count(9)
    await tabs.first.focus()
    await tabs.first.press("ArrowLeft")
    await expect(tabs.last).to_be_focused()
    await expect(tabs.last).to_have_attribute("aria-selected", "true")
    await expect(picker(viewer).get_by_role("grid", name="Flags")).to_be_visible()
    assert await viewer.page.evaluate("document.querySelectorAll('.ax-picker__cell').length") > 200


# --- pages


async def test_a_moderator_uploads_and_deletes_without_javascript(theatre: Theatre, tmp_path: Path) -> None:
    (tmp_path / "wave.png").write_bytes(still())
    (tmp_path / "bad.svg").write_bytes(b"<svg onload='axs()'/>")
    window = await theatre.open("moderator", path=f"/p/chat/{theatre.slug}/emotes", **SCRIPTLESS)
    page = window.page
    await expect(page.get_by_role("link", name="Emotes", exact=True)).to_have_attribute("aria-current", "page")
    await page.get_by_label("Code").fill("wave")
    await page.get_by_label("Picture").set_input_files(tmp_path / "bad.svg")
    await page.get_by_role("button", name="Upload").click()
    await expect(page.locator("#emote-picture-error")).to_contain_text("PNG, JPEG, WebP or GIF")
    await expect(page.get_by_label("Code")).to_have_value("wave")
    await page.get_by_label("Picture").set_input_files(tmp_path / "wave.png")
    await page.get_by_role("button", name="Upload").click()
    await expect(page.get_by_text("The emote is there")).to_be_visible()
    await is_drawn(page.locator("img.ax-emote").first)
    await page.get_by_role("button", name="Delete :wave:").click()
    await expect(page.get_by_text("No emotes yet")).to_be_visible()
    window.problems.clear()  # the browser notes that the page came with 422, as it should


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 390])
async def test_axe_finds_nothing(theatre: Theatre, scheme: Any, width: int) -> None:
    await give(theatre, "wave")
    await give(theatre, "dance", moving(3))
    look: dict[str, Any] = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    viewer = await theatre.open("viewer", **look)
    await viewer.send("hi :wave: :dance:")
    await expect(images(viewer)).to_have_count(2)
    await viewer.page.get_by_role("button", name="Emotes and emoji").click()
    await expect(picker(viewer).get_by_role("gridcell")).to_have_count(2)
    assert await findings(viewer.page) == []
    box = await picker(viewer).bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    await picker(viewer).get_by_role("tab", name="Animals and nature").click()
    await expect(picker(viewer).get_by_role("grid", name="Animals and nature")).to_be_visible()
    assert await findings(viewer.page) == []
    owner = await theatre.open("owner", **look)
    await owner.page.goto(f"{theatre.site.url}p/chat/{theatre.slug}/emotes")
    assert await findings(owner.page) == []
