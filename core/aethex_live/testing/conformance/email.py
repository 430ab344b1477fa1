"""Conformance kit of e-mail providers."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Protocol
from uuid import uuid4

import pytest

from aethex_live.providers import Invalid
from aethex_live.providers.email import Batching, Email, EmailProvider, MailCap
from aethex_live.providers.webhooks import TYPES, ProviderEvent, Receiving, WebhookRejected, WebhookRequest
from aethex_live.testing.conformance._needs import has, need

Arrived = Callable[[], Awaitable[Sequence[Email]]]

MALFORMED = ("", "nobody", "a@", "@b.org", "a b@c.org", "a@c.org\nBcc: x@y.org", "a@b@c.org", "a@b..org", "a,b@c.org")
SMUGGLED = {
    "subject": Email(to="person@example.org", subject="Hello\r\nBcc: x@y.org", text="Hello."),
    "subject, by another line end": Email(to="person@example.org", subject="Hello\u2028Bcc: x@y.org", text="Hello."),
    "reply_to": Email(to="person@example.org", subject="Hello", text="Hello.", reply_to="a@b.org\nBcc: x@y.org"),
    "header": Email(to="person@example.org", subject="Hello", text="Hello.", headers={"X-A": "b\r\nBcc: x@y.org"}),
    "header name": Email(to="person@example.org", subject="Hello", text="Hello.", headers={"X-A: b\nBcc": "x@y.org"}),
    "a head of its own": Email(to="person@example.org", subject="Hello", text="Hello.", headers={"Bcc": "x@y.org"}),
    "another sender": Email(to="person@example.org", subject="Hello", text="Hello.", headers={"from": "x@y.org"}),
}


class MailVendor(Protocol):
    """The other side of a provider that hears of its mails."""

    def tell(
        self, event_type: str, mail_id: str, *, age: timedelta = timedelta(0), foreign: bool = False
    ) -> WebhookRequest:
        """The request that tells one of TYPES["email"] of a mail that was taken, signed so long ago.

        `foreign`: signed with a key that is not the vendor's. Each call is an event of its own.
        """
        ...


class EmailConformance:
    """What every e-mail provider does.

    Override `provider`; `to` where only some addresses may be used, `vendor` for a provider that declares EVENTS, and
    `arrived` where the test can see what the other side took.
    """

    @pytest.fixture
    def provider(self) -> EmailProvider:
        """The provider under test."""
        raise NotImplementedError("override the fixture `provider`")

    @pytest.fixture
    def to(self) -> str:
        """An address that the provider may write to."""
        return "person@example.org"

    @pytest.fixture
    def key(self) -> str:
        """An idempotency key that was never used."""
        return uuid4().hex

    @pytest.fixture
    def vendor(self) -> MailVendor | None:
        """Who tells what became of mails."""
        return None

    @pytest.fixture
    def arrived(self) -> Arrived | None:
        """All mails that the other side took, oldest first; None leaves out what can't be seen."""
        return None

    # --- one mail

    async def test_a_mail_is_taken_and_gets_an_id(
        self, provider: EmailProvider, to: str, key: str, arrived: Arrived | None
    ) -> None:
        mail = Email(to=to, subject="Hello", text="Hello there.", html="<p>Hello there.</p>")
        assert await provider.send(mail, idempotency_key=key)
        await assert_arrived(arrived, mail)

    async def test_a_mail_needs_no_more_than_text(self, provider: EmailProvider, to: str, key: str) -> None:
        assert await provider.send(Email(to=to, subject="Hello", text="Hello."), idempotency_key=key)

    async def test_any_language_may_stand_in_it(
        self, provider: EmailProvider, to: str, key: str, arrived: Arrived | None
    ) -> None:
        mail = Email(to=to, subject="Grüße 🎉 你好", text="Ça va ? ✓", headers={"X-Topic": "tests"}, reply_to=to)
        assert await provider.send(mail, idempotency_key=key)
        await assert_arrived(arrived, mail)

    async def test_headers_and_the_address_for_replies_go_along(
        self, provider: EmailProvider, to: str, key: str, arrived: Arrived | None
    ) -> None:
        headers = {
            "List-Unsubscribe": "<https://example.org/" + "u" * 300 + ">, <mailto:stop@example.org?subject=stop>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        }
        mail = Email(to=to, subject="News", text="News.", headers=headers, reply_to="help@example.org")
        assert await provider.send(mail, idempotency_key=key)
        await assert_arrived(arrived, mail)

    async def test_lines_of_every_kind_stay_text(
        self, provider: EmailProvider, to: str, key: str, arrived: Arrived | None
    ) -> None:
        """A dot alone on a line ends a mail on the wire; lines without end break it."""
        mail = Email(to=to, subject="Dots", text="one\n.\n..\nMAIL FROM:<x@y.org>\n" + "x" * 5000 + "\nlast")
        assert await provider.send(mail, idempotency_key=key)
        await assert_arrived(arrived, mail)

    async def test_what_nobody_can_encode_is_no_failure(self, provider: EmailProvider, to: str, key: str) -> None:
        mail = Email(to=to, subject="Odd", text="a\0b\ud800c\rd", html="<p>\ud800\0</p>")
        assert await provider.send(mail, idempotency_key=key)

    @pytest.mark.parametrize("address", MALFORMED)
    async def test_a_malformed_address_is_refused(
        self, provider: EmailProvider, key: str, address: str, arrived: Arrived | None
    ) -> None:
        with pytest.raises(Invalid) as refused:
            await provider.send(Email(to=address, subject="Hello", text="Hello."), idempotency_key=key)
        assert not address or address not in str(refused.value), "errors end up in logs"
        assert arrived is None or not await arrived()

    @pytest.mark.parametrize("mail", SMUGGLED.values(), ids=SMUGGLED)
    async def test_no_line_can_be_smuggled_into_the_head(
        self, provider: EmailProvider, key: str, mail: Email, arrived: Arrived | None
    ) -> None:
        with pytest.raises(Invalid):
            await provider.send(mail, idempotency_key=key)
        assert arrived is None or not await arrived()

    @pytest.mark.parametrize("key", ["", "x" * 201, "a\r\nX-Head: b", "ä"])
    async def test_a_malformed_key_is_refused(self, provider: EmailProvider, to: str, key: str) -> None:
        with pytest.raises(Invalid):
            await provider.send(Email(to=to, subject="Hello", text="Hello."), idempotency_key=key)

    # --- capabilities

    async def test_what_is_declared_is_there(self, provider: EmailProvider, vendor: MailVendor | None) -> None:
        if has(provider, MailCap.BATCH):
            assert isinstance(provider, Batching), "BATCH is declared: it needs send_many"
        if has(provider, MailCap.TAGS):
            assert has(provider, MailCap.EVENTS), "TAGS come back in events: without EVENTS nobody sees them"
        if has(provider, MailCap.EVENTS):
            assert isinstance(provider, Receiving), "EVENTS is declared: it needs parse_webhook"
            assert vendor is not None, "EVENTS is declared: override the fixture `vendor`, so that it is proved"

    async def test_a_key_is_one_mail(self, provider: EmailProvider, to: str, key: str, arrived: Arrived | None) -> None:
        need(provider, MailCap.IDEMPOTENT)
        mail = Email(to=to, subject="Once", text="Once.")
        first = await provider.send(mail, idempotency_key=key)
        assert await provider.send(mail, idempotency_key=key) == first
        assert arrived is None or len(await arrived()) == 1
        assert await provider.send(mail, idempotency_key=key + "-other") != first
        assert arrived is None or len(await arrived()) == 2

    async def test_many_mails_go_in_one_call(
        self, provider: EmailProvider, to: str, key: str, arrived: Arrived | None
    ) -> None:
        batching = needs_batching(provider)
        mails = [Email(to=to, subject=f"Mail {number}", text=f"Number {number}.") for number in range(100)]
        ids = await batching.send_many(mails, idempotency_key=key)
        assert len(ids) == len(set(ids)) == 100
        assert arrived is None or [mail.subject for mail in await arrived()] == [mail.subject for mail in mails]
        assert list(await batching.send_many([], idempotency_key=key + "-none")) == []

    async def test_a_batch_is_all_or_nothing(
        self, provider: EmailProvider, to: str, key: str, arrived: Arrived | None
    ) -> None:
        batching = needs_batching(provider)
        good, bad = Email(to=to, subject="Good", text="Good."), Email(to="nobody", subject="Bad", text="Bad.")
        for mails in ([good, bad], [good] * 101):
            with pytest.raises(Invalid):
                await batching.send_many(mails, idempotency_key=key)
        assert arrived is None or not await arrived()

    async def test_the_key_of_a_batch_is_one_batch(
        self, provider: EmailProvider, to: str, key: str, arrived: Arrived | None
    ) -> None:
        need(provider, MailCap.IDEMPOTENT)
        batching = needs_batching(provider)
        mails = [Email(to=to, subject=f"Mail {number}", text="Once.") for number in range(3)]
        first = await batching.send_many(mails, idempotency_key=key)
        assert list(await batching.send_many(mails, idempotency_key=key)) == list(first)
        assert arrived is None or len(await arrived()) == 3

    # --- what comes back

    async def test_tags_come_back_with_what_is_told(
        self, provider: EmailProvider, to: str, key: str, vendor: MailVendor | None
    ) -> None:
        need(provider, MailCap.TAGS)
        tags = {"ref": uuid4().hex, "topic": "welcome"}
        mail_id = await provider.send(Email(to=to, subject="Tagged", text="Tagged.", tags=tags), idempotency_key=key)
        event = heard(provider, vendor, "email.delivered", mail_id)
        assert event.ref == tags["ref"]
        assert event.data["tags"] == tags

    @pytest.mark.parametrize("tag", ["", "two words", "a:b", "ä", "x" * 257, "a\n"])
    async def test_a_tag_is_one_short_word(self, provider: EmailProvider, to: str, key: str, tag: str) -> None:
        for tags in ({"ref": tag}, {tag: "ref"}):
            with pytest.raises(Invalid):
                await provider.send(Email(to=to, subject="Tagged", text="T.", tags=tags), idempotency_key=key)

    @pytest.mark.parametrize("event_type", sorted(TYPES["email"]))
    async def test_what_became_of_a_mail_is_told(
        self, provider: EmailProvider, to: str, key: str, vendor: MailVendor | None, event_type: str
    ) -> None:
        need(provider, MailCap.EVENTS)
        mail_id = await provider.send(Email(to=to, subject="Told", text="Told."), idempotency_key=key)
        event = heard(provider, vendor, event_type, mail_id)
        assert (event.type, event.subject) == (event_type, mail_id)
        assert event.occurred_at.tzinfo is not None
        if event_type == "email.delivered":
            assert to not in repr(event), "nobody needs the address of who got a mail"
        else:
            assert event.data["address"] == to

    async def test_an_event_has_one_id_however_often_it_is_told(
        self, provider: EmailProvider, to: str, key: str, vendor: MailVendor | None
    ) -> None:
        need(provider, MailCap.EVENTS)
        assert isinstance(provider, Receiving)
        assert vendor is not None
        mail_id = await provider.send(Email(to=to, subject="Told", text="Told."), idempotency_key=key)
        request = vendor.tell("email.bounced", mail_id)
        [first], [again] = provider.parse_webhook(request), provider.parse_webhook(request)
        [other] = provider.parse_webhook(vendor.tell("email.bounced", mail_id))
        assert first == again
        assert other.id != first.id

    async def test_only_what_the_vendor_says_now_is_believed(
        self, provider: EmailProvider, to: str, key: str, vendor: MailVendor | None
    ) -> None:
        need(provider, MailCap.EVENTS)
        assert isinstance(provider, Receiving)
        assert vendor is not None
        mail_id = await provider.send(Email(to=to, subject="Told", text="Told."), idempotency_key=key)
        genuine = vendor.tell("email.bounced", mail_id)
        changed = dataclasses.replace(genuine, body=genuine.body.replace(mail_id.encode()[:6], b"stolen", 1))
        assert changed.body != genuine.body
        cases = {
            "signature": [changed, vendor.tell("email.bounced", mail_id, foreign=True)],
            "missing": [dataclasses.replace(genuine, headers={})],
            "stale": [
                vendor.tell("email.bounced", mail_id, age=timedelta(minutes=6)),
                vendor.tell("email.bounced", mail_id, age=-timedelta(minutes=6)),
            ],
        }
        for reason, requests in cases.items():
            for request in requests:
                with pytest.raises(WebhookRejected) as rejected:
                    provider.parse_webhook(request)
                assert rejected.value.reason == reason
        assert provider.parse_webhook(genuine)


def needs_batching(provider: EmailProvider) -> Batching:
    """The provider, where it declares BATCH; else the test is skipped."""
    need(provider, MailCap.BATCH)
    assert isinstance(provider, Batching)
    return provider


def heard(provider: EmailProvider, vendor: MailVendor | None, event_type: str, mail_id: str) -> ProviderEvent:
    """The one event that the provider reads out of what the vendor tells."""
    assert isinstance(provider, Receiving)
    assert vendor is not None, "override the fixture `vendor`"
    [event] = provider.parse_webhook(vendor.tell(event_type, mail_id))
    return event


async def assert_arrived(arrived: Arrived | None, mail: Email) -> None:
    """The other side took this mail alone, unchanged."""
    if arrived is None:
        return
    [taken] = await arrived()
    assert (taken.to, taken.subject, taken.reply_to) == (mail.to, mail.subject, mail.reply_to)
    assert taken.text.split("\n") == mail.text.split("\n")
    assert taken.html == mail.html
    assert dict(taken.headers) == dict(mail.headers)
