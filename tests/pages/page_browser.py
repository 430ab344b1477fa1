"""Chromium on rendered pages: every request is answered from memory, so no server is needed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from page_pictures import scene
from page_rendering import assets
from page_samples import NOW, Sample
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

HOST = "http://aethex.test"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
POLICY = (
    "default-src 'self'; script-src 'self' {importmap}; style-src 'self'{inline}; style-src-attr 'unsafe-inline';"
    " img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'"
)
WITH_PLAYER = ("watch", "video", "studio")


@contextmanager
def chromium(program: Path) -> Iterator[Browser]:
    """A headless browser with an empty profile."""
    with tempfile.TemporaryDirectory() as home, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(program), args=FLAGS, env={"HOME": home})
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(
    browser: Browser,
    sample: Sample,
    html: str,
    *,
    width: int,
    height: int = 900,
    scheme: str = "dark",
    script: bool = True,
) -> Iterator[Page]:
    """The page of a sample with its static files; the context's errors are in `page.problems`."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]  # playwright wants a literal
        java_script_enabled=script,
        device_scale_factor=1,
        reduced_motion="reduce",
        base_url=HOST,
    )
    try:
        yield _page(context, sample, html)
    finally:
        context.close()


def _page(context: BrowserContext, sample: Sample, html: str) -> Page:
    context.clock.set_fixed_time(NOW)
    page = context.new_page()
    page.set_default_timeout(15000)
    problems: list[str] = []
    page.on(
        "console", lambda message: problems.append(message.text) if "Content Security Policy" in message.text else None
    )
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.problems = problems  # type: ignore[attr-defined]  # the test reads it
    address = HOST + sample.address
    context.route("**/*", lambda route: _answer(route, address, sample, html))
    page.goto(address, wait_until="load")
    page.evaluate("document.fonts.ready.then(() => 1)") if _runs_script(page) else page.wait_for_timeout(300)
    return page


def _runs_script(page: Page) -> bool:
    try:
        return bool(page.evaluate("1"))
    except Exception:
        return False


def _answer(route: Route, address: str, sample: Sample, html: str) -> None:
    url = route.request.url
    path = url.removeprefix(HOST).partition("?")[0]
    if url.partition("#")[0] == address:
        route.fulfill(
            body=html, headers={"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": _policy(sample)}
        )
    elif path.startswith("/sample/"):
        route.fulfill(body=scene(path), content_type="image/svg+xml")
    elif (file := assets().resolve(path)) is not None:
        route.fulfill(body=file.body()[0], content_type=file.content_type)
    else:
        route.fulfill(status=404, body="")


def _policy(sample: Sample) -> str:
    player = sample.template.partition(".")[0] in WITH_PLAYER
    return POLICY.format(importmap=assets().import_map_hash(), inline=" 'unsafe-inline'" if player else "")
