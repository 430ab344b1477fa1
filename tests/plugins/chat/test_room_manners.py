"""Rules, pins, announcements, barriers and the delay in a real Chromium, with and without JavaScript."""

from __future__ import annotations

from typing import Any

import pytest
from chat_windows import Theatre
from playwright.async_api import expect
from test_room_modes import findings

from aethex_live.clock import SystemClock


async def turn(theatre: Theatre, **modes: Any) -> None:
    answer = await theatre.people["owner"].api("PUT", f"/channels/{theatre.slug}/chat/modes", modes)
    assert answer.status == 200, answer.text


async def rule(theatre: Theatre, text: str, *, ask_again: bool = False) -> None:
    body = {"text": text, "ask_again": ask_again}
    answer = await theatre.people["owner"].api("PUT", f"/channels/{theatre.slug}/chat/rules", body)
    assert answer.status == 200, answer.text


async def test_one_reads_and_accepts_the_rules_and_then_writes(theatre: Theatre) -> None:
    viewer = await theatre.open("viewer")
    banner = viewer.page.locator("[data-barrier]")
    await expect(banner).to_be_hidden()
    # When a moderator lays rules down in the dialog
    moderator = await theatre.open("moderator")
    await moderator.page.get_by_role("link", name="Rules of the chat").click()
    dialog = moderator.page.locator("dialog[open]")
    await dialog.get_by_label("Rules that everybody accepts").fill("Be kind.\nNo spoilers.")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_be_hidden()
    # Then an open page says so, and the rules are accepted there
    await expect(banner).to_contain_text("This chat has rules")
    await viewer.send("may I?")
    await expect(viewer.lines.filter(has_text="may I?")).to_contain_text("read and accept them to write")
    await banner.get_by_role("link", name="Read the rules").click()
    await expect(viewer.page.locator("dialog[open] .ax-chat-rules")).to_contain_text("No spoilers.")
    await viewer.page.get_by_role("button", name="Accept the rules").click()
    await expect(banner).to_be_hidden()
    await viewer.page.get_by_role("button", name="Retry").click()
    await moderator.sees("may I?")


async def test_rules_are_accepted_without_javascript(theatre: Theatre) -> None:
    await rule(theatre, "Be kind.")
    viewer = await theatre.open("viewer", java_script_enabled=False)
    await viewer.page.locator("textarea").fill("hello")
    await viewer.page.get_by_role("button", name="Send").click()
    await expect(viewer.page.locator("[data-problem]")).to_contain_text("This chat has rules")
    await viewer.page.get_by_role("link", name="Read the rules").click()
    await viewer.page.get_by_role("button", name="Accept the rules").click()
    await expect(viewer.page.locator("[data-barrier]")).to_be_hidden()
    await viewer.page.locator("textarea").fill("hello")
    await viewer.page.get_by_role("button", name="Send").click()
    await viewer.sees("hello")
    viewer.problems.clear()  # the browser notes that the page came with 403, as it should


async def test_a_pinned_message_stands_above_the_chat_folds_and_goes(theatre: Theatre) -> None:
    viewer, moderator = await theatre.open("viewer"), await theatre.open("moderator")
    await viewer.send("see https://a.example/x")
    await moderator.sees("see https://a.example/x")
    # When a moderator pins it by the tools of the line
    await moderator.lines.filter(has_text="a.example").hover()
    await moderator.page.get_by_role("button", name="Pin message").click()
    pin = viewer.page.locator(".ax-chat-pin")
    await expect(pin).to_contain_text("see https://a.example/x")
    await expect(pin.get_by_role("link")).to_have_attribute("href", "https://a.example/x")
    # Then a viewer folds it, which stays after a reload
    await pin.locator("summary").click()
    await viewer.page.reload()
    await viewer.ready()
    await expect(pin.locator("p")).to_be_hidden()
    await expect(pin.get_by_role("button")).to_have_count(0)
    # And it goes with its message
    await moderator.page.locator(".ax-chat-pin").get_by_role("button", name="Take the pinned message away").click()
    await expect(pin).to_have_count(0)
    await expect(moderator.page.locator(".ax-chat-pin")).to_have_count(0)


async def test_pins_and_announcements_work_without_javascript(theatre: Theatre) -> None:
    owner = await theatre.open("owner", java_script_enabled=False)
    await owner.page.get_by_role("link", name="Announce or pin something").click()
    await owner.page.locator("#chat-announcement").fill("We start at nine")
    await owner.page.locator("#chat-accent").select_option("good")
    await owner.page.get_by_role("button", name="Announce").click()
    await expect(owner.lines.filter(has_text="We start at nine")).to_contain_text("Good news")
    await owner.page.get_by_role("link", name="Announce or pin something").click()
    await owner.page.locator("#chat-pin-text").fill("Merch is out")
    await owner.page.get_by_role("button", name="Pin", exact=True).click()
    await expect(owner.page.locator(".ax-chat-pin")).to_contain_text("Merch is out")
    await owner.page.locator(".ax-chat-pin").get_by_role("button").click()
    await expect(owner.page.locator(".ax-chat-pin")).to_have_count(0)


async def test_an_announcement_stands_out_for_everybody(theatre: Theatre) -> None:
    viewer, moderator = await theatre.open("viewer"), await theatre.open("moderator")
    await moderator.page.get_by_role("link", name="Announce or pin something").click()
    dialog = moderator.page.locator("dialog[open]")
    await dialog.locator("#chat-announcement").fill("Short break")
    await dialog.get_by_role("button", name="Announce").click()
    line = viewer.lines.filter(has_text="Short break")
    await expect(line).to_have_attribute("data-accent", "note")
    await expect(line.locator(".ax-chat-accent")).to_have_text("Announcement")


async def test_the_banner_comes_and_goes_with_the_modes(theatre: Theatre) -> None:
    viewer = await theatre.open("viewer")
    banner = viewer.page.locator("[data-barrier]")
    await turn(theatre, verified_only=True)
    await expect(banner).to_contain_text("confirm yours in your settings")
    await expect(banner.get_by_role("link")).to_have_attribute("href", "/settings#account")
    await turn(theatre)
    await expect(banner).to_be_hidden()
    # and it is there without JavaScript, with what would let one write
    await turn(theatre, min_age_minutes=60)
    plain = await theatre.open("other", java_script_enabled=False)
    await expect(plain.page.locator("[data-barrier]")).to_contain_text("yours is in")


async def test_with_a_delay_moderators_and_the_author_see_a_message_first(theatre: Theatre) -> None:
    await turn(theatre, delay_s=2)
    author, moderator, other = [await theatre.open(who) for who in ("viewer", "moderator", "other")]
    began = SystemClock().monotonic()
    await author.send("first")
    await author.sees("first")
    await moderator.sees("first")
    await author.send("an insult")
    await moderator.sees("an insult")
    line = moderator.lines.filter(has_text="an insult")
    await line.hover()
    await line.get_by_role("button", name="Delete message").click()
    await expect(line).to_have_attribute("data-state", "deleted")
    # Then others see what was left of it, and not before its time
    await other.sees("first")
    assert SystemClock().monotonic() - began >= 2
    await author.send("last")
    await other.sees("last")
    await other.sees("an insult", times=0)
    await expect(other.lines).to_have_count(2)
    await author.sees("first")
    await author.sees("last")


async def test_acts_do_not_wait_behind_hidden_messages_and_are_done_once(theatre: Theatre) -> None:
    author, moderator, other = [await theatre.open(who) for who in ("viewer", "moderator", "other")]
    await author.send("seen by all")
    await other.sees("seen by all")
    await turn(theatre, delay_s=10)
    words = other.page.locator("[data-modes-words]")
    await expect(words).to_contain_text("Viewers see messages 10 seconds later.")
    began = SystemClock().monotonic()
    await author.send("hidden still")
    await moderator.sees("hidden still")
    # When acts follow a message that is hidden, Then viewers see them before it
    line = moderator.lines.filter(has_text="seen by all")
    await line.hover()
    await line.get_by_role("button", name="Delete message").click()
    await expect(other.lines.filter(has_text="Message removed")).to_have_count(1)
    await turn(theatre, slow_s=5)
    await expect(words).to_contain_text("Slow mode: one message every 5 seconds.")
    await turn(theatre, slow_s=7)
    await expect(words).to_contain_text("every 7 seconds")
    assert SystemClock().monotonic() - began < 9.5
    # and in their turn they undo nothing
    await expect(other.lines.filter(has_text="hidden still")).to_have_count(1, timeout=15_000)
    await expect(words).to_contain_text("every 7 seconds")
    await expect(other.lines).to_have_count(2)


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 390])
async def test_axe_finds_nothing(theatre: Theatre, scheme: Any, width: int) -> None:
    look: dict[str, Any] = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    await rule(theatre, "Be kind.")
    api, chat = theatre.people["owner"].api, f"/channels/{theatre.slug}/chat"
    await api("PUT", f"{chat}/pin", {"text": "see https://a.example/x"})
    for accent in ("note", "good", "warn"):
        await api("POST", f"{chat}/announcements", {"text": f"A {accent}", "accent": accent, "client_id": accent})
    viewer, owner = await theatre.open("viewer", **look), await theatre.open("owner", **look)
    for window in (viewer, owner):
        assert await findings(window.page) == []
        await window.page.get_by_role("link", name="Rules of the chat").click()
        await expect(window.page.locator("dialog[open] h2")).to_be_visible()
        assert await findings(window.page) == []
    await owner.page.goto(f"{theatre.site.url}p/chat/{theatre.slug}/announce")
    assert await findings(owner.page) == []
