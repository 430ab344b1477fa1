"""The Stripe provider keeps the whole payment contract at a twin that keeps state, judged by Stripe's description."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from stripe_support import provider_at

from aethex_live.clock import ManualClock
from aethex_live.testing.conformance import PaymentConformance
from stripe_twin import Twin, TwinHands, stripe_twin


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def twin(clock: ManualClock) -> Iterator[Twin]:
    with stripe_twin(clock) as made:
        yield made
    assert made.wrong == []


@pytest_asyncio.fixture
async def at_twin(twin: Twin, clock: ManualClock) -> AsyncIterator[Any]:
    made = provider_at(twin.url, clock=clock)
    yield made
    await made.aclose()


class TestStripeWithState(PaymentConformance):
    @pytest.fixture
    def provider(self, at_twin: Any) -> Any:
        return at_twin

    @pytest.fixture
    def hands(self, twin: Twin) -> TwinHands:
        return TwinHands(twin)
