"""SendGrid's twin, and the provider that sends to it."""

import pytest

from aethex_live.clock import ManualClock
from aethex_live.providers.calls import Calls
from aethex_plugins.email_sendgrid.hooks import Hooks
from aethex_plugins.email_sendgrid.service import SendgridMail
from mail_twins import SendgridTwin


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def twin():
    made = SendgridTwin()
    async with made.open():
        yield made


@pytest.fixture
async def provider(twin: SendgridTwin, clock: ManualClock):
    calls = Calls("sendgrid", clock, timeout_s=0.6)
    hooks = Hooks([twin.public_key])
    made = SendgridMail(twin.key, "hello@example.org", "AeThex", calls, base_url=twin.url, hooks=hooks)
    yield made
    await made.aclose()
