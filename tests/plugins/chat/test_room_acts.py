"""Moderators and their acts in Chromium, by mouse and by keyboard, and what everyone else sees of them."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from chat_windows import Theatre
from playwright.async_api import Page, expect

from aethex_live.models import ChannelModerator

pytestmark = pytest.mark.slow


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
    for key in ("ArrowUp", "Tab", "Tab", "Tab", "Tab", "Tab"):
        await moderator.page.keyboard.press(key)
    await expect(moderator.page.get_by_role("button", name="Time out or ban")).to_be_focused()
    for key in ("Enter", "ArrowDown", "Enter"):
        await moderator.page.keyboard.press(key)

    # Then everyone sees what that does
    await moderator.sees("was timed out for 10 minutes by")
    await viewer.sees("Your message was removed")
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


@pytest.mark.parametrize(
    ("rights", "tools", "menu"),
    [
        (["chat.delete"], ["Delete message"], []),
        (["chat.timeout"], ["Time out"], ["Time out for 10 minutes", "Reason or another length"]),
        (["chat.ban"], ["Ban"], ["Ban", "With a reason"]),
        (["chat.delete", "chat.ban"], ["Delete message", "Ban"], ["Ban", "With a reason"]),
    ],
)
async def test_a_moderator_is_offered_what_their_rights_allow(
    theatre: Theatre, rights: list[str], tools: list[str], menu: list[str]
) -> None:
    # Given a moderator with some of the rights, and lines of a viewer and of their own
    await ChannelModerator.filter(user_id=await theatre.id_of("moderator")).update(rights=rights)
    viewer, moderator = await theatre.open("viewer"), await theatre.open("moderator")
    await viewer.send("what now")
    await moderator.sees("what now")
    await moderator.send("my own")
    await moderator.sees("my own")
    await moderator.page.wait_for_selector("ax-chat[data-hands]")
    # Then their own line can be removed in any case
    own = moderator.lines.filter(has_text="my own")
    await own.hover()
    await expect(own.get_by_role("button", name="Delete message")).to_be_visible()
    # and the tools of the viewer's line are what the rights open
    line = moderator.lines.filter(has_text="what now")
    await line.hover()
    names = await line.locator(".ax-msg__tools button").evaluate_all("all => all.map(e => e.ariaLabel)")
    assert names == ["Reply", *tools]
    # and so is the menu
    if menu:
        await line.get_by_role("button", name=tools[-1], exact=True).click()
        found = await moderator.page.locator("[data-menu] [role=menuitem]").all_inner_texts()
        assert set(menu) <= set(found)
        assert ("Ban" in found) is ("chat.ban" in rights)
        assert any(name.startswith("Time out") for name in found) is ("chat.timeout" in rights)


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
