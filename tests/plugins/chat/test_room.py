"""The live chat in Chromium over the real engine: sending, retrying, coming back, scrolling, sampling."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from chat_windows import Theatre
from playwright.async_api import expect

from aethex_live.errors import Unavailable
from aethex_plugins.chat.sending import Sender

pytestmark = pytest.mark.slow


async def test_messages_arrive_once_and_in_both_windows(theatre: Theatre) -> None:
    viewer, owner = await theatre.open("viewer"), await theatre.open("owner")
    await viewer.send("hello there")
    await owner.sees("hello there")
    await viewer.sees("hello there")
    await expect(viewer.lines.first).not_to_have_attribute("data-state", re.compile("."))
    await owner.send(f"welcome @viewer_{theatre.slug[4:]}")
    await expect(viewer.lines.filter(has_text="welcome")).to_have_attribute("data-mention", "")
    # the page and the live part do not overlap
    again = await theatre.open("viewer")
    await again.sees("hello there")
    await again.sees("welcome")


async def test_guests_hear_and_are_asked_to_sign_in(theatre: Theatre) -> None:
    guest, viewer = await theatre.open(), await theatre.open("viewer")
    await viewer.send("can you hear me?")
    await guest.sees("can you hear me?")
    await expect(guest.page.get_by_role("link", name="Sign in to chat")).to_be_visible()


async def test_a_message_that_was_not_sent_keeps_its_text_and_a_retry_makes_one(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer, other = await theatre.open("viewer"), await theatre.open("other")
    real = Sender.send
    failures = [Unavailable("The database has hiccups.")]

    async def hiccup(self: Sender, *args: Any, **kwargs: Any) -> Any:
        stored = await real(self, *args, **kwargs)
        if failures:  # stored, but the answer is lost
            raise failures.pop()
        return stored

    async def refused(self: Sender, *args: Any, **kwargs: Any) -> Any:
        raise Unavailable("The database has hiccups.")

    # Given a message that is refused
    monkeypatch.setattr(Sender, "send", refused)
    await viewer.send("patience")
    failed = viewer.lines.filter(has_text="patience")
    await expect(failed).to_contain_text("Not sent. The database has hiccups.")
    # When it is sent again, and this time only the answer is lost, it is there once
    monkeypatch.setattr(Sender, "send", hiccup)
    await failed.get_by_role("button", name="Retry").click()
    await other.sees("patience")
    await viewer.sees("patience")
    await expect(viewer.lines.filter(has_text="patience")).not_to_have_attribute("data-state", "failed")


async def test_a_lost_connection_is_said_and_what_was_missed_comes_once(theatre: Theatre) -> None:
    viewer, owner = await theatre.open("viewer"), await theatre.open("owner")
    await owner.send("before")
    await viewer.sees("before")
    await viewer.type("my unsent words")
    theatre.site.platform.realtime.close_user(await theatre.id_of("viewer"), "test")
    await expect(viewer.page.locator("[data-hint]")).to_contain_text(
        re.compile(r"Chat lost its connection\. Trying again in \d+ seconds\. Your message is kept\.")
    )
    await owner.send("meanwhile")
    await viewer.sees("meanwhile")
    await viewer.sees("before")
    await expect(viewer.page.locator("[data-hint]")).to_have_text("")
    await expect(viewer.page.locator("textarea")).to_have_value("my unsent words")


async def test_replies_recall_and_the_counter(theatre: Theatre) -> None:
    viewer, owner = await theatre.open("viewer"), await theatre.open("owner")
    await owner.send("what gauge is it?")
    await viewer.sees("what gauge is it?")
    await viewer.lines.first.hover()
    await viewer.page.get_by_role("button", name="Reply").click()
    await expect(viewer.page.locator("[data-reply]:visible")).to_contain_text("what gauge is it?")
    await viewer.send("22 AWG")
    await expect(owner.lines.filter(has_text="22 AWG").locator(".ax-msg__reply")).to_contain_text("what gauge")
    # an answer to me is marked like a mention
    await expect(owner.lines.filter(has_text="22 AWG")).to_have_attribute("data-mention", "")

    box, count = viewer.page.locator("textarea"), viewer.page.locator("[data-count]")
    await box.press("ArrowUp")
    await expect(box).to_have_value("22 AWG")
    await viewer.type("x" * 399)
    await expect(count).to_be_hidden()
    await viewer.type("x" * 400)
    await expect(count).to_have_text("100")
    await viewer.send("x" * 501)
    await expect(viewer.page.locator("[data-problem]")).to_contain_text("Use at most 500 characters.")
    await expect(box).to_have_value("x" * 501)


def fake_line(number: int, at: str = "2026-01-01T00:00:00+00:00") -> dict[str, Any]:
    """A line of the kind that the topic carries, by somebody who does not exist."""
    return {
        "id": str(uuid4()),
        "author": {"id": str(uuid4()), "username": f"fan_{number}", "name": f"Fan {number}", "hue": number % 12},
        "role": "member",
        "text": f"line number {number}",
        "mentions": [],
        "at": at,
        "client_id": str(number),
    }


async def test_the_log_stays_where_a_person_reads(theatre: Theatre) -> None:
    window = await theatre.open("viewer")
    topic, publish = await theatre.heard(), theatre.site.platform.realtime.publish
    for number in range(60):
        publish(topic, "line", fake_line(number, f"2026-01-01T00:{number:02}:00+00:00"))
    await window.sees("line number 59")
    top: Callable[[], Any] = lambda: window.page.evaluate("document.querySelector('.ax-chat__log').scrollTop")  # noqa: E731
    end = await top()
    assert end > 500

    await window.page.mouse.move(5, 5)
    await window.page.evaluate("document.querySelector('.ax-chat__log').scrollTop -= 300")
    jump = window.page.locator(".ax-chat__jump")
    publish(topic, "line", fake_line(100, "2026-01-01T02:00:00+00:00"))
    await expect(jump).to_have_text("1 new message")
    publish(topic, "line", fake_line(101, "2026-01-01T02:01:00+00:00"))
    await expect(jump).to_have_text("2 new messages")
    assert await top() == end - 300
    await jump.click()
    await expect(jump).to_be_hidden()
    assert await top() > end

    # pointing at the log holds it, too
    await window.lines.last.hover()
    publish(topic, "line", fake_line(102, "2026-01-01T02:02:00+00:00"))
    await expect(jump).to_have_text("1 new message")
    await window.page.mouse.move(5, 5)
    await expect(jump).to_be_hidden()


async def test_a_flood_is_sampled_and_the_page_stays_small(theatre: Theatre) -> None:
    window = await theatre.open("viewer")
    topic, publish = await theatre.heard(), theatre.site.platform.realtime.publish
    for number in range(200):  # within one second, as its times say
        publish(topic, "line", fake_line(number))
    await expect(window.page.locator("[data-hint]")).to_contain_text("you see a sample")
    assert await window.lines.count() <= 25
    # what comes late but was said slowly is no flood: after a break all of it is shown, up to the cap
    for number in range(400):
        publish(topic, "line", fake_line(number, f"2026-01-01T{1 + number // 60:02}:{number % 60:02}:00+00:00"))
    await window.sees("line number 399")
    assert await window.lines.count() == 300


async def test_who_missed_too_much_reads_the_page_again(theatre: Theatre) -> None:
    viewer = await theatre.open("viewer")
    await viewer.send("first")
    await viewer.sees("first")

    # Given a page whose numbers are of before a restore
    await viewer.page.add_init_script(
        "document.addEventListener('readystatechange', () => {"
        " document.querySelector('ax-chat:not([data-ready])')?.setAttribute('data-epoch', 'older'); });"
    )
    await viewer.page.reload()
    await viewer.ready()
    await viewer.sees("older messages were left out")
    await viewer.sees("first")
    await viewer.send("second")
    await viewer.sees("second")


async def test_the_chat_is_readable_and_writable_without_javascript(theatre: Theatre) -> None:
    live = await theatre.open("owner")
    plain = await theatre.open("viewer", java_script_enabled=False)
    await plain.page.locator("textarea").fill("without scripts")
    await plain.page.get_by_role("button", name="Send").click()
    await plain.sees("without scripts")
    await live.sees("without scripts")
