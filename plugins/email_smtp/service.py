"""The e-mail provider "smtp": each mail is one conversation with the mail server, in a thread of its own pool."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from aethex_live.clock import Clock
from aethex_live.providers.calls import Calls
from aethex_live.providers.email import Email, MailCap
from aethex_live.providers.mail_rules import check_key, check_mail, check_plain

from .letter import Sender, message_id, written
from .line import Line, Server
from .settings import PROVIDER


class SmtpMail:
    """Sends mails by a mail server.

    It declares nothing: SMTP knows no key that makes a repeat the same mail. A repeat has the same Message-ID, though,
    by which most mailboxes show it once.
    """

    name = PROVIDER
    capabilities: frozenset[MailCap] = frozenset()

    def __init__(self, server: Server, sender: Sender, clock: Clock, *, timeout_s: float, connections: int) -> None:
        self.calls = Calls(PROVIDER, clock, timeout_s=timeout_s)
        self._server = server
        self._sender = sender
        self._clock = clock
        # not the pool that everybody shares: a mail server that hangs would hold what others wait for
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="email_smtp")
        self._free = asyncio.Semaphore(connections)

    async def send(self, message: Email, *, idempotency_key: str) -> str:
        """Hand the mail over; returns its Message-ID. Raises Invalid for what is no mail, and what `Calls.run` does."""
        check_mail(message, PROVIDER)
        check_plain(message, PROVIDER)
        check_key(idempotency_key, PROVIDER)
        mail_id = message_id(idempotency_key, self._sender.domain)
        content = written(message, self._sender, mail_id, self._clock.now())
        await self._talk("send", lambda line: line.deliver(self._sender.address, message.to, content))
        return mail_id

    async def try_out(self) -> str:
        """Connect and log in, send nothing; a sentence. Raises as `send`."""
        await self._talk("try_out", lambda line: line.greet())
        login = "took the login" if self._server.username else "answers; there is no login"
        return f"The mail server {self._server.host}:{self._server.port} {login}."

    async def aclose(self) -> None:
        """Let the threads end; what still waits for one is not begun."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _talk(self, operation: str, what: Callable[[Line], None]) -> None:
        async def once() -> None:
            line = Line(self._server)
            talking = asyncio.get_running_loop().run_in_executor(self._threads, what, line)
            try:
                await asyncio.shield(talking)
            except asyncio.CancelledError:
                line.cut()
                talking.add_done_callback(_forget)
                raise

        async with self._free:
            # the server may have taken a mail whose answer was lost: the outbox repeats it, not we in a moment
            await self.calls.run(operation, once, repeatable=False)


def _forget(talk: asyncio.Future[None]) -> None:
    """Nobody waits for it any more: its error is looked at, so that the loop has nothing to warn of."""
    if not talk.cancelled():
        talk.exception()
