"""The storage in memory keeps the storage contract."""

import pytest

from aethex_live.testing.conformance.storage import StorageConformance
from aethex_live.testing.fakes.storage import FakeStorage


class TestFakeStorage(StorageConformance):
    @pytest.fixture
    def provider(self):
        return FakeStorage()

    @pytest.fixture
    def fetch(self, provider):
        return provider.read_address
