"""Send, send many, hear of bounces: the same text on every e-mail provider, and the provider switched half-way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urljoin
from uuid import uuid4

import pytest
import pytest_asyncio
from mail_stands import InMemory, mail_stands
from swap_kit import CHEAP, House, Stand, again, post, until

from aethex_live.models import MailStop
from aethex_live.providers import Invalid, Kind, Offer
from aethex_live.providers.email import Batching, Email, EmailProvider, MailCap
from aethex_live.providers.webhooks import Receiving
from aethex_live.testing.fakes import FakeEmail
from mail_sites import link_in, mail_about
from sites import PASSWORD, Browser, LiveSite
from swap_report import Steps

PROVIDERS = ("outbox", "smtp", "resend", "sendgrid", "fake")
SWITCHES = [
    ("outbox", "smtp"),
    ("smtp", "outbox"),
    ("outbox", "resend"),
    ("resend", "outbox"),
    ("resend", "sendgrid"),
    ("sendgrid", "resend"),
]
SETTINGS: Mapping[str, Any] = {"plugins": {"auth_local": CHEAP | {"verify_email": "required"}}}


@pytest_asyncio.fixture(scope="module")
async def house(database_copy: Any, tmp_path_factory: Any) -> AsyncIterator[House]:
    """A site with every e-mail provider set up, the one in memory among them."""
    dsn, folder = await database_copy(), tmp_path_factory.mktemp("swap")
    async with mail_stands() as stands, House("email", dsn, folder, stands) as made:
        site, fake = await made.start("outbox"), FakeEmail()
        site.platform.providers.install("email_outbox", Kind.EMAIL, Offer("fake", lambda: fake), announced=True)
        made.stands = [*stands, Stand("fake", "", hands=InMemory(fake))]
        yield made


class Desk:
    """What is sent by one provider."""

    def __init__(self, provider: Any, hands: Any) -> None:
        self.provider, self.hands = provider, hands
        self.to = f"ada-{uuid4().hex[:8]}@example.net"
        self.sent = ""

    def mail(self, subject: str) -> Email:
        headers = {"List-Unsubscribe": "<https://site.example/stop>"}
        return Email(to=self.to, subject=subject, text="Grüße, Ada.", html="<p>Grüße, Ada.</p>", headers=headers)

    async def got(self, subject: str) -> Sequence[Email]:
        return [mail for mail in await self.hands.arrived() if (mail.to, mail.subject) == (self.to, subject)]

    async def send(self) -> None:
        assert isinstance(self.provider, EmailProvider)
        self.sent = await self.provider.send(self.mail("Hello"), idempotency_key=uuid4().hex)
        assert self.sent
        [mail] = await self.got("Hello")
        assert (mail.text, mail.headers["List-Unsubscribe"]) == ("Grüße, Ada.", "<https://site.example/stop>")

    async def send_again(self) -> None:
        key = uuid4().hex
        first = await self.provider.send(self.mail("Once"), idempotency_key=key)
        assert await self.provider.send(self.mail("Once"), idempotency_key=key) == first
        assert len(await self.got("Once")) == 1

    async def send_many(self) -> None:
        assert isinstance(self.provider, Batching)
        mails = [self.mail("First of many"), self.mail("Second of many")]
        ids = await self.provider.send_many(mails, idempotency_key=uuid4().hex)
        assert len(set(ids)) == 2
        assert len(await self.got("First of many")) == len(await self.got("Second of many")) == 1

    async def refuse(self) -> None:
        with pytest.raises(Invalid):
            await self.provider.send(Email(to="nobody", subject="x", text="y"), idempotency_key=uuid4().hex)

    async def tag(self) -> None:
        assert isinstance(self.provider, Receiving)
        mail = Email(to=self.to, subject="Tagged", text="y", tags={"ref": "order-1"})
        sent = await self.provider.send(mail, idempotency_key=uuid4().hex)
        [event] = self.provider.parse_webhook(self.hands.tell("email.delivered", sent))
        assert event.data["tags"] == {"ref": "order-1"}

    async def hear(self) -> None:
        assert isinstance(self.provider, Receiving)
        for kind in ("email.delivered", "email.bounced", "email.complained"):
            [event] = self.provider.parse_webhook(self.hands.tell(kind, self.sent))
            assert event.type == kind
            assert event.data.get("address", self.to) == self.to
            assert "address" in event.data or kind == "email.delivered"

    async def keep(self) -> None:
        assert MailCap.KEPT in self.provider.capabilities
        assert await self.got("Hello")


@pytest.mark.parametrize("name", PROVIDERS)
async def test_a_mail_goes_by_any_provider(house: House, name: str, steps_of: Callable[..., Steps]) -> None:
    assert house.site is not None
    provider = house.site.platform.providers.email(name)
    steps, desk = steps_of("email", provider), Desk(provider, house.stand(name).hands)
    await steps.take("send", desk.send)
    await steps.take("refuse a malformed address", desk.refuse)
    await steps.take("send once for a key", desk.send_again, MailCap.IDEMPOTENT)
    await steps.take("send many at once", desk.send_many, MailCap.BATCH)
    await steps.take("tags come back", desk.tag, MailCap.TAGS, MailCap.EVENTS)
    await steps.take("hear of bounces and complaints", desk.hear, MailCap.EVENTS)
    await steps.take("show the operator what was sent", desk.keep, MailCap.KEPT)
    steps.rest(MailCap)


@pytest.mark.parametrize(("old", "new"), SWITCHES)
async def test_the_mail_provider_is_switched_half_way(
    old: str, new: str, whole_dsn: Any, tmp_path: Any, steps_of: Callable[..., Steps]
) -> None:
    dsn = await whole_dsn()
    async with mail_stands() as stands, House("email", dsn, tmp_path, stands, SETTINGS) as house:
        await _switch(house, old, new, steps_of)


async def _switch(house: House, old: str, new: str, steps_of: Callable[..., Steps]) -> None:
    before, after = house.stand(old).hands, house.stand(new).hands
    # Given two people whose mails went by one provider
    site = await house.start(old)
    steps = steps_of("email", site.platform.providers.email(), f"{old} -> {new}")
    ada = await _sign_up(site, "ada")
    grace = await _sign_up(site, "grace")
    assert {mail.to for mail in await before.arrived()} == {"ada@example.net", "grace@example.net"}

    # When the site starts with another one chosen
    site = await house.start(new)
    ada, grace = await again(site, ada), await again(site, grace)
    # Then links of mails of before work, and new mails go by the new one
    await steps.take("links of old mails work", lambda: _confirm(before, ada, "ada@example.net"))
    await steps.take("new mails go by the new one", lambda: _forget(site, before, after, "ada@example.net"))
    # and what the old one tells of its mails counts for the new one
    await _confirm(before, grace, "grace@example.net")
    bounced = partial(_bounce, site, house.stand(old), after, "grace@example.net")
    await steps.take("a bounce at the old one stops mails of the new one", bounced, MailCap.EVENTS)


async def _sign_up(site: LiveSite, name: str) -> Browser:
    browser = await site.browser()
    answer = await browser.submit("/sign-up", username=name, email=f"{name}@example.net", password=PASSWORD)
    assert answer.status == 200, answer.text
    await site.platform.jobs.settle()
    return browser


async def _confirm(hands: Any, browser: Browser, to: str) -> None:
    [mail] = [mail for mail in await hands.arrived() if mail.to == to and "Confirm" in mail.subject]
    link = link_in(mail)
    done = await browser.submit(link.partition("?")[0], page=link, t=link.partition("t=")[2])
    assert done.status == 200, done.text
    assert (await browser.api("GET", "/me")).json()["email"] == to


async def _forget(site: LiveSite, before: Any, after: Any, to: str) -> None:
    visitor = await site.browser()
    await visitor.submit("/p/auth_local/forgot", email=to)
    assert (await mail_about(after.arrived, "A new password")).to == to
    assert not [mail for mail in await before.arrived() if "A new password" in mail.subject]


async def _bounce(site: LiveSite, old: Stand, after: Any, to: str) -> None:
    [sent] = [number for number, address in old.hands.to.items() if address == to]
    request = old.hands.tell("email.bounced", sent)
    await post(urljoin(site.url, f"webhooks/email/{old.name}"), request.body, request.headers)
    await until(MailStop.filter(provider=old.name).exists)
    visitor = await site.browser()
    await visitor.submit("/p/auth_local/forgot", email=to)
    await site.platform.jobs.settle()
    assert not [mail for mail in await after.arrived() if mail.to == to]
