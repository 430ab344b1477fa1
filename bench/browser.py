"""Going live from the browser, glass to glass: a page encodes a canvas that shows the time, the watch page reads it."""

from __future__ import annotations

import asyncio
import shutil
import statistics
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from bench.figures import Figure
from bench.glass import CELL, COLUMNS, FLAGS, HEIGHT, LEFT, PLAYS, READ, WARM_UP_S, WIDTH, sample
from bench.served import ServedSite, ffmpeg, served

GOAL_S = 2.0
SKEW_MS = 100.0
QUIET = ["--disable-background-timer-throttling", "--disable-renderer-backgrounding"]
HIDDEN = ["--disable-backgrounding-occluded-windows"]
RATE = 8000
# in place of the camera: the time in cells as in bench/glass.py, and a tone in the first tenth of every second
CAMERA = """
navigator.mediaDevices.getUserMedia = async (wish) => {
  if (wish.audio) {
    const context = new AudioContext();
    const tone = context.createOscillator(), gain = context.createGain(), out = context.createMediaStreamDestination();
    gain.gain.value = 0;
    tone.connect(gain).connect(out);
    tone.start();
    setInterval(() => {
      const left = 1000 - (Date.now() % 1000);
      if (left > 300) return;
      const at = context.currentTime + left / 1000;
      gain.gain.setValueAtTime(1, at);
      gain.gain.setValueAtTime(0, at + 0.1);
    }, 250);
    return out.stream;
  }
  const canvas = Object.assign(document.createElement('canvas'), {width: 640, height: 360});
  const pen = canvas.getContext('2d');
  let number = 0;
  setInterval(() => {
    pen.fillStyle = `hsl(${number++ % 360} 40% 40%)`;
    pen.fillRect(0, 0, 640, 360);
    pen.fillStyle = '#888';
    pen.fillRect((number * 5) % 640, 150, 80, 80);
    const ms = Date.now();
    for (let i = 0; i < 48; i++) {
      pen.fillStyle = Math.floor(ms / 2 ** i) % 2 ? '#fff' : '#000';
      pen.fillRect(20 + (i % 24) * 24, Math.floor(i / 24) * 24, 24, 24);
    }
  }, 1000 / 30);
  return canvas.captureStream(30);
};
navigator.mediaDevices.enumerateDevices = async () => [];
"""


@dataclass(frozen=True, slots=True)
class Watched:
    """What the watch page saw: delays in s, the player's counters, whether the page stayed live, and its errors."""

    delays: list[float]
    stats: dict[str, Any]
    live: bool
    errors: list[str]


def run(quick: bool) -> Iterable[Figure]:
    """Go live from a page, watch it, then look into the recording."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        yield _failed("Chromium is not installed")
        return
    seconds = 8.0 if quick else 60.0
    settings = {"AETHEX_STREAM_LOCAL__THUMBNAILS": "false", "AETHEX_STREAM_LOCAL__RECONNECT_CLEAN_SECONDS": "1"}
    with served(settings) as site:
        site.channel("clock")
        watched = asyncio.run(_go_live(chromium, site, seconds))
        tracks = _tracks(_recording(site))
    yield from _live_figures(watched, seconds, judge=not quick)
    yield from _recording_figures(tracks, judge=not quick)


async def _go_live(chromium: str, site: ServedSite, seconds: float) -> Watched:
    async with async_playwright() as driver:
        launch = driver.chromium.launch
        # two browsers, as in life: one page's work must not hold up the other's
        creator, viewer = [
            await launch(executable_path=chromium, args=[*FLAGS, *QUIET, *HIDDEN]) for _ in ("creator", "viewer")
        ]
        page, errors = await _studio(creator, site)
        try:
            await page.wait_for_selector("ax-go-live[data-state=live]", timeout=20_000)
            while not site.call("GET", "/live")["items"]:
                await asyncio.sleep(0.2)
            await asyncio.sleep(2)
            delays, stats = await _watch(viewer, f"{site.url}/clock/live", seconds)
            live = await page.get_attribute("ax-go-live", "data-state") == "live"
            await page.click("[data-act=end]")
            await asyncio.sleep(0.5)
        finally:
            await creator.close()
            await viewer.close()
    return Watched(delays, stats, live, errors)


async def _studio(browser: Browser, site: ServedSite) -> tuple[Page, list[str]]:
    """The page, with its stream begun; and the list that its errors go to."""
    context = await signed_in(browser, site)
    await context.add_init_script(CAMERA)
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(f"{site.url}/p/stream_local/clock/go-live")
    await page.wait_for_selector("ax-go-live[data-state=setup]")
    await page.select_option("[name=quality]", "720p30")
    await page.click("[data-act=prepare]")
    await page.wait_for_selector("ax-go-live[data-state=ready]")
    await page.click("[data-act=start]")
    return page, errors


async def signed_in(browser: Browser, site: ServedSite) -> BrowserContext:
    """A browser's context with the creator's session."""
    context = await browser.new_context(viewport={"width": 1280, "height": 720})
    await context.add_cookies(
        [{"name": cookie.name, "value": str(cookie.value), "url": site.url} for cookie in site.cookies]
    )
    return context


async def _watch(browser: Browser, address: str, seconds: float) -> tuple[list[float], dict[str, Any]]:
    page = await browser.new_page(viewport={"width": 1280, "height": 720})
    await page.goto(address)
    await page.wait_for_function(PLAYS, timeout=30_000)
    await asyncio.sleep(WARM_UP_S)
    before = (await page.evaluate(READ))["stats"]
    delays = await sample(page, seconds)
    after = (await page.evaluate(READ))["stats"]
    return delays, after | {"stalls": after["stalls"] - before["stalls"]}


def _live_figures(watched: Watched, seconds: float, *, judge: bool) -> Iterable[Figure]:
    delays, stats = watched.delays, watched.stats
    valid = len(delays) >= seconds * 0.6
    p50 = statistics.median(delays) if delays else None
    spread = f"{min(delays, default=0):.2f} to {max(delays, default=0):.2f} s"
    yield Figure(
        figure="browser go-live, glass to glass, p50",
        value=p50,
        unit="s",
        goal=GOAL_S,
        met=(p50 is not None and p50 <= GOAL_S and valid) if judge else None,
        valid=valid,
        note=f"{len(delays)} samples, {spread}, source {stats['source']}",
    )
    broken = stats["fatal"] + len(watched.errors) + (not watched.live)
    yield Figure(
        figure=f"browser go-live, errors in {seconds:.0f} s",
        value=float(broken),
        unit="",
        goal=0,
        met=broken == 0 if judge else None,
        note=f"{stats['stalls']} stalls" + "".join(f"; {error}" for error in watched.errors[:2]),
    )


# --- the recording


def _recording(site: ServedSite) -> Path:
    """The finished recording's playlist."""
    for _ in range(100):
        found = sorted((site.data / "media" / "vod").glob("*/event.m3u8"))
        rows = site.call("GET", "/channels/clock/videos")["items"]
        if found and isinstance(rows, list) and rows and rows[0]["state"] == "ready":
            return found[0]
        time.sleep(0.2)
    raise RuntimeError("the recording was not ready after 20 s")


@dataclass(frozen=True, slots=True)
class Tracks:
    """Of a recording: lengths in s, and by how many ms the sound is late against the picture, one a second."""

    picture_s: float
    sound_s: float
    late_ms: list[float]


def _tracks(playlist: Path) -> Tracks:
    times = _picture_times(playlist)
    onsets, sound_s = _tones(playlist)
    clocks = [(at, clock) for at, clock in times if clock is not None]
    late = []
    for onset in onsets:
        # the picture that is on the screen when the tone begins says which time it is
        shown = [clock - (at * 1000) for at, clock in clocks if abs(at - onset) < 0.2]
        if shown:
            wall = statistics.median(shown) + onset * 1000
            late.append((wall + 500) % 1000 - 500)
    picture_s = times[-1][0] if times else 0.0
    return Tracks(picture_s, sound_s, late)


def _decode(playlist: Path, *arguments: str) -> bytes:
    head = [ffmpeg(), "-v", "error", "-allowed_extensions", "ALL", "-i", str(playlist)]
    return subprocess.run([*head, *arguments, "pipe:1"], capture_output=True, check=True, timeout=120).stdout


def _picture_times(playlist: Path) -> list[tuple[float, float | None]]:
    """(time in the recording, clock in ms since 1970 or None where it can't be read) of each picture."""
    scale = ("-map", "0:v:0", "-vf", f"scale={WIDTH}:{HEIGHT},crop={WIDTH}:48:0:0")
    raw = _decode(playlist, *scale, "-fps_mode", "passthrough", "-pix_fmt", "gray", "-f", "rawvideo")
    listed = _decode(playlist, *scale, "-fps_mode", "passthrough", "-f", "framecrc").decode()
    base = next(line for line in listed.splitlines() if line.startswith("#tb")).split(":")[1].split("/")
    rows = [line.split(",") for line in listed.splitlines() if line and not line.startswith("#")]
    stamps = [int(row[2]) * int(base[0]) / int(base[1]) for row in rows]
    pictures = np.frombuffer(raw, np.uint8).reshape(-1, 48, WIDTH)
    return [(at, _clock(picture)) for at, picture in zip(stamps, pictures, strict=False)]


def _clock(picture: Any) -> float | None:
    clock = 0
    for bit in range(48):
        row, column = divmod(bit, COLUMNS)
        level = int(picture[row * CELL + CELL // 2, LEFT + column * CELL + CELL // 2])
        if 90 < level < 160:
            return None
        clock |= (level > 125) << bit
    return float(clock)


def _tones(playlist: Path) -> tuple[list[float], float]:
    """When tones begin, and the length of the sound; in s of the recording's time."""
    fill = "aresample=async=1:first_pts=0"
    raw = _decode(playlist, "-map", "0:a:0", "-af", fill, "-ac", "1", "-ar", str(RATE), "-f", "s16le")
    sound = np.abs(np.frombuffer(raw, "<i2").astype(np.float32))
    step = RATE // 200
    loud = sound[: len(sound) // step * step].reshape(-1, step).max(axis=1) > 3000
    begins = [index for index in range(20, len(loud)) if loud[index] and not loud[index - 20 : index].any()]
    return [index * step / RATE for index in begins], len(sound) / RATE


def _recording_figures(tracks: Tracks, *, judge: bool) -> Iterable[Figure]:
    skew = abs(statistics.median(tracks.late_ms)) if tracks.late_ms else None
    ends = abs(tracks.picture_s - tracks.sound_s) * 1000
    both = tracks.picture_s > 1 and tracks.sound_s > 1
    spread = f"{min(tracks.late_ms, default=0):.0f} to {max(tracks.late_ms, default=0):.0f} ms late"
    yield Figure(
        figure="browser go-live, recording: sound against picture",
        value=skew,
        unit="ms",
        goal=SKEW_MS,
        met=(both and skew is not None and skew <= SKEW_MS) if judge else None,
        valid=both and len(tracks.late_ms) >= 3,
        note=f"{len(tracks.late_ms)} tones, {spread}",
    )
    yield Figure(
        figure="browser go-live, recording: ends of the tracks apart",
        value=ends,
        unit="ms",
        goal=SKEW_MS,
        met=(both and ends <= SKEW_MS) if judge else None,
        note=f"picture {tracks.picture_s:.2f} s, sound {tracks.sound_s:.2f} s",
    )


def _failed(reason: str) -> Figure:
    figure = "browser go-live, glass to glass, p50"
    return Figure(figure=figure, value=None, unit="s", goal=GOAL_S, met=False, valid=False, note=reason)
