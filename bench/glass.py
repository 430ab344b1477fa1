"""Glass to glass: a clock burned into the picture by the publisher, read back from the watch page in Chromium."""

from __future__ import annotations

import asyncio
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from typing import Any

import numpy as np
from playwright.async_api import Page, async_playwright

from bench.figures import Figure
from bench.served import ROOT, ffmpeg, served

GOAL_S = 2.0
WARM_UP_S = 8.0
WIDTH, HEIGHT, FPS = 640, 360, 30
CELL, LEFT, COLUMNS = 24, 20, 24
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
# every cell is one bit of the milliseconds since 1970; a grey one was caught between two frames
READ = """() => {
  const v = document.querySelector('ax-player video');
  const c = (window.benchCanvas ??= Object.assign(document.createElement('canvas'), {width: 640, height: 360}));
  const g = c.getContext('2d', {willReadFrequently: true});
  g.drawImage(v, 0, 0, 640, 360);
  const d = g.getImageData(0, 0, 640, 48).data;
  let ms = 0, grey = 0;
  for (let i = 0; i < 48; i++) {
    const x = 20 + (i % 24) * 24 + 12, y = Math.floor(i / 24) * 24 + 12, l = d[(y * 640 + x) * 4 + 1];
    if (l > 90 && l < 160) grey++;
    if (l > 125) ms += 2 ** i;
  }
  return {delay: Date.now() - ms, grey, stats: document.querySelector('ax-player').stats};
}"""
PLAYS = "() => { const v = document.querySelector('ax-player video'); return v && v.currentTime > 1 && !v.paused; }"


def run(quick: bool) -> Iterable[Figure]:
    """Publish the clock, watch it, compare."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        yield failed("Chromium is not installed")
        return
    seconds = 8.0 if quick else 60.0
    with served({"AETHEX_STREAM_LOCAL__THUMBNAILS": "false"}) as site:
        server, key = site.channel("clock")
        length = seconds + WARM_UP_S + 40
        publisher = subprocess.Popen([sys.executable, "-m", "bench.glass", f"{server}/{key}", str(length)], cwd=ROOT)
        try:
            while not site.call("GET", "/live")["items"]:
                time.sleep(0.2)
            time.sleep(2)
            samples, stats = asyncio.run(watch(chromium, f"{site.url}/clock/live", seconds))
        finally:
            publisher.terminate()
            publisher.wait(20)
    yield from figures(samples, stats, seconds, judge=not quick)


def figures(samples: list[float], stats: dict[str, Any], seconds: float, *, judge: bool) -> Iterable[Figure]:
    """Delay, stalls and errors."""
    valid = len(samples) >= seconds * 0.6
    p50 = statistics.median(samples) if samples else None
    spread = f"{min(samples, default=0):.2f} to {max(samples, default=0):.2f} s"
    note = f"{len(samples)} samples, {spread}, source {stats['source']}"
    met = p50 is not None and p50 <= GOAL_S and valid
    yield Figure(
        figure="glass to glass, p50",
        value=p50,
        unit="s",
        goal=GOAL_S,
        met=met if judge else None,
        valid=valid,
        note=note,
    )
    for name, value in (("stalls", stats["stalls"]), ("fatal errors", stats["fatal"])):
        yield Figure(
            figure=f"{name} in {seconds:.0f} s of watching",
            value=float(value),
            unit="",
            goal=0,
            met=value == 0 if judge else None,
        )


def failed(reason: str) -> Figure:
    """A figure that could not be taken."""
    return Figure(figure="glass to glass, p50", value=None, unit="s", goal=GOAL_S, met=False, valid=False, note=reason)


async def watch(chromium: str, address: str, seconds: float) -> tuple[list[float], dict[str, Any]]:
    """Delays in seconds, one a second after the warm-up, and what the player counted since then."""
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium, args=FLAGS)
        page = await browser.new_page(viewport={"width": 1280, "height": 720})
        await page.goto(address)
        await page.wait_for_function(PLAYS, timeout=30_000)
        await asyncio.sleep(WARM_UP_S)
        before = await page.evaluate(READ)
        samples = await sample(page, seconds)
        after = (await page.evaluate(READ))["stats"]
        await browser.close()
    return samples, after | {"stalls": after["stalls"] - before["stats"]["stalls"]}


async def sample(page: Page, seconds: float) -> list[float]:
    """One delay a second; a picture caught between two frames is left out."""
    found = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await asyncio.sleep(1)
        seen = await page.evaluate(READ)
        if not seen["grey"] and 0 < seen["delay"] < 60_000:
            found.append(seen["delay"] / 1000)
    return found


def publish(address: str, seconds: float) -> None:
    """Encode pictures that carry the time they were made at."""
    video = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FPS), "-i", "pipe:0"]
    audio = ["-re", "-f", "lavfi", "-i", "sine=f=440:r=48000", "-map", "0:v", "-map", "1:a"]
    codec = ["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-g", "60", "-keyint_min", "60"]
    rate = ["-sc_threshold", "0", "-b:v", "1500k", "-maxrate", "1500k", "-bufsize", "1500k", "-threads", "1"]
    tail = ["-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "96k", "-flush_packets", "1", "-f", "flv", address]
    head = [ffmpeg(), "-v", "fatal", "-probesize", "32", "-analyzeduration", "0"]
    process = subprocess.Popen([*head, *video, *audio, *codec, *rate, *tail], stdin=subprocess.PIPE)
    assert process.stdin is not None
    base = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    slope = np.add.outer(np.arange(HEIGHT), np.arange(WIDTH))
    begun = time.monotonic()
    for number in range(int(seconds * FPS)):
        time.sleep(max(0.0, begun + number / FPS - time.monotonic()))
        try:
            process.stdin.write(frame(base, slope, number))
        except BrokenPipeError:
            break
    process.stdin.close()
    process.wait(10)


def frame(base: Any, slope: Any, number: int) -> bytes:
    """A moving picture with the time in its cells."""
    picture = base.copy()
    picture[:HEIGHT] = ((slope + number * 3) & 127) + 40
    now = int(time.time() * 1000)
    for bit in range(48):
        row, column = divmod(bit, COLUMNS)
        left = LEFT + column * CELL
        picture[row * CELL : (row + 1) * CELL, left : left + CELL] = 235 if now >> bit & 1 else 16
    data: bytes = picture.tobytes()
    return data


if __name__ == "__main__":
    publish(sys.argv[1], float(sys.argv[2]))
