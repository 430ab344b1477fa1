"""R2 keeps the whole storage contract, signed addresses included, over a server that speaks S3."""

import pytest

from aethex_live.providers.storage import StorageCap
from aethex_live.testing.conformance import StorageConformance


class TestR2Storage(StorageConformance):
    @pytest.fixture
    def provider(self, storage):
        return storage

    @pytest.fixture
    def fetch(self, judge):
        return judge.fetch

    @pytest.fixture
    def send(self, judge):
        return judge.send

    @pytest.fixture
    def later(self, clock):
        return lambda span: clock.advance(span.total_seconds())


def test_it_declares_all_that_storage_can_do(storage):
    assert storage.name == "r2"
    assert storage.capabilities == frozenset(StorageCap)
