"""The Stripe provider at localstripe, a stateful stand-in that others wrote, for what that can do.

It can't: prices, checkout sessions, the customer's page, accounts and their links, balances, disputes, idempotency
keys (a repeated refund is a second one), what is left of a payment (a second refund of the rest gives back the whole),
payments of an invoice. All of that is held to Stripe's own description (test_calls) and to a twin that keeps state
(test_twin). People's part is played by plain requests.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio
from aiohttp import web
from stripe_support import KEY, provider_at

from aethex_live.providers import NotFound, Unavailable
from aethex_live.providers.payments import Money
from aethex_live.providers.signatures import check_stamped
from aethex_live.providers.webhooks import WebhookRejected
from sites import free_port

pytestmark = pytest.mark.slow
SECRET = "whsec_localstripe"
START_S = 30.0
# its own command listens on every interface
SERVE = """
import sys
from aiohttp import web
from localstripe.server import app
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""
CARD = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2034", "cvc": "123"}


@pytest_asyncio.fixture
async def address(tmp_path: Any) -> AsyncIterator[str]:
    """A server of its own, in a process of its own."""
    port, quiet = free_port(), asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SERVE, str(port)), stdout=quiet, stderr=quiet, env={"TMPDIR": str(tmp_path)}
    )
    try:
        async with asyncio.timeout(START_S):
            while not await _answers(port):
                assert process.returncode is None, f"localstripe ended with {process.returncode}"
                await asyncio.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


@pytest_asyncio.fixture
async def provider(address: str) -> AsyncIterator[Any]:
    made = provider_at(address)
    yield made
    await made.aclose()


@pytest_asyncio.fixture
async def people(address: str) -> AsyncIterator[People]:
    async with httpx.AsyncClient(base_url=address, auth=(KEY, ""), timeout=20) as client:
        yield People(client)


class People:
    """What people and Stripe's pages do, by plain requests."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def ask(self, path: str, **form: str) -> dict[str, Any]:
        answer = await self.client.post(path, data=form)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def card(self, customer: str) -> str:
        """A good card of a customer."""
        number = await self.ask("/v1/payment_methods", type="card", **{f"card[{k}]": v for k, v in CARD.items()})
        await self.ask(f"/v1/payment_methods/{number['id']}/attach", customer=customer)
        return str(number["id"])

    async def tip(self, customer: str, amount: int) -> str:
        """A payment that went through."""
        form = {"payment_method": await self.card(customer), "confirm": "true", "metadata[ref]": "order-1"}
        paid = await self.ask("/v1/payment_intents", customer=customer, amount=str(amount), currency="eur", **form)
        assert paid["status"] == "succeeded"
        return str(paid["id"])

    async def subscribe(self, customer: str) -> str:
        """A subscription that is paid; it has plans where Stripe has prices."""
        plan = {"amount": "500", "currency": "eur", "interval": "month", "product[name]": "Fan", "id": "fan"}
        await self.ask("/v1/plans", **plan)
        card = await self.card(customer)
        await self.ask(f"/v1/customers/{customer}", **{"invoice_settings[default_payment_method]": card})
        made = {"customer": customer, "items[0][plan]": "fan", "metadata[ref]": "order-2"}
        return str((await self.ask("/v1/subscriptions", **made))["id"])


async def test_a_tip_is_refunded_in_parts(provider: Any, people: People) -> None:
    customer = await provider.ensure_customer(ref="fan-1", email="fan@example.org")
    assert await provider.ensure_customer(ref="fan-1", email="fan@example.org") == customer
    assert await provider.ensure_customer(ref="fan-2", email=None) != customer
    payment = await people.tip(customer, 1000)
    first = await provider.refund(payment, Money(300, "eur"), reverse_split=False, idempotency_key="1")
    rest = await provider.refund(payment, Money(700, "eur"), reverse_split=True, idempotency_key="2")
    assert first != rest
    kept = (await people.client.get("/v1/refunds")).json()["data"]
    assert {row["id"]: row["amount"] for row in kept} == {first: 300, rest: 700}
    with pytest.raises(NotFound):
        await provider.refund("pi_none", None, reverse_split=True, idempotency_key="3")


async def test_a_subscription_is_read_and_cancelled(provider: Any, people: People) -> None:
    number = await people.subscribe(await provider.ensure_customer(ref="fan-1", email="fan@example.org"))
    begun = await provider.get_subscription(number)
    assert (begun.status, begun.ref, begun.ends_at_period_end) == ("active", "order-2", False)
    assert (await provider.cancel_subscription(number)).ends_at_period_end
    for _ in range(2):
        assert (await provider.cancel_subscription(number, at_period_end=False)).status == "ended"
    with pytest.raises(NotFound):
        await provider.get_subscription("sub_none")


async def test_a_payout_is_made(provider: Any) -> None:
    assert await provider.pay_out("acct_1", Money(500, "eur"), idempotency_key="1")


async def test_what_it_has_not_is_told_as_a_vendor_that_fails(provider: Any) -> None:
    """An unknown path answers plain text, which no vendor's library expects."""
    with pytest.raises(Unavailable):
        await provider.ensure_price(ref="fan", name="Fan", price=Money(500, "eur"), every="month")
    with pytest.raises(Unavailable):
        await provider.balance("acct_1")


async def test_its_webhooks_pass_our_check_and_no_other_secret_fits(provider: Any, people: People) -> None:
    # Given a place where it posts to
    told: list[tuple[str, bytes]] = []

    async def take(request: web.Request) -> web.Response:
        told.append((request.headers["Stripe-Signature"], await request.read()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        await people.client.post("/_config/webhooks/site", data={"url": url, "secret": SECRET})
        # When somebody subscribes
        await people.subscribe(await provider.ensure_customer(ref="fan-1", email="fan@example.org"))
        async with asyncio.timeout(20):
            while len(told) < 3:
                await asyncio.sleep(0.05)
    finally:
        await runner.cleanup()
    # Then each is signed as Stripe signs
    for header, body in told:
        check_stamped(header, body, [SECRET], datetime.now(UTC))
        with pytest.raises(WebhookRejected):
            check_stamped(header, body, ["whsec_another"], datetime.now(UTC))
        with pytest.raises(WebhookRejected):
            check_stamped(header, body + b" ", [SECRET], datetime.now(UTC))
