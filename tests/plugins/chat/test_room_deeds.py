"""Clearing, warnings, requests, notes, shield mode and commands in Chromium, with and without JavaScript."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from chat_windows import Theatre, Window
from playwright.async_api import expect
from test_room_modes import findings

from page_audit import whole

pytestmark = pytest.mark.slow


async def open_desk(window: Window) -> Any:
    await window.page.get_by_role("link", name="Moderating the chat").click()
    return window.page.locator("dialog[open]")


async def open_card(window: Window, text: str) -> Any:
    await window.lines.filter(has_text=text).locator(".ax-msg__name").click()
    return window.page.locator("dialog[open] .ax-usercard")


async def ban(theatre: Theatre, who: str, **more: Any) -> None:
    body = {"user": str(await theatre.id_of(who)), "seconds": None, **more}
    answer = await theatre.people["owner"].api("POST", f"/channels/{theatre.slug}/chat/restrictions", body)
    assert answer.status == 201, answer.text


async def test_a_cleared_chat_is_empty_for_viewers_and_marked_for_moderators(theatre: Theatre) -> None:
    viewer, other, owner = [await theatre.open(who) for who in ("viewer", "other", "owner")]
    await viewer.send("one")
    await other.send("two")
    await owner.sees("two")
    # When the owner clears one person from their card
    card = await open_card(owner, "one")
    await card.get_by_role("button", name="Remove all their messages").click()
    await other.sees("Message removed")
    await other.sees("one", times=0)
    await other.sees("two")
    # and then the chat from the desk
    dialog = await open_desk(owner)
    await dialog.get_by_text("Clear the chat").click()
    await dialog.get_by_role("button", name="Remove all messages").click()
    await viewer.sees("Your message was removed")
    await viewer.sees("Message removed")
    await owner.sees("Removed by", times=2)
    await owner.sees("cleared the chat")
    await viewer.send("three")
    await other.sees("three")


async def test_a_warned_person_writes_again_when_they_understand(theatre: Theatre) -> None:
    viewer, moderator = await theatre.open("viewer"), await theatre.open("moderator")
    await viewer.send("a spoiler")
    await moderator.sees("a spoiler")
    card = await open_card(moderator, "a spoiler")
    # a warning without words is refused in place
    await card.get_by_role("button", name="Warn").click()
    await expect(card.get_by_role("alert")).to_contain_text("Say what you warn about")
    await card.get_by_label("Reason").fill("No spoilers <b>please</b>")
    await card.get_by_role("button", name="Warn").click()
    # Then the field makes room for the words
    warning = viewer.page.locator("[data-warning]")
    await expect(warning).to_contain_text(f"moderator_{theatre.slug[4:]} warned you: No spoilers <b>please</b>")
    await expect(viewer.page.locator("[data-composer]")).to_be_hidden()
    assert await findings(viewer.page) == []
    await viewer.page.reload()
    await viewer.ready()
    await expect(warning).to_contain_text("No spoilers")
    await warning.get_by_role("button", name="I understand").click()
    await expect(warning).to_be_hidden()
    await viewer.send("sorry")
    await moderator.sees("sorry")
    await moderator.sees("understood the warning")


async def test_a_warning_without_javascript(theatre: Theatre) -> None:
    viewer = await theatre.open("viewer", java_script_enabled=False)
    body = {"user": str(await theatre.id_of("viewer")), "reason": "Plain words"}
    answer = await theatre.people["moderator"].api("POST", f"/channels/{theatre.slug}/chat/warnings", body)
    assert answer.status == 201, answer.text
    await viewer.page.reload()
    await expect(viewer.page.locator("[data-warning]")).to_contain_text("Plain words")
    await expect(viewer.page.locator("[data-composer]")).to_be_hidden()
    await viewer.page.get_by_role("button", name="I understand").click()
    await expect(viewer.page.locator("[data-composer]")).to_be_visible()


async def test_a_banned_person_asks_and_is_let_in(theatre: Theatre) -> None:
    viewer, owner = await theatre.open("viewer"), await theatre.open("owner")
    await ban(theatre, "viewer", reason="Spam", kind="ban", seconds=7200)
    banner = viewer.page.locator("[data-banner]")
    await expect(banner).to_contain_text("You are banned from this chat until")
    await banner.get_by_role("link", name="Ask to be let in again").click()
    # When they ask
    page = viewer.page
    await page.get_by_label("Why should you be let in again?").fill("I am sorry")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("waits for a moderator")).to_be_visible()
    assert await findings(page) == []
    # Then the owner sees that somebody asks, and denies
    count = owner.page.locator("[data-desk] [data-count]")
    await expect(count).to_have_text("1", timeout=1000)
    dialog = await open_desk(owner)
    await dialog.get_by_role("link", name="Requests to be let in again").click()
    await expect(dialog).to_contain_text("I am sorry")
    assert await findings(owner.page) == []
    await dialog.get_by_label("Answer").fill("Not yet")
    await dialog.get_by_role("button", name="Deny").click()
    await expect(dialog).to_contain_text("Nobody asks.")
    await expect(count).to_be_hidden()
    await page.reload()
    await expect(page.get_by_text("The moderators answer: Not yet")).to_be_visible()
    await page.get_by_label("Why should you be let in again?").fill("Please")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("Your last request was denied: you can ask again in")).to_be_visible()
    await expect(page.get_by_label("Why should you be let in again?")).to_have_value("Please")
    viewer.problems.clear()  # the browser notes that the page came with 429, as it should


async def test_a_request_is_made_and_granted_without_javascript(theatre: Theatre) -> None:
    await ban(theatre, "viewer")
    viewer = await theatre.open("viewer", java_script_enabled=False)
    await viewer.page.get_by_role("link", name="Ask to be let in again").click()
    await viewer.page.get_by_label("Why should you be let in again?").fill("I am sorry")
    await viewer.page.get_by_role("button", name="Send").click()
    owner = await theatre.open("owner", java_script_enabled=False)
    await owner.page.get_by_role("link", name="Moderating the chat").click()
    await owner.page.get_by_role("link", name="Requests to be let in again").click()
    await owner.page.get_by_role("button", name="Let in again").click()
    await expect(owner.page.get_by_text("Nobody asks.")).to_be_visible()
    await viewer.page.get_by_role("link", name="Back to chat").click()
    await expect(viewer.page.locator("[data-composer]")).to_be_visible()


async def test_the_card_has_notes_and_what_was_done(theatre: Theatre) -> None:
    viewer, moderator, owner = [await theatre.open(who) for who in ("viewer", "moderator", "owner")]
    await viewer.send("hello all")
    await moderator.sees("hello all")
    card = await open_card(moderator, "hello all")
    await card.get_by_text("Notes of moderators").click()
    await card.get_by_label("A note, for moderators alone").fill("Be kind to them")
    await card.get_by_role("button", name="Add the note").click()
    await expect(card.get_by_text("Be kind to them")).to_be_visible()
    await moderator.page.get_by_role("button", name="Close").click()
    await owner.sees("hello all")
    card = await open_card(owner, "hello all")
    await expect(card.get_by_text("Be kind to them")).to_be_visible()
    await card.get_by_text("What was done").click()
    await expect(card.get_by_text("Wrote a note")).to_be_visible()
    await card.get_by_text("Last messages here").click()
    await expect(card.locator(".ax-chat-history")).to_contain_text("hello all")
    assert await findings(owner.page) == []
    await card.get_by_role("button", name=re.compile("Delete the note")).click()
    await expect(card.get_by_text("Be kind to them")).to_have_count(0)
    # and the person reads nothing of it on their own card
    card = await open_card(viewer, "hello all")
    await expect(card.get_by_text("Notes of moderators")).to_have_count(0)


async def test_a_length_of_ones_own(theatre: Theatre) -> None:
    viewer, owner = await theatre.open("viewer"), await theatre.open("owner")
    await viewer.send("spam")
    await owner.sees("spam")
    card = await open_card(owner, "spam")
    await card.get_by_label("Or a length of your own").fill("soon")
    await card.get_by_role("button", name="Time out").click()
    await expect(card.get_by_role("alert")).to_contain_text("Write a length such as")
    await card.get_by_label("Or a length of your own").fill("90m")
    await card.get_by_role("button", name="Time out").click()
    await owner.sees("was timed out for 2 hours by")
    await expect(viewer.page.locator("[data-banner]")).to_contain_text("You are timed out in this chat until")


async def test_shield_mode_is_seen_by_all_and_turned_off_again(theatre: Theatre) -> None:
    viewer, moderator = await theatre.open("viewer"), await theatre.open("moderator")
    banner = viewer.page.locator("[data-shield]")
    await expect(banner).to_be_hidden()
    dialog = await open_desk(moderator)
    await dialog.get_by_role("link", name="Choose its modes").click()
    await dialog.get_by_label("Time between two messages").select_option("60")
    await dialog.get_by_role("button", name="Save").click()
    dialog = await open_desk(moderator)
    await dialog.get_by_role("button", name="Turn shield mode on").click()
    await expect(banner).to_have_text("Shield mode is on: strict modes hold at the moment.")
    await expect(viewer.page.locator("[data-modes-words]")).to_contain_text("one message every 1 minute")
    await expect(dialog).to_contain_text("On since")
    assert await findings(moderator.page) == []
    assert await findings(viewer.page) == []
    await dialog.get_by_role("button", name="Turn shield mode off").click()
    await expect(banner).to_be_hidden()
    await expect(viewer.page.locator("[data-modes-words]")).to_be_hidden()


async def test_shield_mode_without_javascript(theatre: Theatre) -> None:
    owner = await theatre.open("owner", java_script_enabled=False)
    await owner.page.get_by_role("link", name="Moderating the chat").click()
    await owner.page.get_by_role("button", name="Turn shield mode on").click()
    await expect(owner.page.get_by_role("button", name="Turn shield mode off")).to_be_visible()
    viewer = await theatre.open("viewer", java_script_enabled=False)
    await expect(viewer.page.locator("[data-shield]")).to_be_visible()


async def test_a_command_answers_its_giver_alone(theatre: Theatre) -> None:
    viewer, moderator = await theatre.open("viewer"), await theatre.open("moderator")
    await viewer.send("hello")
    await moderator.sees("hello")
    await moderator.send("/help")
    await moderator.sees("Your commands: /announce")
    await moderator.send(f"/timeout @viewer_{theatre.slug[4:]} 1h enough")
    await moderator.sees("is timed out for 1 hour.")
    await expect(viewer.page.locator("[data-banner]")).to_contain_text("Reason: enough")
    # what is refused stays in the field
    await moderator.send("/timeout nobody_there")
    await expect(moderator.page.locator("[data-problem]")).to_contain_text("There is nobody called")
    await expect(moderator.page.locator("ax-chat textarea")).to_have_value("/timeout nobody_there")
    await moderator.send("//literally")
    await viewer.sees("/literally")
    await viewer.sees("Your commands", times=0)


async def test_a_command_without_javascript_is_answered_on_the_next_page(theatre: Theatre) -> None:
    owner = await theatre.open("owner", java_script_enabled=False)
    await owner.page.locator("textarea").fill("/slow 30")
    await owner.page.get_by_role("button", name="Send").click()
    await expect(owner.page.get_by_text("Slow mode: one message every 30 seconds.").first).to_be_visible()
    await owner.page.locator("textarea").fill("/slow banana")
    await owner.page.get_by_role("button", name="Send").click()
    await expect(owner.page.locator("[data-problem]")).to_contain_text("Usage: /slow [time]")
    await expect(owner.page.locator("textarea")).to_have_value("/slow banana")
    owner.problems.clear()  # the browser notes that the page came with 422, as it should


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 390])
async def test_axe_finds_nothing(theatre: Theatre, scheme: Any, width: int, tmp_path: Path) -> None:
    look: dict[str, Any] = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    viewer = await theatre.open("viewer")
    await viewer.send("words that somebody said")
    await ban(theatre, "viewer", reason="Spam")
    answer = await theatre.people["viewer"].api("POST", f"/channels/{theatre.slug}/chat/appeals", {"text": "Sorry"})
    assert answer.status == 201, answer.text
    viewer_id = await theatre.id_of("viewer")
    note = {"text": "A note about somebody"}
    await theatre.people["owner"].api("POST", f"/channels/{theatre.slug}/chat/people/{viewer_id}/notes", note)
    owner = await theatre.open("owner", **look)
    for path in ("desk", "appeals", "shield/modes", "log", "log?action=chat.ban", f"people/{viewer_id}"):
        await owner.page.goto(f"{theatre.site.url}p/chat/{theatre.slug}/{path}")
        for summary in await owner.page.locator("main summary").all():
            if not await summary.evaluate("s => s.parentElement.open"):
                await summary.click()
        await whole(owner.page, width)
        assert await findings(owner.page) == [], path
        assert await owner.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        await owner.page.screenshot(path=tmp_path / f"{path.split('?')[0].replace('/', '-')}.png", full_page=True)
    banned = await theatre.open("viewer", **look)
    assert await findings(banned.page) == []
    await banned.page.goto(f"{theatre.site.url}p/chat/{theatre.slug}/appeal")
    assert await findings(banned.page) == []
    await banned.page.screenshot(path=tmp_path / "appeal.png")


async def test_a_message_is_reported_from_its_tools(theatre: Theatre) -> None:
    viewer, other = await theatre.open("viewer"), await theatre.open("other")
    await viewer.send("rude words")
    await other.sees("rude words")
    line = other.lines.filter(has_text="rude words")
    await line.hover()
    await line.get_by_role("link", name="Report").click()
    await expect(other.page.get_by_text("rude words")).to_be_visible()
    # nobody reports themselves
    own = viewer.lines.filter(has_text="rude words")
    await own.hover()
    await expect(own.get_by_role("button", name="Reply")).to_be_visible()
    await expect(own.get_by_role("link", name="Report")).to_have_count(0)


async def test_a_slash_offers_the_commands_that_one_has(theatre: Theatre) -> None:
    viewer, owner = await theatre.open("viewer"), await theatre.open("owner")
    field = owner.page.locator("ax-chat textarea")
    await field.press_sequentially("/ti")
    option = owner.page.get_by_role("option", name="/timeout")
    await expect(option).to_contain_text("[time] [reason]")
    await field.press("Tab")
    await expect(field).to_have_value("/timeout ")
    # who moderates nothing is offered nothing of it
    field = viewer.page.locator("ax-chat textarea")
    await field.press_sequentially("/")
    await expect(viewer.page.get_by_role("option")).to_have_text(
        [re.compile(f"/{name}") for name in ("block", "help", "unblock")]
    )
    await expect(viewer.page.get_by_role("option", name="/help")).to_be_visible()


async def test_a_moderator_whose_right_is_taken_hears_what_viewers_hear(theatre: Theatre) -> None:
    viewer, moderator = await theatre.open("viewer"), await theatre.open("moderator")
    await viewer.send("before")
    await moderator.sees("before")
    # When the owner takes the rights away while the page is open
    gone = await theatre.people["owner"].api(
        "DELETE", f"/channels/{theatre.slug}/moderators/{await theatre.id_of('moderator')}"
    )
    assert gone.status == 200
    # Then the page leaves the topic of moderators, says so, and reads on as a viewer's
    await expect(moderator.page.locator("[data-hint]")).to_contain_text("do not moderate this chat any more")
    await expect(moderator.page.locator("ax-chat")).to_have_attribute("data-topic", re.compile("^chat:"))
    await viewer.send("after")
    await moderator.sees("after")
    await moderator.sees("before", times=1)
