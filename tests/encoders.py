"""A real browser and a real encoder, against a whole site."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from needs import need

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
]
PICTURES = Path(__file__).parent.parent / "build" / "first-light"
NewPage = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture
async def chromium() -> AsyncIterator[Browser]:
    program = need("chromium")
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=str(program), args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def new_page(chromium: Browser) -> AsyncIterator[NewPage]:
    """`await new_page(width=390)`: a page of a visitor of their own; console errors fail the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    async def make(*, width: int = 1440, height: int = 900, scheme: str = "dark") -> Page:
        viewport = {"width": width, "height": height}
        context = await chromium.new_context(viewport=viewport, color_scheme=scheme)  # type: ignore[arg-type]  # literals
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
        page.on("console", lambda said: errors.append(f"{page.url}: {said.text}") if is_violation(said.text) else None)
        return page

    yield make
    for context in contexts:
        await context.close()
    assert errors == []


def is_violation(text: str) -> bool:
    """Whether a line of the console tells of a broken security policy."""
    return "Content Security Policy" in text or "Refused to" in text


class Encoder:
    """ffmpeg as a creator's encoder: a test picture with a tone."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def stop(self) -> None:
        """End as OBS does: with the protocol's own good-bye."""
        if self.process.returncode is None:
            assert self.process.stdin is not None
            self.process.stdin.write(b"q")
            await asyncio.wait_for(self.process.wait(), 15)

    async def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()


@pytest_asyncio.fixture
async def go_live() -> AsyncIterator[Callable[[str, str], Awaitable[Encoder]]]:
    """`await go_live(server, key)`: begin to send."""
    program = need("ffmpeg")
    encoders: list[Encoder] = []

    async def begin(server: str, key: str) -> Encoder:
        process = await asyncio.create_subprocess_exec(
            *(str(program), "-hide_banner", "-loglevel", "error"),
            *("-re", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=30"),
            *("-re", "-f", "lavfi", "-i", "sine=f=440:r=48000"),
            *("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "60", "-b:v", "800k"),
            *("-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "96k", "-t", "120", "-f", "flv", f"{server}/{key}"),
            stdin=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        encoders.append(Encoder(process))
        return encoders[-1]

    yield begin
    for encoder in encoders:
        await encoder.kill()
