"""A mail server on loopback, and providers that send to it."""

import ssl
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from mail_servers import Mailbox, server

from aethex_live.clock import ManualClock
from aethex_plugins.email_smtp.letter import Sender
from aethex_plugins.email_smtp.line import Server
from aethex_plugins.email_smtp.service import SmtpMail

SENDER = Sender("hello@example.org", "AeThex, the “site”")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
async def connect(clock: ManualClock):
    """Providers that are closed at the end: `connect(port, implicit=True, tls=context, login=("name", "password"))`."""
    made: list[SmtpMail] = []

    def one(
        port: int,
        *,
        host: str = "127.0.0.1",
        implicit: bool = False,
        tls: ssl.SSLContext | None = None,
        login: tuple[str, str] = ("", ""),
        timeout_s: float = 5,
        connections: int = 4,
    ) -> SmtpMail:
        where = Server(
            host=host,
            port=port,
            implicit=implicit,
            tls=tls,
            username=login[0],
            password=login[1],
            hello="example.org",
            step_s=timeout_s,
        )
        made.append(SmtpMail(where, SENDER, clock, timeout_s=timeout_s, connections=connections))
        return made[-1]

    yield one
    for provider in made:
        await provider.aclose()


@pytest.fixture
async def provider(mailbox: Mailbox, connect):
    async with server(mailbox) as port:
        yield connect(port)
