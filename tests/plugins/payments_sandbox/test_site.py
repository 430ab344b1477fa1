"""The sandbox on a site: its pages without JavaScript, the operator's page, and that it is not there by chance."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from aethex_live.models import AuditEntry, WebhookEvent
from aethex_live.providers.payments import CheckoutSpec, Money, Split
from aethex_plugins.payments_sandbox.models import Dispute, Notice, Payment
from sites import LiveSite, OpenSite

OFF = {"streaming": "none"}


@pytest.fixture
def settings():
    return {"providers": {**OFF, "payments": ["sandbox"]}, "disable": ("stream_local",)}


def sandbox(site: LiveSite):
    site.platform.db.bind()
    provider = site.platform.providers.payments()
    assert provider is not None
    return provider


def spec(site: LiveSite, **more) -> CheckoutSpec:
    values = {
        "ref": "order-1",
        "description": "A tip for <nova>",
        "success_url": f"{site.url}?paid=1",
        "cancel_url": f"{site.url}?left=1",
        "amount": Money(1230, "eur"),
    }
    return CheckoutSpec(**(values | more))


CARD = {"number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"}


def path(url: str) -> str:
    return urlsplit(url).path


async def test_by_default_no_site_has_pretend_money(open_site: OpenSite):
    site = await open_site(providers=OFF, disable=("stream_local",))
    operator = await site.operator()
    assert site.platform.providers.payments() is None
    assert site.platform.providers.payments("sandbox") is None
    assert (await operator.get("/p/payments_sandbox/control")).status == 404
    assert "Payment sandbox" not in (await operator.get("/admin/plugins")).text.split("</nav>")[0]


async def test_a_guest_pays_on_the_page_and_comes_back(open_site: OpenSite, settings):
    # Given a checkout
    site = await open_site(**settings)
    provider, guest = sandbox(site), await site.browser()
    checkout = await provider.create_checkout(spec(site), idempotency_key="1")
    page = await guest.get(path(checkout.url))
    assert page.status == 200
    assert "No real money" in page.text
    assert "€12.30" in page.text
    assert "A tip for &lt;nova&gt;" in page.text
    # When a card is declined, then the page says so and shows no number again
    declined = await guest.submit(path(checkout.url), **CARD | {"number": "4000000000000002"})
    assert declined.status == 402
    assert "The card was declined" in declined.text
    assert 'value="4000' not in declined.text
    # When a number is no sandbox card, then nothing is tried
    wrong = await guest.submit(path(checkout.url), **CARD | {"number": "4111 1111 1111 1111"})
    assert (wrong.status, "4111" in wrong.text) == (422, False)
    # When the card is good, then the browser goes back to the site
    paid = await guest.submit(path(checkout.url), **CARD)
    assert (paid.status, paid.url) == (200, f"{site.url}?paid=1")
    assert (await provider.get_checkout(checkout.id)).status == "complete"
    again = await guest.get(path(checkout.url))
    assert "This is paid" in again.text
    assert (await guest.submit(path(checkout.url), page="/sign-in", **CARD)).status == 409
    assert await Payment.filter(state="succeeded").count() == 1


async def test_a_payment_is_told_through_the_sites_own_receiver(open_site: OpenSite, settings):
    # Given a checkout that somebody pays on its page
    site = await open_site(**settings)
    provider, guest = sandbox(site), await site.browser()
    checkout = await provider.create_checkout(spec(site), idempotency_key="1")
    assert (await guest.submit(path(checkout.url), **CARD)).status == 200
    # When the vendor's events have come over the network and are handled
    for _ in range(2):  # what was posted is stored first, and handled then
        await site.platform.jobs.settle(20)
    # Then the inbox has them, and the platform knows what was paid, once
    arrived = await Notice.get()
    assert (arrived.arrived, arrived.answer) == (1, "204")
    stored = await WebhookEvent.get(kind="payments", provider="sandbox")
    assert (stored.type, stored.state) == ("payment.completed", "done")
    told = await site.platform.db.fetch("select payload from core_event where type = 'provider.told'")
    assert [(row["payload"]["told"], row["payload"]["data"]["amount"]) for row in told] == [("payment.completed", 1230)]
    # and the operator sees the event in the inbox
    operator = await site.operator()
    assert "payment.completed" in (await operator.get("/admin/webhooks")).text


async def test_the_bank_asks_on_a_page_of_its_own(open_site: OpenSite, settings):
    site = await open_site(**settings)
    provider, guest = sandbox(site), await site.browser()
    checkout = await provider.create_checkout(spec(site), idempotency_key="1")
    asked = await guest.submit(path(checkout.url), **CARD | {"number": "4000 0025 0000 3155"})
    assert asked.url.endswith("/bank")
    refused = await guest.submit(path(asked.url), answer="no")
    assert (refused.status, "nothing was paid" in refused.text) == (402, True)
    await guest.submit(path(checkout.url), **CARD | {"number": "4000 0025 0000 3155"})
    assert (await guest.submit(path(asked.url), answer="yes")).url == f"{site.url}?paid=1"


async def test_a_customer_changes_the_card_and_cancels(open_site: OpenSite, settings):
    site = await open_site(**settings)
    provider, fan = sandbox(site), await site.browser()
    customer = await provider.ensure_customer(ref="ada", email="ada@example.org")
    price = await provider.ensure_price(ref="fan", name="Fan of nova", price=Money(500, "eur"), every="month")
    order = spec(site, amount=None, price=price, customer=customer)
    checkout = await provider.create_checkout(order, idempotency_key="1")
    assert "a month" in (await fan.get(path(checkout.url))).text
    await fan.submit(path(checkout.url), **CARD)
    subscription = (await provider.get_checkout(checkout.id)).subscription
    portal = path(await provider.portal_url(customer, return_url=site.url))
    page = await fan.get(portal)
    assert "Fan of nova" in page.text
    cancelled = await fan.submit(f"{portal}/subscriptions/{subscription}", page=portal, act="cancel")
    assert "Keep it" in cancelled.text
    assert (await provider.get_subscription(subscription)).ends_at_period_end
    kept = await fan.submit(f"{portal}/subscriptions/{subscription}", page=portal, act="resume")
    assert "renews" in kept.text
    assert (await fan.submit(f"{portal}/card", page=portal, **CARD | {"cvc": "x"})).status == 422
    assert (await fan.submit(f"{portal}/card", page=portal, **CARD)).status == 200
    # an address of minutes
    await provider.advance(timedelta(minutes=11))
    assert (await fan.get(portal)).status == 404


async def test_a_creator_gives_what_is_due_once(open_site: OpenSite, settings):
    site = await open_site(**settings)
    provider, creator = sandbox(site), await site.browser()
    payee = await provider.create_payee(ref="c", country="DE", email="c@example.org", idempotency_key="1")
    address = path(
        await provider.onboarding_url(payee.id, return_url=f"{site.url}?in=1", refresh_url=f"{site.url}?new=1")
    )
    assert "bank account" in (await creator.get(address)).text
    wrong = await creator.submit(address, name="Ada", birthday="1990-12-31", bank="DE02 1234")
    assert wrong.status == 422
    assert (await provider.get_payee(payee.id)).due
    given = await creator.submit(address, name="Ada", birthday="1990-12-31", bank="000123456789")
    assert given.url == f"{site.url}?in=1"
    assert (await provider.get_payee(payee.id)).can_pay_out
    assert (await creator.get(address)).url == f"{site.url}?new=1"


async def test_the_operator_moves_the_world_and_it_is_audited(open_site: OpenSite, settings):
    # Given a payment that a creator gets, and an operator
    site = await open_site(**settings)
    provider, guest, operator = sandbox(site), await site.browser(), await site.operator()
    payee = await provider.create_payee(ref="c", country="DE", email="c@example.org", idempotency_key="1")
    link = path(await provider.onboarding_url(payee.id, return_url=site.url, refresh_url=site.url))
    await guest.submit(link, name="Ada", birthday="1990-12-31", bank="000123456789")
    order = spec(site, split=Split(payee=payee.id, fee=Money(30, "eur")))
    checkout = await provider.create_checkout(order, idempotency_key="1")
    await guest.submit(path(checkout.url), **CARD)
    control = "/p/payments_sandbox/control"

    async def do(where: str, **fields: str) -> str:
        answer = await operator.submit(f"{control}{where}", page=control, **fields)
        assert answer.status == 200, answer.text
        return answer.text

    # When the operator does what time, banks and vendors do
    assert "Kept back" in await do("/hold", act="hold")
    payment = (await provider.get_checkout(checkout.id)).payment
    await do(f"/payments/{payment}")
    assert "1 event waits" in (await operator.get(control)).text
    await do(f"/disputes/{(await Dispute.get()).id}", act="won")
    await do("/hold", act="shuffled")
    await do(f"/events/{(await Notice.all().first()).event_id}", times="5")
    await do(f"/payees/{payee.id}")
    await do("/clock", step="week")
    assert "FRIENDS" in await do("/codes", code="friends", percent_off="25")
    assert "Turn on" in await do("/codes/FRIENDS")
    # Then it is so, and written down
    assert not (await provider.get_payee(payee.id)).can_pay_out
    assert (await provider.balance(payee.id)).available == {"eur": 1200}
    acts = [entry.action async for entry in AuditEntry.filter(action__startswith="payments_sandbox.").order_by("id")]
    assert [act.removeprefix("payments_sandbox.") for act in acts] == [
        "webhooks.hold",
        "dispute.opened",
        "dispute.won",
        "webhooks.shuffled",
        "event.sent_again",
        "payee.asked",
        "clock.moved",
        "code.added",
        "code.switched",
    ]
    bad = await operator.submit(f"{control}/codes", page=control, code="!", percent_off="25")
    assert bad.status == 422
    assert (await operator.submit(f"{control}/clock", page=control, step="century")).status == 422
    assert (await (await site.member("ada")).get(control)).status == 403


async def test_addresses_that_lead_nowhere_are_not_found(open_site: OpenSite, settings):
    site = await open_site(**settings)
    guest = await site.browser()
    for address in ("/pay/co_none", "/pay/co_none/bank", "/portal/none", "/onboarding/none"):
        assert (await guest.get(f"/p/payments_sandbox{address}")).status == 404


async def test_a_form_of_another_site_pays_nothing(open_site: OpenSite, settings):
    site = await open_site(**settings)
    provider, guest = sandbox(site), await site.browser()
    checkout = await provider.create_checkout(spec(site), idempotency_key="1")
    answer = await guest.ask("POST", path(checkout.url), data=CARD)
    assert answer.status == 403
    assert (await provider.get_checkout(checkout.id)).status == "open"


async def test_pages_are_kept_from_searchers_and_say_what_they_are(open_site: OpenSite, settings):
    site = await open_site(**settings)
    checkout = await sandbox(site).create_checkout(spec(site), idempotency_key="1")
    page = await (await site.browser()).get(path(checkout.url))
    assert re.search(r'<meta name="robots" content="noindex">', page.text)
    assert page.text.count('autocomplete="off"') >= 3
