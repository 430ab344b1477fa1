"""Pages of visitors, members and creators in Chromium, with real rows and a real stream: readable by all."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pyotp
import pytest
import pytest_asyncio
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, async_playwright

from aethex_live.ids import uuid7
from aethex_live.models import Broadcast, Channel, Recording, User
from aethex_live.services.mails import KEPT_MAILS
from aethex_plugins.auth_local.models import Passkey
from encoders import FLAGS, Encoder, is_violation
from needs import need
from page_audit import audit
from sites import PASSWORD, Browser, LiveSite, OpenSite, run_site

pytestmark = pytest.mark.slow

FAKES = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
NO_STREAMS = {"streaming": "none"}
CHEAP = {"time_cost": 1, "memory_kib": 8192}
LINK = re.compile(r"https?://\S+")
PLAYS = """() => { const v = document.querySelector('ax-player video');
  return v && v.readyState > 2 && v.currentTime > 0.5; }"""
GoLive = Callable[[str, str], Awaitable[Encoder]]
OpenPage = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(scope="module")
async def browser() -> AsyncIterator[Chromium]:
    need("npm")
    program = need("chromium")
    async with async_playwright() as driver:
        found = await driver.chromium.launch(executable_path=str(program), args=[*FLAGS, *FAKES])
        yield found
        await found.close()


@pytest_asyncio.fixture
async def open_page(browser: Chromium) -> AsyncIterator[OpenPage]:
    """`await open_page(site, member)`: a page of somebody who is signed in; a broken policy fails the test."""
    errors: list[str] = []
    contexts = []

    async def make(site: LiveSite, who: Browser | None = None) -> Page:
        context = await browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="dark")
        contexts.append(context)
        jar = who.session.cookie_jar if who else ()
        await context.add_cookies([{"name": c.key, "value": c.value, "url": site.url} for c in jar])
        page = await context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
        page.on("console", lambda said: errors.append(f"{page.url}: {said.text}") if is_violation(said.text) else None)
        return page

    yield make
    for context in contexts:
        await context.close()
    assert errors == []


@pytest_asyncio.fixture(scope="module")
async def site(database_copy: Callable[[], Awaitable[str]], tmp_path_factory: pytest.TempPathFactory) -> LiveSite:
    settings = {"auth_local": CHEAP, "stream_local": {"reconnect_clean_seconds": 1, "thumbnails": False}}
    async with await run_site(await database_copy(), tmp_path_factory.mktemp("site"), plugins=settings) as live:
        yield live


async def link_to(site: LiveSite, address: str, subject: str) -> str:
    """The link in the newest mail to an address about something; waits for it."""
    site.platform.db.bind()
    mails = site.platform.services.get(KEPT_MAILS)
    assert mails is not None
    async with asyncio.timeout(10):
        while True:
            await site.platform.jobs.settle()
            for row in await mails.page(limit=50):
                if row.to == address and subject in row.subject and (whole := await mails.get(row.id)):
                    found = LINK.search(whole.text)
                    assert found, whole.text
                    return found.group()
            await asyncio.sleep(0.05)


async def see(page: Page, site: LiveSite, name: str, path: str, *, status: int = 200) -> list[str]:
    """Open an address of the site, and what is wrong with its page."""
    answer = await page.goto(site.url + path.lstrip("/"), wait_until="load")
    assert answer is not None
    assert answer.status == status, path
    return await audit(page, name)


async def with_videos(site: LiveSite, slug: str) -> Channel:
    """A channel with recordings in all states that its owner can meet."""
    site.platform.db.bind()
    channel = await Channel.get(slug=slug)
    now = site.platform.clock.now()
    states = (
        {"title": "Aurora over the fjord, from dusk till the camera froze", "duration": 5025.0},
        {"title": "Only with the link", "visibility": "unlisted", "expires_at": now + timedelta(days=2)},
        {"title": "Just for me", "visibility": "private", "incomplete": True},
        {"title": "", "state": "processing", "duration": 0.0},
        {"title": "Thrown away", "state": "deleted", "deleted_at": now - timedelta(days=1)},
    )
    for number, more in enumerate(states):
        columns = {"state": "ready", "duration": 61.0, "size": 48_000_000, "width": 1280, "height": 720, **more}
        name = uuid7()
        playback = {"provider": "local", "id": str(name), "live": False}
        await Recording.create(
            id=name, channel_id=channel.id, provider="local", provider_id=str(name), playback=playback, **columns
        )
        await Recording.filter(id=name).update(created_at=now - timedelta(hours=number + 1))
    return channel


async def test_ways_in_are_readable_by_all(site: LiveSite, open_page: OpenPage, open_site: OpenSite) -> None:
    guest, wrong = await open_page(site), []
    for name, path in (("sign-in", "/sign-in"), ("sign-up", "/sign-up"), ("forgot", "/p/auth_local/forgot")):
        wrong += await see(guest, site, name, path)
    # a refusal, beside the field it is about
    await guest.goto(f"{site.url}sign-in")
    await guest.fill("#username", "nobody")
    await guest.fill("#password", "not the password")
    await guest.locator("main form .ax-btn--primary").click()
    await guest.get_by_role("alert").first.wait_for()
    wrong += await audit(guest, "sign-in-refused")
    # links that were mailed
    ida = await (await site.browser()).sign_up("ida")
    await ida.submit("/settings", display_name="Ida Brandt", email="ida@example.org")
    confirm = await link_to(site, "ida@example.org", "Confirm")
    wrong += await see(guest, site, "address", confirm.removeprefix(site.url))
    await ida.submit("/p/auth_local/address", page=confirm, t=confirm.partition("t=")[2])
    await guest.goto(f"{site.url}p/auth_local/forgot")
    await guest.fill("#email", "ida@example.org")
    await guest.locator("main form .ax-btn--primary").click()
    await guest.get_by_role("status").first.wait_for()
    wrong += await audit(guest, "forgot-sent")
    reset = await link_to(site, "ida@example.org", "password")
    wrong += await see(guest, site, "reset", reset.removeprefix(site.url))
    wrong += await see(guest, site, "reset-gone", "/p/auth_local/reset?t=used", status=404)
    await ida.submit("/settings", display_name="Ida Brandt", email="ida@example.net")
    other = await link_to(site, "ida@example.net", "Confirm")
    await ida.submit("/p/auth_local/address", page=other, t=other.partition("t=")[2])
    revert = await link_to(site, "ida@example.org", "changed")
    wrong += await see(guest, site, "revert", revert.removeprefix(site.url))
    # sites that look at who comes
    strict = await open_site(plugins={"auth_local": {**CHEAP, "registration": "approval"}}, providers=NO_STREAMS)
    comer = await open_page(strict)
    await comer.goto(f"{strict.url}sign-up")
    await comer.fill("#username", "newcomer")
    await comer.fill("#password", PASSWORD)
    await comer.locator("main form .ax-btn--primary").click()
    await comer.get_by_role("status").first.wait_for()
    wrong += await audit(comer, "sign-up-waiting")
    assert wrong == []


async def test_ones_own_settings_are_readable_by_all(site: LiveSite, open_page: OpenPage) -> None:
    ada = await (await site.browser()).sign_up("ada_b")
    await (await site.browser()).submit("/sign-in", username="ada_b", password=PASSWORD)
    wrong: list[str] = []
    page = await open_page(site, ada)
    wrong += await see(page, site, "two-step", "/p/auth_local/two-step")
    # codes are switched on, and shown once
    key = (await page.locator("#totp-key").inner_text()).replace(" ", "")
    await page.fill("#code", str(pyotp.TOTP(key).at(site.platform.clock.now())))
    await page.locator("main form .ax-btn--primary").click()
    await page.locator("#recovery-codes").wait_for()
    wrong += await audit(page, "recovery-codes")
    site.platform.db.bind()
    ada_row = await User.get(username="ada_b")
    now = site.platform.clock.now()
    for name, more in (("Phone", {"used_at": now}), ("Old key", {"cloned_at": now})):
        await Passkey.create(
            id=uuid7(), user_id=ada_row.id, credential_id=name, public_key=b"k", name=name, made_at=now, **more
        )
    await page.goto(f"{site.url}settings")
    await page.locator("details summary", has_text="Rename").first.click()
    wrong += await audit(page, "settings-security")
    wrong += await see(page, site, "tokens-none", "/settings/tokens")
    await page.fill("#name", "Clip bot")
    await page.locator("main input[name=scopes]").first.check()
    await page.locator("main form .ax-btn--primary").click()
    await page.locator("#new-token").wait_for()
    wrong += await audit(page, "tokens")
    wrong += await see(page, site, "leave", "/settings/leave")
    wrong += await see(page, site, "confirm", "/confirm")
    wrong += await see(page, site, "studio-first", "/studio")
    # signing in takes the second step from now on
    again = await open_page(site)
    await again.goto(f"{site.url}sign-in")
    await again.fill("#username", "ada_b")
    await again.fill("#password", PASSWORD)
    await again.locator("main form .ax-btn--primary").click()
    await again.wait_for_url("**/sign-in/code")
    wrong += await audit(again, "sign-in-code")
    assert wrong == []


async def test_the_studio_is_readable_by_all(site: LiveSite, open_page: OpenPage) -> None:
    owner = await site.creator("haldor", "haldor")
    helper = await site.member("kit_helps")
    wrong: list[str] = []
    page = await open_page(site, owner)
    wrong += await see(page, site, "studio-offline", "/studio/haldor")
    wrong += await see(page, site, "videos-none", "/studio/haldor/videos")
    await with_videos(site, "haldor")
    wrong += await see(page, site, "videos", "/studio/haldor/videos")
    await page.get_by_role("button", name="Edit").first.click()
    await page.locator("dialog:popover-open").wait_for()
    wrong += await audit(page, "videos-edit")
    wrong += await see(page, site, "channel-settings", "/studio/haldor/settings")
    asked = await owner.get("/studio/haldor/settings")
    assert asked.status == 200
    made = await owner.api(
        "POST", "/channels/haldor/moderators", {"username": "kit_helps", "rights": ["stream.edit", "chat.delete"]}
    )
    assert made.status == 201, made.text
    await page.goto(f"{site.url}studio/haldor/settings")
    await page.locator("#moderators details summary").first.click()
    wrong += await audit(page, "moderators")
    wrong += await see(page, site, "go-live", "/p/stream_local/haldor/go-live")
    await page.click("[data-act=prepare]")
    await page.wait_for_selector("ax-go-live[data-state=ready]")
    wrong += await audit(page, "go-live-ready")
    wrong += await see(await open_page(site, helper), site, "desk", "/studio/haldor/desk")
    assert wrong == []


async def test_watch_pages_are_readable_by_all_in_every_state(
    site: LiveSite, open_page: OpenPage, go_live: GoLive
) -> None:
    owner = await site.creator("nova_w", "nova-wire")
    await site.creator("late_l", "late-lounge")
    site.platform.db.bind()
    await with_videos(site, "late-lounge")
    guest, page = await open_page(site), await open_page(site, owner)
    wrong: list[str] = []
    wrong += await see(guest, site, "watch-new", "/nova-wire/live")
    wrong += await see(guest, site, "watch-offline", "/late-lounge/live")
    await Channel.filter(slug="late-lounge").update(mature=True)
    wrong += await see(guest, site, "watch-adults", "/late-lounge/live")
    wrong += await see(guest, site, "embed-adults", "/embed/late-lounge")
    wrong += await see(guest, site, "embed-nobody", "/embed/nobody-here", status=404)
    # Given a rehearsal
    await owner.submit("/studio/nova-wire/rehearsal", page="/studio/nova-wire", on="1")
    found = (await owner.api("POST", "/channels/nova-wire/ingest/key", {"password": PASSWORD})).json()
    await go_live(found["server"], found["key"])
    await on_air(rehearsal=True)
    wrong += await see(page, site, "studio-rehearsal", "/studio/nova-wire")
    await page.goto(f"{site.url}nova-wire/live")
    await page.wait_for_function(PLAYS)
    assert await page.locator(".ax-player__top").inner_text() != ""
    assert await page.locator(".ax-player__top .ax-live:visible").count() == 0, "a rehearsal is not called live"
    wrong += await audit(page, "watch-rehearsal")
    # When it goes public
    await owner.submit("/studio/nova-wire/publish", page="/studio/nova-wire")
    await on_air(rehearsal=False)
    await guest.goto(f"{site.url}nova-wire/live")
    await guest.wait_for_function(PLAYS)
    wrong += await audit(guest, "watch-live")
    wrong += await see(guest, site, "embed-live", "/embed/nova-wire")
    await page.goto(f"{site.url}studio/nova-wire")
    await page.wait_for_function(PLAYS)
    wrong += await audit(page, "studio-live")
    await page.locator("[popovertarget=end-stream]").first.click()
    await page.locator("#end-stream:popover-open").wait_for()
    wrong += await audit(page, "studio-end")
    assert wrong == []


async def on_air(*, rehearsal: bool) -> None:
    """Wait until a broadcast of this kind runs."""
    async with asyncio.timeout(40):
        while not await Broadcast.filter(rehearsal=rehearsal).exclude(state="ended").exists():
            await asyncio.sleep(0.1)
