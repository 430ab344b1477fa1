"""The sandbox keeps the payment contract, all of it."""

import pytest

from aethex_live.providers.payments import PayCap
from aethex_live.testing.conformance import PaymentConformance


class TestSandbox(PaymentConformance):
    @pytest.fixture
    def provider(self, provider):
        return provider

    @pytest.fixture
    def hands(self, hands):
        return hands


def test_it_can_do_all_that_a_vendor_can(provider):
    assert provider.capabilities == frozenset(PayCap)
