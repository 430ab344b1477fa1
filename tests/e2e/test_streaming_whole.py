"""Rewinding while live, rehearsing, sound alone: what viewers, creators and strangers get, with a real encoder."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Page, expect

from aethex_live.models import Broadcast, Channel, Recording
from encoders import PICTURES, Encoder, NewPage
from sites import PASSWORD, Browser, LiveSite, OpenSite

GoLive = Callable[[str, str], Awaitable[Encoder]]
PLAYS = """() => { const v = document.querySelector('ax-player video');
  return v && v.readyState > 2 && v.currentTime > 0.5 && !v.paused; }"""
STATS = "document.querySelector('ax-player').stats"


async def key_of(creator: Browser, slug: str) -> tuple[str, str]:
    answer = await creator.api("POST", f"/channels/{slug}/ingest/key", {"password": PASSWORD})
    assert answer.status == 200, answer.text
    return answer.json()["server"], answer.json()["key"]


async def sign_in(page: Page, site: LiveSite, name: str) -> None:
    await page.goto(f"{site.url}sign-in")
    await page.fill("input[name=username]", name)
    await page.fill("input[name=password]", PASSWORD)
    await page.click("main form .ax-btn--primary")
    await page.wait_for_url(site.url)


async def until(check: Callable[[], Awaitable[Any]], seconds: float = 30) -> Any:
    async with asyncio.timeout(seconds):
        while not (found := await check()):
            await asyncio.sleep(0.1)
    return found


async def status(url: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status


async def row(**wanted: Any) -> Broadcast | None:
    return await Broadcast.filter(**wanted).exclude(state="ended").first()


@pytest.mark.slow
async def test_a_viewer_goes_back_and_to_live_again(open_site: OpenSite, new_page: NewPage, go_live: GoLive) -> None:
    site = await open_site()
    creator = await site.creator("nova", "nova")
    await go_live(*await key_of(creator, "nova"))
    viewer = await new_page()
    await until(lambda: row(rehearsal=False), 40)
    await viewer.goto(f"{site.url}nova/live")
    await viewer.wait_for_function(PLAYS, timeout=30_000)
    assert (await viewer.evaluate(STATS))["source"] == "ll-hls"

    # Given a stream that is older than the shortest step back
    bar = viewer.locator("input[data-rewind]")
    await expect(bar).to_be_visible(timeout=40_000)
    old = "() => Number(document.querySelector('input[data-rewind]').min) < -26"
    await viewer.wait_for_function(old, timeout=30_000)
    # When the viewer goes 22 seconds back
    await bar.evaluate("(bar) => { bar.value = -22; bar.dispatchEvent(new Event('change', { bubbles: true })); }")
    # Then what was 22 seconds ago plays, and goes on at its own pace
    await viewer.wait_for_function(
        f"() => {{ const s = {STATS}; return s.latency > 15 && s.source === 'hls' && s.state === 'behind'; }}",
        timeout=20_000,
    )
    await viewer.wait_for_function(PLAYS, timeout=20_000)
    before = await viewer.evaluate(STATS)
    assert before["latency"] == pytest.approx(22, abs=4)
    assert before["fatal"] == 0
    PICTURES.mkdir(parents=True, exist_ok=True)
    await viewer.hover("ax-player")
    await viewer.screenshot(path=PICTURES / "watch-behind.png")
    # When they go further by key, Then it is a seek in the same playlist
    await viewer.keyboard.press("ArrowRight")
    await viewer.wait_for_function(f"() => {STATS}.latency < 20", timeout=10_000)

    # When they go to live, Then the low-latency stream plays again
    await viewer.click("ax-player [data-act=live]")
    await viewer.wait_for_function(
        f"() => {{ const s = {STATS}; return s.source === 'll-hls' && s.latency !== null && s.latency < 5; }}",
        timeout=20_000,
    )
    await viewer.wait_for_function(PLAYS, timeout=20_000)
    # and the sound alone can be chosen
    await viewer.select_option("select[data-quality]", "audio")
    await viewer.wait_for_function(
        "() => { const v = document.querySelector('ax-player video'); return v.currentSrc && v.currentTime > 1"
        " && v.videoWidth === 0 && v.webkitAudioDecodedByteCount > 0; }",
        timeout=20_000,
    )
    await viewer.screenshot(path=PICTURES / "watch-sound.png")
    await viewer.select_option("select[data-quality]", "-1")
    await viewer.wait_for_function("() => document.querySelector('ax-player video').videoWidth > 0", timeout=20_000)


@pytest.mark.slow
async def test_a_rehearsal_is_for_the_channels_own_people_until_it_goes_public(
    open_site: OpenSite, new_page: NewPage, go_live: GoLive
) -> None:
    site = await open_site()
    site.platform.db.bind()
    creator = await site.creator("nova", "nova")
    stranger = await site.member("ada")
    outside = await site.browser()
    # Given a creator who rehearses, by the button in the studio
    studio = await new_page()
    await sign_in(studio, site, "nova")
    await studio.goto(f"{site.url}studio/nova")
    await studio.click("#rehearsal button")
    await expect(studio.locator("#rehearsal .ax-state")).to_be_visible()
    await go_live(*await key_of(creator, "nova"))
    rehearsal = await until(lambda: row(rehearsal=True), 40)

    # Then the creator sees it, and the studio shows it without a reload
    await studio.wait_for_function(PLAYS, timeout=30_000)
    await expect(studio.locator("#rehearsal .ax-btn--primary")).to_be_visible()
    await studio.screenshot(path=PICTURES / "studio-rehearsal.png", full_page=True)
    mine = await creator.api("GET", f"/broadcasts/{rehearsal.id}/playback")
    address = mine.json()["sources"][0]["url"]
    playlist = await creator.get(address)
    assert playlist.status == 200
    part = next(line for line in playlist.text.splitlines() if line.endswith(".m4s"))
    assert await status(f"{site.url.rstrip('/')}{address.rsplit('/', 1)[0]}/{part}") == 200
    # and nobody else learns of it
    channel = await Channel.get(slug="nova")
    bare = f"/live/{rehearsal.provider_id}/"
    for who in (stranger, outside):
        assert (await who.api("GET", f"/broadcasts/{rehearsal.id}/playback")).status == 404
        assert (await who.api("GET", "/channels/nova/broadcast")).status == 404
        assert (await who.api("GET", "/live")).json()["items"] == []
        assert str(rehearsal.id) not in (await who.get("/")).text
        assert str(rehearsal.id) not in (await who.get("/nova/live")).text
        for name in ("index.m3u8", "live.m3u8", "dvr.m3u8", "master.m3u8", "audio/index.m3u8", part, "init0.mp4"):
            assert (await who.get(bare + name)).status == 403, name
        assert (await who.get(f"{bare}t.AAAAAAAAAAAAAAAAAAAAAAAAAAAA/index.m3u8")).status == 403
    assert site.platform.presence.count(channel.id) == 0
    assert not await site.platform.topics.missed(f"channel:{channel.id}", 0, 100)

    # When it goes public
    viewer = await new_page()
    await viewer.goto(f"{site.url}nova/live")
    await expect(viewer.locator("ax-player")).to_have_attribute("data-state", "offline")
    await studio.click("#rehearsal .ax-btn--primary")
    # Then a viewer who waited sees it, while the encoder never noticed
    await viewer.wait_for_function(PLAYS, timeout=40_000)
    public = await until(lambda: row(rehearsal=False))
    assert public.id != rehearsal.id
    # and nothing of the rehearsal is in it
    events = await outside.get(f"/live/{public.provider_id}/dvr.m3u8")
    assert "#EXT-X-MEDIA-SEQUENCE:0" in events.text
    assert public.started_at > rehearsal.started_at
    kept = await until(lambda: Recording.filter(broadcast_id=rehearsal.id).first())
    assert kept.visibility == "private"
    assert (await outside.get(f"/vod/{rehearsal.id}/index.m3u8")).status == 403
    assert (await outside.get(f"/videos/{kept.id}")).status == 404
    assert (await creator.api("GET", f"/videos/{kept.id}/playback")).status == 200
