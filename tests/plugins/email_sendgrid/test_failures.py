"""What becomes of a mail when SendGrid fails."""

import pytest
from aiohttp import web

from aethex_live.providers import Unavailable
from aethex_plugins.email_sendgrid.service import SendgridMail
from mail_failures import MAIL, MailFailures
from mail_twins import SendgridTwin


class TestSendgridFails(MailFailures):
    pass


async def test_a_mail_that_may_have_gone_is_not_repeated(provider: SendgridMail, twin: SendgridTwin):
    """SendGrid has no key that would make two calls one mail."""
    for number in range(10):
        await provider.send(MAIL, idempotency_key=str(number))
    twin.took = lambda *_: web.Response(status=502)
    with pytest.raises(Unavailable):
        await provider.send(MAIL, idempotency_key="once")
    assert len(twin.seen) == 11
