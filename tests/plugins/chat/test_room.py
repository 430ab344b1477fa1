"""The live chat in Chromium over the real engine: sending, retrying, acts of moderators, scrolling, sampling."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from chat_windows import Theatre, build_theatre
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, async_playwright, expect

from aethex_live.errors import Unavailable
from aethex_plugins.chat.sending import Sender
from sites import LiveSite

_count = iter(range(1000))


@pytest_asyncio.fixture(scope="module")
async def chromium() -> AsyncIterator[Chromium]:
    from needs import need

    program = need("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(program), args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def theatre(site: LiveSite, chromium: Chromium) -> AsyncIterator[Theatre]:
    made = await build_theatre(site, chromium, next(_count))
    yield made
    problems = [problem for window in made.windows for problem in window.problems]
    await made.close()
    assert problems == []


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


async def test_a_deleted_message_is_gone_for_viewers_within_half_a_second(theatre: Theatre) -> None:
    viewer, moderator = await theatre.open("other"), await theatre.open("moderator")
    author = await theatre.open("viewer")
    await author.send("bad words")
    await moderator.sees("bad words")
    line = moderator.lines.filter(has_text="bad words")
    await line.hover()
    # from the click in one page to the change in the other, by the clock that both share
    await moderator.page.evaluate("addEventListener('click', () => { window.acted = Date.now(); }, true)")
    seen = asyncio.create_task(
        viewer.page.evaluate(
            "() => new Promise((done) => new MutationObserver((_, watch) => {"
            " if (document.querySelector('[data-state=deleted]')) { watch.disconnect(); done(Date.now()); }"
            "}).observe(document.querySelector('.ax-chat__log'), {subtree: true, attributes: true}))"
        )
    )
    await line.get_by_role("button", name="Delete message").click()
    assert await seen - await moderator.page.evaluate("window.acted") < 500
    await viewer.sees("Message removed")
    await viewer.sees("bad words", times=0)
    number = theatre.slug[4:]
    await expect(moderator.lines.filter(has_text="bad words")).to_contain_text(f"Removed by moderator_{number}")


async def test_a_timeout_by_keyboard_alone_and_back(theatre: Theatre) -> None:
    viewer, moderator = await theatre.open("viewer"), await theatre.open("moderator")
    await viewer.send("spam spam spam")
    await moderator.sees("spam spam spam")

    # Given a moderator without a mouse: into the log, up to the line, along its tools, down the menu
    await moderator.page.locator(".ax-chat__log").focus()
    await moderator.page.wait_for_selector("ax-chat[data-hands]")
    for key in ("ArrowUp", "Tab", "Tab", "Tab", "Tab"):
        await moderator.page.keyboard.press(key)
    await expect(moderator.page.get_by_role("button", name="Time out or ban")).to_be_focused()
    for key in ("Enter", "ArrowDown", "Enter"):
        await moderator.page.keyboard.press(key)

    # Then everyone sees what that does
    await moderator.sees("was timed out for 10 minutes by")
    await viewer.sees("Message removed")
    await expect(viewer.page.locator("[data-banner]")).to_contain_text("You are timed out in this chat until")
    await expect(viewer.page.locator("[data-composer]")).to_be_hidden()

    # And the list of people who are shut out lets them write again
    await moderator.page.get_by_role("link", name="People who are shut out").click()
    await moderator.page.locator("dialog[open]").get_by_role("button", name="Lift").click()
    await expect(moderator.page.locator("dialog[open]")).to_contain_text("Nobody is timed out or banned.")
    await expect(viewer.page.locator("[data-composer]")).to_be_visible()
    await viewer.send("sorry")
    await moderator.page.keyboard.press("Escape")
    await moderator.sees("sorry")


async def test_a_ban_from_the_card_says_why(theatre: Theatre) -> None:
    viewer, owner = await theatre.open("viewer"), await theatre.open("owner")
    await viewer.send("buy followers")
    await owner.sees("buy followers")
    await owner.lines.first.locator(".ax-msg__name").click()
    card = owner.page.locator("dialog[open] .ax-usercard")
    await card.get_by_label("Reason").fill("Advertising")
    await card.get_by_role("button", name="Ban").click()
    await expect(viewer.page.locator("[data-banner]")).to_have_text(
        re.compile(r"You are banned from this chat\. Reason: Advertising")
    )
    await owner.sees("was banned by")


async def test_a_refused_act_is_said_where_it_was_tried(theatre: Theatre) -> None:
    owner, moderator = await theatre.open("owner"), await theatre.open("moderator")
    await owner.send("my channel")
    await moderator.sees("my channel")
    # the page offers nothing against the owner; the server refuses all the same
    line = moderator.lines.first
    await line.hover()
    await expect(line.get_by_role("button", name="Reply")).to_be_visible()
    await expect(line.get_by_role("button", name="Delete message")).to_have_count(0)
    await expect(line.get_by_role("button", name="Time out or ban")).to_have_count(0)
    answer = await moderator.page.evaluate(
        "([channel, user]) => import('aethex/live').then(({send}) => send('chat.ban', {channel, user}))"
        ".then(() => 'done', (problem) => problem.detail)",
        [str(await theatre.channel_id()), str(await theatre.id_of("owner"))],
    )
    assert "nobody can do this to them" in answer


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
    topic, publish = f"chat:{await theatre.channel_id()}", theatre.site.platform.realtime.publish
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
    topic, publish = f"chat:{await theatre.channel_id()}", theatre.site.platform.realtime.publish
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


@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_axe_finds_nothing(theatre: Theatre, scheme: Any) -> None:
    axe = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.is_file():
        pytest.skip("needs node_modules: run `npm ci`")
    author, owner = await theatre.open("viewer"), await theatre.open("owner", color_scheme=scheme)
    number = theatre.slug[4:]
    await author.send("bad words")
    await author.send(f"hello @owner_{number}, see https://example.org/")
    await owner.send("welcome")
    await owner.lines.filter(has_text="hello").hover()
    await owner.page.get_by_role("button", name="Delete message").click()
    await owner.lines.filter(has_text="bad").hover()
    await owner.page.get_by_role("button", name="Time out or ban").click()
    await owner.page.evaluate(axe.read_text("utf-8"))
    assert await audit(owner.page) == []
    await owner.page.keyboard.press("Escape")
    await owner.lines.first.locator(".ax-msg__name").click()
    await owner.page.wait_for_selector("dialog[open] .ax-usercard")
    assert await audit(owner.page) == []


async def audit(page: Page) -> list[str]:
    """What axe finds within the chat; the rest of the page is tested elsewhere."""
    found: list[str] = await page.evaluate(
        "async () => { await Promise.all(document.getAnimations().map((a) => a.finished.catch(() => {})));"
        " const {violations} = await axe.run(document.querySelector('ax-chat'), {runOnly: {type: 'tag', values:"
        " ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}});"
        " return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 200)).join(' | ')}`); }"
    )
    return found


async def test_options_are_remembered(theatre: Theatre) -> None:
    window = await theatre.open("viewer")
    await window.send("hi")
    await window.page.get_by_role("button", name="Chat options").click()
    await window.page.get_by_label("Read new messages aloud").check()
    await window.page.get_by_label("Show the time of messages").check()
    await window.page.reload()
    await window.ready()
    await expect(window.page.get_by_role("log")).to_have_attribute("aria-live", "polite")
    await expect(window.lines.first.locator("time")).to_be_visible()


async def test_the_chat_is_readable_and_writable_without_javascript(theatre: Theatre) -> None:
    live = await theatre.open("owner")
    plain = await theatre.open("viewer", java_script_enabled=False)
    await plain.page.locator("textarea").fill("without scripts")
    await plain.page.get_by_role("button", name="Send").click()
    await plain.sees("without scripts")
    await live.sees("without scripts")
