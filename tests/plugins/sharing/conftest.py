"""A site that is known as https://live.example, with a channel that has public, unlisted and private videos."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from sites import run_site

sys.path.insert(0, str(Path(__file__).parent))

from sharing_support import CHEAP, SPITEFUL, URL, World, make_channel, make_video


@pytest_asyncio.fixture(scope="module")
async def world(
    database_copy: Callable[[], Awaitable[str]], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("site")
    async with await run_site(await database_copy(), folder, url=URL, plugins=CHEAP) as site:
        channel = await make_channel(site, "ada", "nova")
        public = await make_video(channel, SPITEFUL)
        unlisted, private = [await make_video(channel, name, name) for name in ("unlisted", "private")]
        yield World(site, await site.browser(), channel, public, unlisted, private)
