"""Hostile text in every place that people fill in, in Chromium with the content policy off and on: nothing runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from aethex_live.ids import uuid7
from aethex_live.models import Broadcast, Channel, ChannelSlug, Recording, User
from encoders import FLAGS
from needs import need
from payloads import payloads
from sites import Browser as Visitor
from sites import LiveSite

CHANNELS = 84
SOME = 4  # pages that show the same texts once more are looked at for every fourth channel
TABS = 4
NAME, TITLE, ABOUT, REASON, CODE = 50, 140, 2000, 200, 24  # characters that a column takes
EMOTE = """
insert into chat_emote (id, channel_id, code, code_key, provider, key, size, state, created_by, created_at, reason)
values ($1, $2, $3, $3, 'local', $3, 1, $4, $5, $6, $7)
"""
WATCHES = "window.axsRan = 0; window.axs = () => { window.axsRan += 1; };"
# what ran; elements and attributes that came from text; then the same after everything was pointed at and focused
LOOK = """async () => {
  for (const element of document.querySelectorAll('body *')) {
    element.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }));
    if (element.tabIndex >= 0) element.focus({ preventScroll: true });
  }
  await new Promise((done) => setTimeout(done, 0));
  const found = [];
  if (window.axsRan) found.push(`ran ${window.axsRan} times`);
  for (const element of document.querySelectorAll('*')) {
    if (element.hasAttribute('data-axs')) found.push(element.outerHTML.slice(0, 120));
    for (const { name, value } of element.attributes) {
      const target = value.replace(/[\\s\\u0000-\\u001f]/g, '').toLowerCase();
      if (name.startsWith('on') || name.startsWith('hx-on')) found.push(`${name}=${value.slice(0, 80)}`);
      const leads = /^(href|src|action|formaction|data|xlink:href|poster)$/.test(name);
      if (leads && /^(javascript|vbscript|data:text)/.test(target)) found.push(`${name}=${value.slice(0, 80)}`);
    }
  }
  return found;
}"""


@dataclass
class Hostile:
    """A site full of hostile text, and who looks at it."""

    site: LiveSite
    operator: Visitor
    pages: Sequence[str]
    chat: str  # the address of a channel whose chat is open


def bins(texts: Sequence[str], size: int) -> list[str]:
    """As many texts as fit, side by side."""
    found = [""]
    for text in texts:
        if len(found[-1]) + len(text) + 1 > size:
            found.append("")
        found[-1] = f"{found[-1]} {text}".strip(" ")
    return found


def pick(texts: Sequence[str], number: int) -> str:
    return texts[number % len(texts)]


async def fill(site: LiveSite) -> list[str]:
    """Channels whose people, names, titles, about texts and recordings are hostile; the addresses that show them.

    The rows are written past the checks of the forms: what a page shows must be safe whatever is in a row.
    """
    every = list(payloads())
    codes, reasons = [text for text in every if len(text) <= CODE], [text for text in every if len(text) <= REASON]
    names, titles, abouts = [text for text in every if len(text) <= NAME], bins(every, TITLE), bins(every, ABOUT)
    assert len(titles) <= CHANNELS
    found = ["/", "/studio", "/p/chat/admin/emotes"]
    now = datetime.now(UTC)
    for number in range(CHANNELS):
        name, title = names[number * len(names) // CHANNELS], pick(titles, number)
        user = await User.create(
            id=uuid7(), username=f"u{number}", username_key=f"u{number}", display_name=pick(names, number * 7)
        )
        channel = await Channel.create(
            id=uuid7(), owner=user, slug=f"c{number:03}", name=name, title=title, about=pick(abouts, number), hue=number
        )
        await ChannelSlug.create(slug=channel.slug, channel=channel)
        shared: dict[str, Any] = {"channel": channel, "provider": "local", "title": title}
        await Broadcast.create(id=uuid7(), **shared, provider_id=f"b{number}", started_at=now)
        video = await Recording.create(id=uuid7(), **shared, provider_id=f"r{number}", state="ready", duration=60.0)
        found += [f"/{channel.slug}/live", f"/studio/{channel.slug}/settings"]
        if number % SOME == 0:
            found += [f"/{channel.slug}", f"/{channel.slug}/videos", f"/videos/{video.id}"]
            found += [f"/studio/{channel.slug}", f"/studio/{channel.slug}/videos", f"/p/chat/{channel.slug}/emotes"]
        for at, state in enumerate(("pending", "denied", "approved")):
            code, reason = pick(codes, number + at), pick(reasons, number * 3 + at)
            values = [uuid7(), channel.id, code, state, user.id, now, reason]
            await site.platform.db.execute(EMOTE, values)
    return found


async def bots_of() -> list[str]:
    """Bots with hostile names, and the pages that show them."""
    owner = await User.get(username="boss")
    for number, name in enumerate(text for text in payloads() if len(text) <= NAME):
        named = {"username": f"bot{number}", "username_key": f"bot{number}", "display_name": name}
        await User.create(id=uuid7(), **named, bot_of_id=owner.id)
    return ["/settings/bots", "/admin/people"]


@pytest_asyncio.fixture
async def hostile(open_site: Any) -> Hostile:
    site = await open_site(plugins={"chat": {"moderator_rate_messages": 1000, "history_lines": 200}})
    operator = await site.operator()
    await operator.submit("/studio", name="Open", slug="open", category="")
    site.platform.db.bind()
    return Hostile(site, operator, [*await fill(site), *await bots_of()], "/open/live")


@pytest_asyncio.fixture
async def chromium() -> AsyncIterator[Browser]:
    program = need("chromium")
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=str(program), args=FLAGS)
        yield browser
        await browser.close()


async def signed_in(chromium: Browser, hostile: Hostile, *, policy: bool) -> BrowserContext:
    """The operator's browser, with the content policy or without it."""
    context = await chromium.new_context(bypass_csp=not policy)
    await context.add_init_script(WATCHES)
    cookies = [{"name": c.key, "value": c.value, "url": hostile.site.url} for c in hostile.operator.session.cookie_jar]
    await context.add_cookies(cookies)  # type: ignore[arg-type]  # name, value, url
    return context


async def look(page: Page, addresses: Iterator[str], base: str) -> list[str]:
    """What ran or got in, address by address; the tabs share the addresses."""
    found: list[str] = []
    page.on("dialog", lambda dialog: found.append(f"a dialog: {dialog.message}"))
    for address in addresses:
        answer = await page.goto(f"{base}{address}", wait_until="domcontentloaded")
        assert answer is not None
        assert answer.status == 200, f"{address}: {answer.status}"
        found += [f"{address}: {what}" for what in await page.evaluate(LOOK)]
    return found


@pytest.mark.parametrize("policy", [False, True], ids=["without the policy", "with the policy"])
async def test_no_text_becomes_code_or_markup_on_any_page(hostile: Hostile, chromium: Browser, policy: bool) -> None:
    assert len(list(payloads())) >= 200
    context = await signed_in(chromium, hostile, policy=policy)
    addresses, base = iter(hostile.pages), hostile.site.url.rstrip("/")
    tabs = [await context.new_page() for _ in range(TABS)]
    async with asyncio.timeout(500):
        found = await asyncio.gather(*(look(tab, addresses, base) for tab in tabs))
    assert [what for tab in found for what in tab] == []


@pytest.mark.parametrize("policy", [False, True], ids=["without the policy", "with the policy"])
async def test_no_message_becomes_code_or_markup_while_it_comes_or_later(
    hostile: Hostile, chromium: Browser, policy: bool
) -> None:
    # Given a page whose chat is open
    context = await signed_in(chromium, hostile, policy=policy)
    page = await context.new_page()
    await page.goto(f"{hostile.site.url.rstrip('/')}{hostile.chat}")
    await page.wait_for_function("document.querySelector('ax-chat')?.matches(':defined')")
    # When every payload is said, and the page has them, and when somebody comes later
    names = [text for text in payloads() if len(text) <= NAME]
    for number, text in enumerate(payloads()):
        # whoever says it is called so, too
        await User.filter(username="boss").update(display_name=pick(names, number))
        message = {"text": text, "client_id": f"m{number}"}
        answer = await hostile.operator.api("POST", "/channels/open/chat/messages", message)
        assert answer.status in {201, 422}, answer.text
    await page.wait_for_function("document.querySelectorAll('.ax-msg').length > 150")
    live = await page.evaluate(LOOK)
    await page.reload()
    await page.wait_for_function("document.querySelectorAll('.ax-msg').length > 100")
    # Then nothing ran and nothing became markup
    assert live == []
    assert await page.evaluate(LOOK) == []


@pytest.mark.parametrize("policy", [False, True], ids=["without the policy", "with the policy"])
async def test_no_pin_rule_or_announcement_becomes_code_or_markup(
    hostile: Hostile, chromium: Browser, policy: bool
) -> None:
    context = await signed_in(chromium, hostile, policy=policy)
    page = await context.new_page()
    base, chat = hostile.site.url.rstrip("/"), "/channels/open/chat"
    await page.goto(f"{base}/p/chat/open")
    await page.wait_for_selector("ax-chat[data-ready][data-state=online]")
    # When every payload is pinned and announced, Then nothing runs while it comes
    for number, text in enumerate(bins(list(payloads()), 400)):
        pinned = await hostile.operator.api("PUT", f"{chat}/pin", {"text": text})
        body = {"text": text, "accent": "warn", "client_id": f"a{number}"}
        announced = await hostile.operator.api("POST", f"{chat}/announcements", body)
        assert {pinned.status, announced.status} <= {200, 201, 422}
        if pinned.status == 200:
            await page.wait_for_selector(f'.ax-chat-pin[data-pin="{pinned.json()["id"]}"]')
            assert await page.evaluate(LOOK) == []
    # nor when somebody comes later, nor on the pages of the rules
    await page.reload()
    assert await page.evaluate(LOOK) == []
    for text in bins(list(payloads()), ABOUT):
        answer = await hostile.operator.api("PUT", f"{chat}/rules", {"text": text})
        assert answer.status in {200, 422}, answer.text
        for path in ("rules", "announce"):
            await page.goto(f"{base}/p/chat/open/{path}")
            assert await page.evaluate(LOOK) == []


async def fill_desk(hostile: Hostile) -> list[str]:
    """Warnings, notes, requests and reasons full of hostile text; the pages of moderators that show them."""
    texts, now = bins(list(payloads()), 490), datetime.now(UTC)
    db, channel = hostile.site.platform.db, await Channel.get(slug="open")
    wren = await User.create(id=uuid7(), username="wren", username_key="wren", display_name=pick(texts, 1)[:NAME])
    note = "insert into chat_note (id, channel_id, user_id, author_name, text, created_at) values ($1,$2,$3,$4,$5,$6)"
    shut = (
        "insert into chat_restriction (id, channel_id, user_id, kind, reason, created_at)"
        " values ($1, $2, $3, 'ban', $4, $5)"
    )
    asks = "insert into chat_appeal (id, channel_id, user_id, text, created_at) values ($1, $2, $3, $4, $5)"
    entry = (
        "insert into core_audit_entry (id, actor_name, action, channel_id, subject, detail, at)"
        " values ($1, $2, 'chat.warn', $3, $4, $5, $6)"
    )
    for number, text in enumerate(texts):
        name = text[:NAME]
        person = await User.create(id=uuid7(), username=f"a{number}", username_key=f"a{number}", display_name=name)
        await db.execute(note, [uuid7(), channel.id, wren.id, name, text, now])
        await db.execute(shut, [uuid7(), channel.id, person.id, text[:200], now])
        await db.execute(asks, [uuid7(), channel.id, person.id, text, now])
        detail = {"username": name, "reason": text}
        await db.execute(entry, [uuid7(), name, channel.id, f"user:{wren.id}", detail, now])
    return [f"/p/chat/open/{rest}" for rest in ("appeals", "restricted", "log", f"people/{wren.id}", "desk")]


@pytest.mark.parametrize("policy", [False, True], ids=["without the policy", "with the policy"])
async def test_no_word_of_moderators_or_to_them_becomes_code(hostile: Hostile, chromium: Browser, policy: bool) -> None:
    context = await signed_in(chromium, hostile, policy=policy)
    page, base = await context.new_page(), hostile.site.url.rstrip("/")
    addresses = await fill_desk(hostile)
    assert await look(page, iter(addresses), base) == []
    # and the same in the chat's own dialog
    await page.goto(f"{base}/p/chat/open")
    await page.wait_for_selector("ax-chat[data-ready]")
    for address in addresses:
        await page.evaluate(
            "async (address) => { const chat = document.querySelector('ax-chat');"
            " chat.dispatchEvent(new PointerEvent('pointerover'));"
            " const link = Object.assign(document.createElement('a'), { href: address });"
            " link.dataset.open = ''; chat.append(link); link.click(); link.remove(); }",
            address,
        )
        await page.wait_for_function(
            "(a) => document.querySelector('dialog[open]')?.dataset.address?.endsWith(a)", arg=address
        )
        assert await page.evaluate(LOOK) == [], address
