"""Resend's twin, and the provider that sends to it."""

import pytest

from aethex_live.clock import ManualClock
from aethex_live.providers.calls import Calls
from aethex_plugins.email_resend.hooks import Hooks
from aethex_plugins.email_resend.service import ResendMail, Sender
from mail_twins import ResendTwin

SENDER = Sender("hello@example.org", "Grüße, “AeThex”")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def twin():
    made = ResendTwin()
    async with made.open():
        yield made


@pytest.fixture
async def provider(twin: ResendTwin, clock: ManualClock):
    async def wait(seconds: float) -> None:
        clock.advance(seconds)

    calls = Calls("resend", clock, timeout_s=0.6, wait=wait)
    made = ResendMail(twin.key, SENDER, calls, base_url=twin.url, hooks=Hooks([twin.secret]))
    yield made
    await made.aclose()
