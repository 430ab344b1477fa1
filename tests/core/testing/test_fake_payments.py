"""The payment provider in memory keeps the payment contract."""

from datetime import UTC, datetime

import pytest

from aethex_live.providers.webhooks import WebhookRequest
from aethex_live.testing.conformance import PaymentConformance
from aethex_live.testing.fakes import FakePayments
from payment_hands import signed

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class FakeHands:
    """People and banks at the fake."""

    def __init__(self, fake: FakePayments) -> None:
        self.fake = fake

    async def pay(self, checkout_id, *, declined=False, renewals_decline=False):
        self.fake.pay(checkout_id, declined=declined, renewals_decline=renewals_decline)

    async def onboard(self, payee_id):
        self.fake.onboard(payee_id)

    async def dispute(self, payment_id):
        return self.fake.dispute(payment_id)

    async def close_dispute(self, dispute_id, payment_id, *, won):
        self.fake.close_dispute(dispute_id, payment_id, won=won)

    async def told(self):
        return [
            WebhookRequest(headers={"fake-signature": signed(self.fake.secret, body, NOW)}, body=body, received_at=NOW)
            for body in self.fake.told
        ]


class TestFakePayments(PaymentConformance):
    @pytest.fixture
    def provider(self):
        return FakePayments(NOW)

    @pytest.fixture
    def hands(self, provider):
        return FakeHands(provider)
