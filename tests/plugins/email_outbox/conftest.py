"""The outbox on a database."""

import pytest

from aethex_live.clock import ManualClock
from aethex_live.db import Database
from aethex_plugins.email_outbox.service import Mails, Outbox


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def outbox(rolled_back: Database, clock: ManualClock) -> Outbox:
    return Outbox(clock)


@pytest.fixture
def mails(rolled_back: Database, clock: ManualClock) -> Mails:
    return Mails(rolled_back, clock)
