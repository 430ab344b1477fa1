"""Fixtures of the realtime tests."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

sys.path.insert(0, str(Path(__file__).parent))

from rt_support import Site, make_site, serving


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    """A running site with the settings of production."""
    async with serving(make_site()) as running:
        yield running
