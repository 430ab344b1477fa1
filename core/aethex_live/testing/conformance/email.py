"""Conformance kit of e-mail providers."""

from __future__ import annotations

from uuid import uuid4

import pytest

from aethex_live.providers import Invalid
from aethex_live.providers.email import Email, EmailProvider, MailCap
from aethex_live.testing.conformance._needs import need


class EmailConformance:
    """What every e-mail provider does. Override `provider`; `to` where only some addresses may be used."""

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

    async def test_a_mail_is_taken_and_gets_an_id(self, provider: EmailProvider, to: str, key: str) -> None:
        mail = Email(to=to, subject="Hello", text="Hello there.", html="<p>Hello there.</p>")
        assert await provider.send(mail, idempotency_key=key)

    async def test_a_mail_needs_no_more_than_text(self, provider: EmailProvider, to: str, key: str) -> None:
        assert await provider.send(Email(to=to, subject="Hello", text="Hello."), idempotency_key=key)

    async def test_any_language_may_stand_in_it(self, provider: EmailProvider, to: str, key: str) -> None:
        mail = Email(to=to, subject="Grüße 🎉 你好", text="Ça va ? ✓", headers={"X-Topic": "tests"}, reply_to=to)
        assert await provider.send(mail, idempotency_key=key)

    @pytest.mark.parametrize(
        "address", ["", "nobody", "a@", "@b.org", "a b@c.org", "a@c.org\nBcc: x@y.org", "a@b@c.org"]
    )
    async def test_a_malformed_address_is_refused(self, provider: EmailProvider, key: str, address: str) -> None:
        with pytest.raises(Invalid):
            await provider.send(Email(to=address, subject="Hello", text="Hello."), idempotency_key=key)

    @pytest.mark.parametrize(
        "mail",
        [
            Email(to="person@example.org", subject="Hello\r\nBcc: x@y.org", text="Hello."),
            Email(to="person@example.org", subject="Hello", text="Hello.", reply_to="a@b.org\nBcc: x@y.org"),
            Email(to="person@example.org", subject="Hello", text="Hello.", headers={"X-A": "b\r\nBcc: x@y.org"}),
            Email(to="person@example.org", subject="Hello", text="Hello.", headers={"X-A: b\nBcc": "x@y.org"}),
        ],
        ids=["subject", "reply_to", "header", "header name"],
    )
    async def test_no_line_can_be_smuggled_into_the_head(self, provider: EmailProvider, key: str, mail: Email) -> None:
        with pytest.raises(Invalid):
            await provider.send(mail, idempotency_key=key)

    async def test_a_key_is_one_mail(self, provider: EmailProvider, to: str, key: str) -> None:
        need(provider, MailCap.IDEMPOTENT)
        mail = Email(to=to, subject="Once", text="Once.")
        first = await provider.send(mail, idempotency_key=key)
        assert await provider.send(mail, idempotency_key=key) == first
        assert await provider.send(mail, idempotency_key=key + "-other") != first
