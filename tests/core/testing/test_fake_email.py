"""The e-mail provider in memory keeps the e-mail contract."""

import pytest

from aethex_live.testing.conformance import EmailConformance
from aethex_live.testing.fakes import FakeEmail


class TestFakeEmail(EmailConformance):
    @pytest.fixture
    def provider(self):
        return FakeEmail()


async def test_what_was_sent_can_be_read():
    from aethex_live.providers.email import Email

    fake = FakeEmail()
    await fake.send(Email(to="a@b.org", subject="Hi", text="Hi."), idempotency_key="1")
    assert [mail.subject for mail in fake.sent] == ["Hi"]
