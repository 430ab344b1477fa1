"""What the tests of accounts share: sites without streaming, the mails that were sent, the links in them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aethex_live.clock import ManualClock
from aethex_live.models import Session, User
from aethex_live.services.mails import KEPT_MAILS, KeptMail
from sites import PASSWORD, Answer, Browser, LiveSite, run_site

LINK = re.compile(r"https?://\S+")
CHEAP = {"time_cost": 1, "memory_kib": 8192, "parallelism": 1}


@asynccontextmanager
async def accounts_site(
    dsn: str, folder: Path, clock: ManualClock | None = None, **settings: Any
) -> AsyncIterator[LiveSite]:
    """A site with these settings of auth_local, whose hashes cost next to nothing."""
    more = {"auth_local": CHEAP | settings}
    opened = await run_site(
        dsn, folder, clock, providers={"streaming": "none"}, disable=("stream_local",), plugins=more
    )
    async with opened as live:
        yield live


async def mails_to(site: LiveSite, address: str) -> list[KeptMail]:
    """All mails to an address, newest first, once nothing is on its way any more."""
    site.platform.db.bind()
    await site.platform.jobs.settle()
    service = site.platform.services.get(KEPT_MAILS)
    assert service is not None
    found = [mail for mail in await service.page(limit=200) if mail.to == address]
    return [whole for mail in found if (whole := await service.get(mail.id))]


async def mail_about(site: LiveSite, address: str, subject: str, seconds: float = 10) -> KeptMail:
    """The newest mail to an address with this in its subject; waits for what an event leads to."""
    async with asyncio.timeout(seconds):
        while True:
            for mail in await mails_to(site, address):
                if subject in mail.subject:
                    return mail
            await asyncio.sleep(0.05)


def path_in(mail: KeptMail) -> str:
    """The path, with its query, of the link in a mail."""
    found = LINK.search(mail.text)
    assert found, mail.text
    parts = urlsplit(found.group())
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def token_in(mail: KeptMail) -> str:
    """The token of the link in a mail."""
    return parse_qs(urlsplit(path_in(mail)).query)["t"][0]


async def join(
    site: LiveSite, username: str, email: str = "", password: str = PASSWORD, **more: str
) -> tuple[Browser, Answer]:
    """A visitor who signs up, and the answer."""
    browser = await site.browser()
    answer = await browser.submit("/sign-up", username=username, email=email, password=password, **more)
    return browser, answer


async def confirmed(site: LiveSite, username: str, email: str) -> Browser:
    """A member whose address is confirmed."""
    browser, answer = await join(site, username, email)
    assert answer.status == 200, answer.text
    link = path_in(await mail_about(site, email, "Confirm"))
    done = await browser.submit(link.partition("?")[0], page=link, t=link.partition("t=")[2])
    assert done.status == 200, done.text
    return browser


async def user(site: LiveSite, username: str) -> User:
    """The row of an account."""
    site.platform.db.bind()
    return await User.get(username_key=username.lower())


async def make_stale(site: LiveSite, username: str) -> None:
    """Let the last proof of an account be an hour old."""
    row = await user(site, username)
    from datetime import timedelta

    await Session.filter(user_id=row.id).update(proven_at=site.platform.clock.now() - timedelta(hours=1))


async def api_error(answer: Answer) -> tuple[int, str]:
    """Status and the last word of the type of a problem."""
    return answer.status, str(answer.json()["type"]).rpartition(":")[2]
