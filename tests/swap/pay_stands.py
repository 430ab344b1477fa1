"""Payment providers with people and banks at their other side: the sandbox, Stripe's twin, the one in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from swap_kit import Stand

from aethex_live.clock import SystemClock
from aethex_live.providers.webhooks import WebhookRequest
from aethex_live.testing.fakes import FakePayments
from aethex_plugins.payments_sandbox.cards import BY_KEY
from aethex_plugins.payments_sandbox.models import Notice
from aethex_plugins.payments_sandbox.parts import Parts
from aethex_plugins.payments_sandbox.payees import GOOD_BANK
from aethex_plugins.payments_sandbox.post import HEADER, body_of, signed
from payment_hands import signed as stamped
from stripe_twin import ACCOUNT_SECRET, CONNECT_SECRET, KEY, TwinHands, stripe_twin


class SandboxHands:
    """What the sandbox's pages do, without the pages."""

    def __init__(self) -> None:
        self.parts: Parts

    def at(self, provider: Any) -> None:
        """The site was started: its parts are those of its provider."""
        self.parts = provider._parts

    async def pay(self, checkout_id: str, **_: bool) -> None:
        await self.parts.checkouts.pay(checkout_id, BY_KEY["good"])

    async def onboard(self, payee_id: str) -> None:
        await self.parts.payees.onboard(payee_id, "Ada", "1990-12-31", GOOD_BANK)

    async def dispute(self, payment_id: str) -> str:
        return await self.parts.returns.dispute(payment_id)

    async def close_dispute(self, dispute_id: str, payment_id: str, *, won: bool) -> None:
        await self.parts.returns.decide(dispute_id, won=won)

    async def told(self) -> Sequence[WebhookRequest]:
        clock, secret = self.parts.desk.clock, self.parts.post._secret
        requests = []
        for notice in await Notice.all().order_by("number"):
            body = body_of(notice)
            headers = {HEADER: signed(secret, body, clock)}
            requests.append(WebhookRequest(headers=headers, body=body, received_at=clock.now()))
        return requests


class FakeHands:
    """Those of the provider in memory."""

    def __init__(self, fake: FakePayments) -> None:
        self.fake = fake

    async def pay(self, checkout_id: str, **how: bool) -> None:
        self.fake.pay(checkout_id, **how)

    async def onboard(self, payee_id: str) -> None:
        self.fake.onboard(payee_id)

    async def dispute(self, payment_id: str) -> str:
        return self.fake.dispute(payment_id)

    async def close_dispute(self, dispute_id: str, payment_id: str, *, won: bool) -> None:
        self.fake.close_dispute(dispute_id, payment_id, won=won)

    async def told(self) -> Sequence[WebhookRequest]:
        now, secret = self.fake.now, self.fake.secret
        return [
            WebhookRequest(headers={"fake-signature": stamped(secret, body, now)}, body=body, received_at=now)
            for body in self.fake.told
        ]


@contextmanager
def pay_stands() -> Iterator[list[Stand]]:
    """Those that a site can choose, with Stripe's twin running."""
    with stripe_twin(SystemClock()) as twin:
        secrets = {"webhook_secrets": [ACCOUNT_SECRET], "connect_webhook_secrets": [CONNECT_SECRET]}
        table = {"secret_key": KEY, "api_base": twin.url, **secrets}
        yield [
            Stand("sandbox", "payments_sandbox", hands=SandboxHands()),
            Stand("stripe", "payments_stripe", table, TwinHands(twin)),
        ]
        assert twin.wrong == []
