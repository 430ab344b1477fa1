"""A site with profiles and the disk as its storage, and pictures of every kind."""

import io
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image

from sites import LiveSite, run_site

sys.path.insert(0, str(Path(__file__).parent))

from profile_support import QUIET, Member

Picture = Callable[..., bytes]


@pytest.fixture(scope="session")
def picture() -> Picture:
    """A picture whose left half is red and whose right half is blue."""

    def make(width: int = 600, height: int = 400, kind: str = "PNG", mode: str = "RGB", **options: object) -> bytes:
        image = Image.new("RGB", (width, height), "red")
        image.paste("blue", (width // 2, 0, width, height))
        target = io.BytesIO()
        image.convert(mode).save(target, kind, **options)
        return target.getvalue()

    return make


@pytest_asyncio.fixture(scope="module")
async def site(database_copy, tmp_path_factory) -> AsyncIterator[LiveSite]:
    async with await run_site(await database_copy(), tmp_path_factory.mktemp("site"), **QUIET) as live:
        yield live


@pytest.fixture
async def member(site: LiveSite, request: pytest.FixtureRequest) -> Member:
    """Somebody who has just signed up."""
    site.platform.db.bind()
    username = f"m{abs(hash(request.node.nodeid)) % 10**9}"
    await site.platform.domain.accounts.register(username, "", "correct horse 9 battery")
    browser = await site.browser()
    signed_in = await browser.submit("/sign-in", username=username, password="correct horse 9 battery")
    assert signed_in.status == 200
    return Member(site, browser, username)
