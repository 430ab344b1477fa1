"""The sandbox on a database, and hands at its other side."""

import sys
from pathlib import Path

import pytest

from aethex_live.clock import ManualClock
from aethex_live.db import Database
from aethex_live.providers.webhooks import WebhookRequest
from aethex_plugins.payments_sandbox.cards import BY_KEY
from aethex_plugins.payments_sandbox.models import Notice
from aethex_plugins.payments_sandbox.parts import Parts
from aethex_plugins.payments_sandbox.payees import GOOD_BANK
from aethex_plugins.payments_sandbox.post import HEADER, body_of, signed
from aethex_plugins.payments_sandbox.service import SandboxPayments

sys.path.insert(0, str(Path(__file__).parent))

from sandbox_support import parts_on

SITE = "https://site.example"


class SandboxHands:
    """People and banks: what their pages do, without the pages."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    async def pay(self, checkout_id, *, declined=False, renewals_decline=False):
        key = "declined" if declined else "once" if renewals_decline else "good"
        await self.parts.checkouts.pay(checkout_id, BY_KEY[key])

    async def onboard(self, payee_id):
        await self.parts.payees.onboard(payee_id, "Ada", "1990-12-31", GOOD_BANK)

    async def dispute(self, payment_id):
        return await self.parts.returns.dispute(payment_id)

    async def close_dispute(self, dispute_id, payment_id, *, won):
        await self.parts.returns.decide(dispute_id, won=won)

    async def told(self):
        clock, secret = self.parts.desk.clock, self.parts.post._secret
        requests = []
        for notice in await Notice.all().order_by("number"):
            body = body_of(notice)
            headers = {HEADER: signed(secret, body, clock)}
            requests.append(WebhookRequest(headers=headers, body=body, received_at=clock.now()))
        return requests


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def parts(rolled_back: Database, clock: ManualClock) -> Parts:
    return parts_on(rolled_back, clock)


@pytest.fixture
def provider(parts: Parts) -> SandboxPayments:
    return SandboxPayments(parts, SITE)


@pytest.fixture
def hands(parts: Parts) -> SandboxHands:
    return SandboxHands(parts)
