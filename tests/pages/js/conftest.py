"""Fixtures of the page modules: a small site, one Chromium a run, pages that fail on errors and broken policy."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

sys.path.insert(0, str(Path(__file__).parent))

from js_media import broadcasting, make_recording
from js_support import NODE, Site, serving


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    """A running site without pages."""
    if not NODE.is_dir():
        pytest.skip("needs node_modules: run `npm ci`")
    async with serving(Site()) as running:
        yield running


@pytest_asyncio.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    from needs import need

    async with async_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
        arguments.append("--autoplay-policy=document-user-activation-required")  # as a person's browser has it
        started = await playwright.chromium.launch(executable_path=need("chromium"), args=arguments)
        yield started
        await started.close()


@pytest_asyncio.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page in a context of its own; an exception in it or a broken policy fails the test."""
    context = await browser.new_context()
    opened = await context.new_page()
    opened.set_default_timeout(8000)
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(f"exception: {error}"))
    opened.on("console", lambda message: wrong.append(message.text) if _is_wrong(message.text) else None)
    yield opened
    await context.close()
    assert not wrong, "\n".join(wrong)


def _is_wrong(text: str) -> bool:
    return "Content Security Policy" in text or "Content-Security-Policy" in text


@pytest.fixture(scope="session")
def ffmpeg() -> Path:
    from needs import need

    return need("ffmpeg")


@pytest_asyncio.fixture(scope="session")
async def recording(ffmpeg: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a recording of 40 s."""
    return await make_recording(ffmpeg, tmp_path_factory.mktemp("recording"))


@pytest_asyncio.fixture(scope="session")
async def live_folder(ffmpeg: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    """The folder of a broadcast that goes on as long as the tests that need it."""
    async with broadcasting(ffmpeg, tmp_path_factory.mktemp("live")) as folder:
        yield folder
