"""<ax-player> with a recording: starts on demand, seeks, remembers the place and the volume, obeys the keys."""

import asyncio
from pathlib import Path

from js_media import player
from js_support import LIBRARIES, NODE, Answer, Request, Site, true_soon, until
from playwright.async_api import Page

VIDEO = "document.querySelector('video')"
PLAYER = "document.querySelector('ax-player')"
PLAYS = f"{VIDEO}.currentTime > 0.2 && !{VIDEO}.paused"


async def open_recording(site: Site, page: Page, recording: Path, *, search: str = "", **data: str) -> None:
    site.media["/vod/"] = recording
    body = player(plain="/vod/vod.m3u8", state="recording", recording="r1", **data) + '<input id="name">'
    await page.goto(site.show("/video", body, modules=("shell", "player")) + search)
    await until(page, "!document.querySelector('ax-player:not(:defined), media-controller:not(:defined)')")


async def test_nothing_is_played_until_someone_asks_but_the_length_is_known(
    site: Site, page: Page, recording: Path
) -> None:
    await open_recording(site, page, recording)
    assert 39 < await until(page, f"{VIDEO}.duration > 0 && {VIDEO}.duration") < 41
    assert await page.evaluate(f"{PLAYER}.dataset.state") == "poster"
    assert not [request.path for request in site.requests if request.path.endswith(".m4s")]
    await page.locator("media-play-button").click()
    await until(page, PLAYS)
    assert await page.locator("[data-message]").text_content() == "Recording"
    assert await page.evaluate(f"{PLAYER}.stats.fatal") == 0


async def test_the_native_controls_give_way_to_ours(site: Site, page: Page, recording: Path) -> None:
    await open_recording(site, page, recording)
    await until(page, f"{VIDEO}.controls === false")
    assert await page.evaluate("document.querySelector('media-controller').hasAttribute('nohotkeys')")


async def test_keys_play_seek_mute_and_leave_text_fields_alone(site: Site, page: Page, recording: Path) -> None:
    await open_recording(site, page, recording)
    await page.keyboard.press("k")
    await until(page, PLAYS)
    await page.keyboard.press("ArrowRight")
    await until(page, f"{VIDEO}.currentTime > 5")
    await page.keyboard.press("m")
    assert await page.evaluate(f"{VIDEO}.muted")
    await page.keyboard.press("Space")
    assert await page.evaluate(f"{VIDEO}.paused")
    await page.locator("#name").press_sequentially("k m")
    assert await page.locator("#name").input_value() == "k m"
    assert await page.evaluate(f"{VIDEO}.paused && {VIDEO}.muted")


async def test_volume_keys_need_the_focus_in_the_player(site: Site, page: Page, recording: Path) -> None:
    await open_recording(site, page, recording)
    await page.keyboard.press("ArrowDown")
    assert await page.evaluate(f"{VIDEO}.volume") == 1
    await page.locator("[data-act=theatre]").focus()
    await page.keyboard.press("ArrowDown")
    assert await page.evaluate(f"{VIDEO}.volume") == 0.95


async def test_single_keys_can_be_switched_off(site: Site, page: Page, recording: Path) -> None:
    await open_recording(site, page, recording, shortcuts="off")
    await page.keyboard.press("m")
    assert not await page.evaluate(f"{VIDEO}.muted")


async def test_theatre_by_key_and_button_and_out_by_escape(site: Site, page: Page, recording: Path) -> None:
    await open_recording(site, page, recording)
    theatre = "document.documentElement.classList.contains('ax-theatre')"
    await page.keyboard.press("t")
    assert await page.evaluate(theatre)
    assert await page.locator("[data-act=theatre]").get_attribute("aria-pressed") == "true"
    await page.keyboard.press("Escape")
    assert not await page.evaluate(theatre)
    await page.locator("[data-act=theatre]").click()
    assert await page.evaluate(theatre)


async def test_full_screen_takes_the_whole_player(site: Site, page: Page, recording: Path) -> None:
    await open_recording(site, page, recording)
    await until(page, "document.querySelector('media-controller').fullscreenElement.localName === 'ax-player'")
    await page.keyboard.press("f")
    await until(page, "document.fullscreenElement?.localName === 'ax-player'")
    await page.keyboard.press("f")
    await until(page, "document.fullscreenElement === null")


async def test_a_recording_goes_on_where_it_was_left(site: Site, page: Page, recording: Path) -> None:
    await open_recording(site, page, recording)
    await page.keyboard.press("k")
    await until(page, PLAYS)
    await page.evaluate(f"{VIDEO}.currentTime = 21")
    await until(page, f"{VIDEO}.currentTime > 21.2")
    await page.reload()
    await until(page, f"{VIDEO}.duration > 0")
    await page.keyboard.press("k")
    await until(page, f"{VIDEO}.currentTime > 20.5 && !{VIDEO}.seeking")
    assert await page.evaluate(f"{VIDEO}.currentTime") < 25


async def test_the_address_may_name_the_place(site: Site, page: Page, recording: Path) -> None:
    await open_recording(site, page, recording, search="?t=12")
    await until(page, f"{VIDEO}.duration > 0")
    await page.keyboard.press("k")
    await until(page, f"{VIDEO}.currentTime > 11.9 && {VIDEO}.currentTime < 16 && !{VIDEO}.paused")


async def test_volume_is_remembered(site: Site, page: Page, recording: Path) -> None:
    await open_recording(site, page, recording)
    await page.evaluate(f"{VIDEO}.volume = 0.35")
    await until(page, "localStorage.getItem('ax.volume')")
    await page.reload()
    await until(page, f"{VIDEO}.volume === 0.35")


async def test_a_player_that_leaves_the_page_stops_everything(site: Site, page: Page, recording: Path) -> None:
    await open_recording(site, page, recording)
    await page.keyboard.press("k")
    await until(page, PLAYS)
    await page.evaluate(f"window.gone = {PLAYER}; gone.remove()")
    asked = len(site.requests)
    await page.keyboard.press("t")
    await page.wait_for_timeout(1200)
    assert not await page.evaluate("document.documentElement.classList.contains('ax-theatre')")
    assert len(site.requests) == asked


async def test_who_presses_play_while_the_player_is_being_loaded_gets_it(
    site: Site, page: Page, recording: Path
) -> None:
    held = asyncio.Event()

    async def slow(request: Request) -> Answer:
        await held.wait()
        return Answer(200, (NODE / LIBRARIES["hls.js"]).read_bytes(), "text/javascript")

    site.handlers["GET /static/lib/hls.js"] = slow
    await open_recording(site, page, recording)
    await true_soon(lambda: any(request.path == "/static/lib/hls.js" for request in site.requests))
    await page.keyboard.press("k")
    held.set()
    await until(page, PLAYS)
