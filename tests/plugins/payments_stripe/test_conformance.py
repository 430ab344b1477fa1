"""The Stripe provider against Stripe's own API description, by the kit: what calls can show where nothing is kept."""

import pytest

from aethex_live.providers.payments import PayCap
from aethex_live.testing.conformance import PaymentConformance


class TestStripe(PaymentConformance):
    @pytest.fixture
    def provider(self, judged):
        return judged


def test_it_can_do_everything_but_move_time(judged):
    assert frozenset(PayCap) - judged.capabilities == {PayCap.CLOCK}


def test_no_call_of_the_kit_was_wrong(judge):
    """Runs after the kit: nothing that it asked is against the description."""
    assert [call for call in judge[0].seen if call.errors] == []
