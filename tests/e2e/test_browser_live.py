"""Going live from the browser in a real one: made-up camera and microphone, a viewer, the recording."""

from __future__ import annotations

import re
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from encoders import FLAGS, NewPage
from needs import need
from sites import LiveSite, OpenSite

PLAYS = """() => { const v = document.querySelector('ax-player video');
  return v && v.readyState > 2 && v.currentTime > 1 && v.videoWidth > 0 && v.webkitAudioDecodedByteCount > 0; }"""
HEARD = "() => document.querySelector('ax-player video')?.webkitAudioDecodedByteCount > 5000"
FAKES = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
SETTINGS = {"stream_local": {"reconnect_clean_seconds": 1, "thumbnails": False}}
NewCreator = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture
async def camera_browser() -> AsyncIterator[Browser]:
    program = need("chromium")
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=str(program), args=[*FLAGS, *FAKES])
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def creator_at(camera_browser: Browser) -> AsyncIterator[NewCreator]:
    """`await creator_at(site)`: the page of a signed-in creator; errors of its scripts fail the test."""
    errors: list[str] = []

    async def open_page(site: LiveSite, *, query: str = "", script: str = "", quality: str = "360p30") -> Page:
        owner = await site.creator("nova_owner", "nova")
        context = await camera_browser.new_context(viewport={"width": 1280, "height": 900})
        await context.add_cookies(
            [{"name": cookie.key, "value": cookie.value, "url": site.url} for cookie in owner.session.cookie_jar]
        )
        if script:
            await context.add_init_script(script)
        page = await context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if "Security Policy" in said.text else None)
        await page.goto(f"{site.url}p/stream_local/nova/go-live{query}")
        await state(page, "setup", "unsupported")
        await page.select_option("[name=quality]", quality)
        return page

    yield open_page
    assert errors == []


async def state(page: Page, *names: str) -> None:
    """Wait until the page is in one of these states."""
    await page.wait_for_selector(", ".join(f"ax-go-live[data-state={name}]" for name in names))


async def go_live(page: Page) -> None:
    await page.click("[data-act=prepare]")
    await state(page, "ready")
    await page.click("[data-act=start]")
    await state(page, "live")


async def end(page: Page, site: LiveSite) -> dict[str, object]:
    """End the stream; the row of its recording, once that is ready."""
    await page.click("[data-act=end]")
    await state(page, "ended")
    visitor = await site.browser()
    for _ in range(60):
        rows = (await visitor.get("/api/v1/channels/nova/videos")).json()["items"]
        if rows and rows[0]["state"] == "ready":
            found: dict[str, object] = rows[0]
            return found
        await page.wait_for_timeout(250)
    raise AssertionError("the recording was not ready after 15 s")


def ends(site: LiveSite) -> dict[str, float]:
    """How long picture and sound of the only recording are, in seconds, decoded."""
    found = sorted((site.platform.site.data / "media" / "vod").glob("*/*.m3u8"))
    lengths = {}
    for track in ("v", "a"):
        command = [str(need("ffmpeg")), "-v", "info", "-allowed_extensions", "ALL", "-i", str(found[0])]
        command += ["-map", f"0:{track}:0", "-f", "null", "-"]
        said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stderr
        clock = re.findall(r"time=(\d+):(\d+):(\d+\.\d+)", said)[-1]
        lengths[track] = int(clock[0]) * 3600 + int(clock[1]) * 60 + float(clock[2])
    return lengths


@pytest.mark.slow
async def test_a_creator_goes_live_from_the_page_and_the_recording_has_both_tracks(
    open_site: OpenSite, creator_at: NewCreator, new_page: NewPage
) -> None:
    site = await open_site(plugins=SETTINGS)
    creator = await creator_at(site)
    # Given a preview of camera and microphone
    await creator.click("[data-act=prepare]")
    await state(creator, "ready")
    await creator.wait_for_function("() => document.querySelector('ax-go-live video').videoWidth > 0")
    await creator.wait_for_function("() => document.querySelector('[data-meter]').dataset.level !== 'quiet'")
    assert await creator.locator("select[name=camera] option").count() >= 1
    # When they go live
    await creator.click("[data-act=start]")
    await state(creator, "live")
    # Then a viewer sees picture and hears sound
    viewer = await new_page()
    await viewer.goto(f"{site.url}nova/live")
    await viewer.wait_for_function(PLAYS, timeout=40_000)
    # and while the microphone is off and the camera hidden, the stream goes on
    await creator.click("[data-act=mute]")
    await creator.click("[data-act=hide]")
    await expect(creator.locator("[data-act=hide]")).to_have_attribute("aria-pressed", "true")
    await expect(creator.locator("[data-preview] canvas")).to_be_visible()
    before = await viewer.evaluate("document.querySelector('ax-player video').currentTime")
    await viewer.wait_for_function(f"() => document.querySelector('ax-player video').currentTime > {before + 2}")
    await creator.click("[data-act=hide]")
    await creator.wait_for_timeout(1000)
    # When they end it
    row = await end(creator, site)
    # Then the recording is whole, and its tracks end together
    assert not row["incomplete"]
    lengths = ends(site)
    assert lengths["v"] > 4
    assert abs(lengths["v"] - lengths["a"]) <= 0.1


@pytest.mark.slow
async def test_a_connection_that_breaks_comes_back_into_the_same_broadcast(
    open_site: OpenSite, creator_at: NewCreator
) -> None:
    site = await open_site(plugins=SETTINGS)
    creator = await creator_at(site)
    await go_live(creator)
    await creator.wait_for_timeout(4000)
    # When the connection breaks
    await creator.evaluate("document.querySelector('ax-go-live').sender.drop()")
    await state(creator, "reconnecting")
    # Then it is back by itself, with picture
    await state(creator, "live")
    await creator.wait_for_timeout(3500)
    live = (await (await site.browser()).get("/api/v1/live")).json()["items"]
    assert len(live) == 1
    row = await end(creator, site)
    assert float(str(row["duration"])) > 5
    assert len((await (await site.browser()).get("/api/v1/channels/nova/videos")).json()["items"]) == 1


@pytest.mark.slow
async def test_a_stream_ended_in_the_studio_ends_on_the_page_too(open_site: OpenSite, creator_at: NewCreator) -> None:
    site = await open_site(plugins=SETTINGS)
    creator = await creator_at(site)
    await go_live(creator)
    await creator.wait_for_timeout(3000)
    site.platform.db.bind()
    channel = await site.platform.domain.channels.by_slug("nova")
    await site.platform.domain.ingests.end(channel)
    await state(creator, "ended")
    await expect(creator.locator("[data-said]")).to_contain_text("ended in the studio")
    await expect(creator.locator("[data-act=again]")).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize("source", ["camera+screen", "audio"])
async def test_the_screen_with_the_camera_and_sound_alone_go_live(
    open_site: OpenSite, creator_at: NewCreator, new_page: NewPage, source: str
) -> None:
    site = await open_site(plugins=SETTINGS)
    creator = await creator_at(site)
    await creator.check(f"[name=source][value='{source}']")
    await go_live(creator)
    viewer = await new_page()
    await creator.wait_for_timeout(3000)
    await viewer.goto(f"{site.url}nova/live")
    await viewer.wait_for_function(HEARD if source == "audio" else PLAYS, timeout=40_000)
    await end(creator, site)


@pytest.mark.slow
async def test_a_browser_without_webcodecs_goes_live_through_ffmpeg(
    open_site: OpenSite, creator_at: NewCreator, new_page: NewPage
) -> None:
    need("ffmpeg")
    site = await open_site(plugins=SETTINGS)
    creator = await creator_at(site, query="?encoder=webm")
    assert await creator.get_attribute("ax-go-live", "data-mode") == "webm"
    await go_live(creator)
    await creator.wait_for_timeout(3000)
    viewer = await new_page()
    await viewer.goto(f"{site.url}nova/live")
    await viewer.wait_for_function(PLAYS, timeout=40_000)
    await end(creator, site)
    lengths = ends(site)
    assert lengths["v"] > 3
    assert abs(lengths["v"] - lengths["a"]) <= 0.3


NO_CAMERA = """navigator.mediaDevices.getUserMedia = () =>
  Promise.reject(new DOMException('Permission denied', 'NotAllowedError'));"""
NO_CODECS = "delete window.VideoEncoder; delete window.MediaRecorder;"


@pytest.mark.slow
async def test_who_says_no_and_who_can_t_is_told_the_next_step(open_site: OpenSite, creator_at: NewCreator) -> None:
    site = await open_site(plugins=SETTINGS)
    refusing = await creator_at(site, script=NO_CAMERA)
    await refusing.click("[data-act=prepare]")
    await state(refusing, "denied")
    await expect(refusing.locator("[data-said]")).to_contain_text("allow camera and microphone")
    await expect(refusing.locator("[data-act=prepare]")).to_be_visible()
    # and a browser that can't encode at all says so before it asks for anything
    await refusing.context.add_init_script(NO_CODECS)
    await refusing.reload()
    await state(refusing, "unsupported")
    await expect(refusing.locator("[data-said]")).to_contain_text("can't encode video")
