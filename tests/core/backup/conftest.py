"""A small site for the tests of backups."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest_asyncio

sys.path.insert(0, str(Path(__file__).parent))

from backup_support import SmallSite, fill

from aethex_live.settings import Site


@pytest_asyncio.fixture
async def small_site(tmp_path: Path, fresh_dsn: Callable[..., Awaitable[str]]) -> AsyncIterator[SmallSite]:
    site = Site(data=tmp_path / "site", database_url=await fresh_dsn("core"))  # type: ignore[arg-type]  # pydantic
    filled = await fill(site)
    yield filled
    await filled.db.close()
