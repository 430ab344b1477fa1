"""<ax-player> with a running broadcast: start, latency, live edge, the channel's ups and downs, broken lines."""

from pathlib import Path

import pytest
from js_media import broadcasting, player
from js_support import Answer, Request, Site, serving, true_soon, until
from playwright.async_api import Page

VIDEO = "document.querySelector('video')"
PLAYER = "document.querySelector('ax-player')"
STATE = f"{PLAYER}.dataset.state"
MESSAGE = "document.querySelector('[data-message]').textContent"
PLAYS = f"{VIDEO}.currentTime > 0.2 && !{VIDEO}.paused && {STATE} === 'live'"
SOURCES = [{"url": "/live/live.m3u8", "kind": "hls"}]
BADGES = (
    '<b id="on" data-when="live reconnecting" hidden>LIVE</b><p id="off" data-when="offline ended" hidden>Not live</p>'
    '<h1 data-broadcast-title>Old title</h1><ax-live-count data-topic="viewers:1">0</ax-live-count>'
)


async def open_channel(site: Site, page: Page, folder: Path, **data: str) -> None:
    site.media["/live/"] = folder
    given = {"live": "", "topic": "channel:1", "broadcast": "b1", "state": "live", "seen": "viewers:1"} | data
    await page.goto(site.show("/nova/live", player(**given) + BADGES, modules=("shell", "player")))
    # a test's first look into the page counts as a person's click there, which would allow sound
    if given.get("plain") == "/live/live.m3u8":
        await true_soon(lambda: any(request.path.endswith(".ts") for request in site.requests))


async def open_live(site: Site, page: Page, folder: Path, **data: str) -> None:
    await open_channel(site, page, folder, **({"plain": "/live/live.m3u8"} | data))
    await until(page, PLAYS, 10)


async def test_a_live_channel_starts_by_itself_without_sound_and_offers_sound(
    site: Site, page: Page, live_folder: Path
) -> None:
    await open_live(site, page, live_folder)
    assert await page.evaluate(f"{VIDEO}.muted")
    await page.locator("[data-act=unmute]").click()
    assert not await page.evaluate(f"{VIDEO}.muted")
    assert await page.locator("[data-act=unmute]").is_hidden()
    assert await page.evaluate("JSON.parse(localStorage.getItem('ax.volume'))") == {
        "volume": 1,
        "muted": False,
    }


async def test_who_wants_sound_but_may_not_have_it_yet_is_started_muted(
    site: Site, page: Page, live_folder: Path
) -> None:
    await page.add_init_script("localStorage.setItem('ax.volume', JSON.stringify({ volume: 0.5, muted: false }))")
    await open_live(site, page, live_folder)
    assert await page.evaluate(f"{VIDEO}.muted && {VIDEO}.volume === 0.5")
    assert await page.locator("[data-act=unmute]").is_visible()
    assert await page.evaluate("JSON.parse(localStorage.getItem('ax.volume')).muted") is False


async def test_the_latency_is_shown_and_the_way_back_to_live_when_behind(
    site: Site, page: Page, live_folder: Path
) -> None:
    await open_live(site, page, live_folder)
    await until(page, "/^\\d\\.\\d s behind$/.test(document.querySelector('[data-latency]').textContent)")
    assert await page.locator("[data-act=live]").is_hidden()
    stats = await page.evaluate(f"{PLAYER}.stats")
    assert 0 < stats["latency"] < 2 * stats["target"]
    assert stats["stalls"] == stats["fatal"] == 0


async def test_a_waiting_viewer_sees_the_channel_begin_and_end_without_reloading(
    site: Site, page: Page, live_folder: Path
) -> None:
    # Given a page that waits at an offline channel
    await open_channel(site, page, live_folder, state="offline", broadcast="")
    await until(page, f"{MESSAGE} === 'Nova is offline'")
    assert await page.locator("#off").is_visible()
    await true_soon(lambda: site.realtime.subscribers("channel:1"))
    await page.evaluate("window.same = true")
    # When the encoder connects and the broadcast starts
    site.tell("channel:1", "ingest.connected", broadcast_id=None)
    await until(page, f"{MESSAGE} === 'Starting soon'")
    site.tell("channel:1", "broadcast.started", broadcast_id="b2", title="New title", sources=SOURCES)
    # Then it plays
    await until(page, PLAYS, 10)
    assert await page.locator("#on").is_visible()
    assert await page.locator("h1").text_content() == "New title"
    # When it ends and is recorded
    site.tell("channel:1", "broadcast.ended", broadcast_id="b2", reason="creator")
    await until(page, "document.querySelector('#on').hidden")
    await page.evaluate(f"{VIDEO}.dispatchEvent(new Event('ended'))")
    await until(page, f"{MESSAGE} === 'The stream is over'")
    site.tell("channel:1", "recording.ready", broadcast_id="b2", recording_id="r7")
    await until(page, "document.querySelector('[data-recording-link]').getAttribute('href') === '/videos/r7'")
    assert await page.locator("[data-recording-link]").is_visible()
    assert await page.evaluate("window.same")


async def test_watching_is_counted_and_an_offline_page_is_not(site: Site, page: Page, live_folder: Path) -> None:
    await open_live(site, page, live_folder, seen="viewers:seen")
    await true_soon(lambda: site.realtime.subscribers("viewers:seen") == 1)
    site.realtime.publish("viewers:1", "count", {"n": 4812})
    await until(page, "document.querySelector('ax-live-count').textContent === '4,812'")
    site.tell("channel:1", "broadcast.ended", broadcast_id="b1", reason="creator")
    await true_soon(lambda: site.realtime.subscribers("viewers:seen") == 0)


async def test_a_reconnect_is_shown_and_keeps_the_same_player(
    site: Site, page: Page, ffmpeg: Path, tmp_path: Path
) -> None:
    # Given a page that watches
    async with broadcasting(ffmpeg, tmp_path):
        await open_live(site, page, tmp_path)
        await page.evaluate(f"window.media = {VIDEO}.currentSrc")
    # When the encoder is gone
    site.tell("channel:1", "ingest.disconnected", broadcast_id="b1", window_s=30)
    await until(page, f"{MESSAGE} === 'The creator lost the connection'")
    reached = await page.evaluate(f"{VIDEO}.currentTime")
    # Then its return is seen in the same media source, without an error card
    async with broadcasting(ffmpeg, tmp_path, resume=True):
        site.tell("channel:1", "ingest.connected", broadcast_id="b1")
        await until(page, f"{VIDEO}.currentTime > {reached + 3} && {STATE} === 'live'", 15)
    assert await page.evaluate(f"{VIDEO}.currentSrc === window.media")


async def test_when_low_latency_can_not_be_had_the_plain_playlist_plays(
    site: Site, page: Page, live_folder: Path
) -> None:
    await open_live(site, page, live_folder, ll="/gone/ll.m3u8")
    stats = await page.evaluate(f"{PLAYER}.stats")
    assert stats["source"] == "hls"
    assert stats["fatal"] == 1
    assert await page.evaluate(f"{VIDEO}.muted")


async def test_a_failure_that_stays_is_said_with_its_code_and_tried_again(
    site: Site, page: Page, live_folder: Path
) -> None:
    async def broken(request: Request) -> Answer:
        return Answer(500, b"")

    site.handlers["GET /broken.m3u8"] = broken
    await open_channel(site, page, live_folder, plain="/broken.m3u8")
    await until(page, f"{STATE} === 'error'", 15)
    assert await page.evaluate(MESSAGE) == "The video can't be played (manifestLoadError 500)"
    assert "Trying again in" in await page.evaluate("document.querySelector('[data-retry-in]').textContent")
    del site.handlers["GET /broken.m3u8"]
    site.pages["/broken.m3u8"] = (live_folder / "live.m3u8").read_text().replace("live", "/live/live")
    await page.locator("[data-act=retry]").click()
    await until(page, f"{STATE} !== 'error' && {VIDEO}.readyState > 2", 10)


async def test_a_page_that_missed_the_start_reads_itself_again(site: Site, page: Page, live_folder: Path) -> None:
    # Given a page that was offline, live by now, and a realtime epoch that is not the server's any more
    site.media["/live/"] = live_folder
    now = player(live="", topic="channel:1", broadcast="b9", state="live", plain="/live/live.m3u8")
    then = player(live="", topic="channel:1", broadcast="", state="offline", last="3", epoch="lost")
    answers = [
        site.show(path, body, modules=("shell", "player")) and path for path, body in (("/a", then), ("/b", now))
    ]

    async def channel(request: Request) -> Answer:
        return Answer(200, site.pages[answers.pop(0)].encode())

    site.handlers["GET /nova/live"] = channel
    await page.goto(site.url + "/nova/live")
    # Then the page is, too
    await until(page, PLAYS, 10)
    assert await page.evaluate(f"{PLAYER}.dataset.broadcast") == "b9"


async def test_the_player_plays_where_realtime_can_not_be_reached(page: Page, live_folder: Path) -> None:
    site = Site()
    site.unreachable = True
    async with serving(site):
        await open_live(site, page, live_folder)
        assert site.realtime.subscribers("channel:1") == 0


async def test_a_preview_is_never_heard_and_has_no_keys(site: Site, page: Page, live_folder: Path) -> None:
    site.media["/live/"] = live_folder
    markup = player(live="", plain="/live/live.m3u8", state="live", shortcuts="off").replace(
        "<ax-player", "<ax-player muted"
    )
    await page.add_init_script("localStorage.setItem('ax.volume', JSON.stringify({ volume: 1, muted: false }))")
    await page.goto(site.show("/studio", markup, modules=("shell", "player")))
    await until(page, PLAYS, 10)
    await page.keyboard.press("m")
    assert await page.evaluate(f"{VIDEO}.muted")
    assert await page.locator("[data-act=unmute]").is_hidden()
    assert await page.evaluate("JSON.parse(localStorage.getItem('ax.volume')).muted") is False


@pytest.mark.slow
async def test_a_quarter_of_a_minute_has_no_stall_and_who_fell_behind_gets_back_to_live(
    site: Site, page: Page, live_folder: Path
) -> None:
    await open_live(site, page, live_folder)
    began = await page.evaluate(f"{VIDEO}.currentTime")
    await page.wait_for_timeout(15_000)
    stats = await page.evaluate(f"{PLAYER}.stats")
    assert await page.evaluate(f"{VIDEO}.currentTime") - began > 14
    assert stats["stalls"] == stats["fatal"] == 0
    # When the viewer goes back ten seconds
    await page.evaluate(f"{VIDEO}.currentTime -= 10")
    await until(page, f"{STATE} === 'behind'")
    assert await page.evaluate(MESSAGE) == "You are behind"
    # Then the button leads to the live edge
    await page.locator("[data-act=live]").click()
    await until(page, f"{STATE} === 'live' && {PLAYER}.stats.latency < 5")
    assert await page.locator("[data-act=live]").is_hidden()
