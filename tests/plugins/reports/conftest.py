"""A site with a channel that has a chat, an owner, a moderator, an operator and people who report."""

from __future__ import annotations

import itertools
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from sites import run_site

sys.path.insert(0, str(Path(__file__).parent))

from reports_support import SETTINGS, World


@pytest_asyncio.fixture(scope="module")
async def world(
    database_copy: Callable[[], Awaitable[str]], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    async with await run_site(await database_copy(), tmp_path_factory.mktemp("site"), **SETTINGS) as site:
        yield World(site, await site.operator(), itertools.count(1))
