"""The storage in memory keeps the storage contract."""

import pytest

from aethex_live.clock import ManualClock
from aethex_live.testing.conformance.storage import StorageConformance
from aethex_live.testing.fakes.storage import FakeStorage


class TestFakeStorage(StorageConformance):
    @pytest.fixture
    def clock(self):
        return ManualClock()

    @pytest.fixture
    def provider(self, clock):
        return FakeStorage(clock)

    @pytest.fixture
    def fetch(self, provider):
        return provider.read_address

    @pytest.fixture
    def send(self, provider):
        return provider.write_address

    @pytest.fixture
    def later(self, clock):
        return lambda span: clock.advance(span.total_seconds())

    @pytest.fixture
    def age(self, later):
        return later
