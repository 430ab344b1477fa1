"""The whole story: a creator goes live, is watched and chatted with, moderates, ends, and finds the recording whole."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from encoders import PICTURES, Encoder, NewPage
from sites import PASSWORD, OpenSite

PLAYS = """() => { const v = document.querySelector('ax-player video');
  return v && v.readyState > 2 && v.currentTime > 1 && v.videoWidth > 0 && v.webkitAudioDecodedByteCount > 0; }"""


async def sign_up(page: Page, url: str, name: str) -> None:
    await page.goto(f"{url}sign-up")
    await page.fill("input[name=username]", name)
    await page.fill("input[name=password]", PASSWORD)
    await page.click("main form button:has-text('account'), main form button[type=submit], main form .ax-btn--primary")
    await page.wait_for_url(url)


async def picture(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}.png")


async def say(page: Page, text: str) -> None:
    box = page.locator("ax-chat textarea[name=text]")
    await box.fill(text)
    await box.press("Enter")


@pytest.mark.slow
async def test_a_creator_goes_live_and_a_viewer_watches_and_chats(
    open_site: OpenSite, new_page: NewPage, go_live: Callable[[str, str], Awaitable[Encoder]]
) -> None:
    site = await open_site()
    # Given a creator who signs up in the browser and makes a channel
    creator = await new_page()
    await sign_up(creator, site.url, "nova")
    await creator.goto(f"{site.url}studio")
    await creator.fill("input[name=name]", "Nova Wire")
    await creator.fill("input[name=slug]", "nova")
    await creator.click("main form .ax-btn--primary")
    await creator.wait_for_url("**/studio/nova")
    # and who reads server and key in the studio
    server = await creator.inner_text("#server")
    await creator.click("[popovertarget=show-key]")
    await creator.click("#show-key .ax-btn--primary")
    await expect(creator.locator("#stream-key")).to_contain_text("live_")
    key = await creator.inner_text("#stream-key")
    await picture(creator, "studio-before")

    # When the encoder begins to send
    viewer = await new_page()
    await sign_up(viewer, site.url, "ada")
    await viewer.goto(f"{site.url}nova/live")
    await picture(viewer, "watch-offline")
    encoder = await go_live(server, key)
    # Then the viewer who waited sees picture and hears sound, without a reload
    await viewer.wait_for_function(PLAYS, timeout=40_000)
    await expect(creator.locator("#studio-head .ax-live")).to_be_visible(timeout=20_000)
    await creator.wait_for_function(PLAYS, timeout=30_000)
    await picture(creator, "studio-live")
    guest = await new_page(width=390, height=844, scheme="light")
    await guest.goto(f"{site.url}nova/live")
    await guest.wait_for_function(PLAYS, timeout=30_000)
    await picture(guest, "watch-phone-light")

    # When both chat
    await say(viewer, "hello from ada")
    await expect(creator.locator("ax-chat .ax-msg", has_text="hello from ada")).to_be_visible()
    await say(creator, "welcome @ada")
    await expect(viewer.locator("ax-chat .ax-msg", has_text="welcome")).to_be_visible()
    await expect(guest.locator("ax-chat .ax-msg", has_text="welcome")).to_be_visible()
    await say(viewer, "something nasty")
    bad = creator.locator("ax-chat .ax-msg", has_text="something nasty")
    await expect(bad).to_be_visible()
    # and the creator deletes the bad message
    await bad.hover()
    await bad.locator("[data-act=delete]").click()
    # Then nobody can read it any more
    await expect(guest.locator("ax-chat .ax-msg", has_text="something nasty")).to_have_count(0)
    await expect(viewer.locator("ax-chat .ax-msg", has_text="something nasty")).to_have_count(0)
    # and when its author is timed out, they are told why they can't write
    other = creator.locator("ax-chat .ax-msg", has_text="hello from ada")
    await other.hover()
    await other.locator("[data-act=menu]").click()
    await creator.click("[data-menu] [data-seconds='600']")
    await expect(viewer.locator("ax-chat [data-banner]")).to_be_visible()
    await picture(viewer, "watch-timed-out")

    # When the creator ends the stream
    await creator.click("[popovertarget=end-stream]")
    await creator.click("#end-stream .ax-btn--danger")
    await encoder.kill()
    # Then the recording is there, plays whole and with sound
    await creator.goto(f"{site.url}nova/videos")
    video = creator.locator("main a[href^='/videos/']").first
    for _ in range(20):
        if await video.count():
            break
        await creator.wait_for_timeout(500)
        await creator.reload()
    await video.click()
    await creator.wait_for_url("**/videos/*")
    await creator.wait_for_function("customElements.get('ax-player') && document.querySelector('ax-player').stats")
    await creator.keyboard.press("k")
    await creator.wait_for_function(PLAYS, timeout=30_000)
    duration = await creator.evaluate("document.querySelector('ax-player video').duration")
    rows = (await (await site.browser()).get("/api/v1/channels/nova/videos")).json()["items"]
    assert len(rows) == 1
    assert rows[0]["state"] == "ready"
    assert not rows[0]["incomplete"]
    assert duration == pytest.approx(rows[0]["duration"], abs=0.5)
    assert duration > 5
    await picture(creator, "recording")
