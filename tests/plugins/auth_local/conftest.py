"""Local accounts on a database, with hashes that cost next to nothing."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from aethex_live.clock import ManualClock
from aethex_live.db import Database
from aethex_plugins.auth_local.hashing import Hashing
from aethex_plugins.auth_local.service import LocalAuth
from aethex_plugins.auth_local.settings import AuthLocalSettings

CHEAP = AuthLocalSettings(time_cost=1, memory_kib=8192, parallelism=1, threads=2, waiting=64)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def auth(rolled_back: Database, clock: ManualClock):
    hashing = Hashing(CHEAP)
    yield LocalAuth(rolled_back, hashing, clock)
    hashing.close()
