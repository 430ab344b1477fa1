"""Local storage keeps the storage contract, addresses included."""

import pytest

from aethex_live.testing.conformance import StorageConformance
from aethex_plugins.storage_local.service import LocalStorage


class TestLocalStorage(StorageConformance):
    @pytest.fixture
    def provider(self, storage):
        return storage

    @pytest.fixture
    def fetch(self, browse):
        async def fetch(address: str) -> tuple[int, bytes]:
            answer = await browse(address)
            return answer.status, answer.body

        return fetch

    @pytest.fixture
    def later(self, clock):
        return lambda span: clock.advance(span.total_seconds())


def test_it_declares_what_it_holds(storage: LocalStorage):
    assert {capability.value for capability in storage.capabilities} == {
        "public_url",
        "presign_get",
        "conditional_put",
    }
