"""What the tests of whole sites share: sites with issuers, browsers that go there and come back."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from small_issuer import SmallIssuer

from aethex_live.clock import SystemClock
from aethex_live.models import Session, User
from sites import Answer, Browser, LiveSite, run_site

CHEAP = {"time_cost": 1, "memory_kib": 8192, "parallelism": 1}
THERE = re.compile(r'href="(http://127\.0\.0\.1:\d+/authorize\?[^"]+)"')
BEGIN = "/sign-in/with/oidc/company"


class LateClock(SystemClock):
    """The machine's clock, which a test can set forward; issuers go by the machine's."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


@asynccontextmanager
async def oidc_site(
    dsn: str,
    folder: Path,
    issuers: dict[str, dict[str, Any]],
    *,
    auth: str = "local",
    local: bool = True,
    settings: dict[str, Any] | None = None,
    accounts: dict[str, Any] | None = None,
    **more: Any,
) -> AsyncIterator[LiveSite]:
    """A site with these issuers; `local`: passwords are there too; `accounts` are settings of auth_local."""
    plugins: dict[str, Any] = {"auth_oidc": {"issuers": issuers, **(settings or {})}}
    if local:
        plugins["auth_local"] = CHEAP | (accounts or {})
    disable = ("stream_local",) if local else ("stream_local", "auth_local")
    opened = await run_site(
        dsn,
        folder,
        LateClock(),
        providers={"streaming": "none", "auth": auth},
        disable=disable,
        plugins=plugins,
        **more,
    )
    async with opened as live:
        live.platform.db.bind()
        yield live


def address_in(answer: Answer) -> str:
    """Where the page in between sends the browser."""
    found = THERE.search(answer.text)
    assert found, (answer.status, answer.url, answer.text[-3000:])
    url = html.unescape(found.group(1))
    assert answer.headers["Refresh"] == f"0;url={url}"
    return url


def way_back(query: dict[str, str], begin: str = BEGIN) -> str:
    """The address that the issuer sends the browser back to."""
    return f"{begin}/return?{urlencode(query)}"


async def leave(browser: Browser, action: str = BEGIN, page: str = "/sign-in", **fields: str) -> str:
    """Press a button; returns the address at the issuer."""
    answer = await browser.submit(action, page=page, **fields)
    return address_in(answer)


async def go(
    browser: Browser, issuer: SmallIssuer, sub: str, action: str = BEGIN, page: str = "/sign-in", **fields: str
) -> Answer:
    """Press a button, sign in over there as `sub`, and come back."""
    query = issuer.visit(await leave(browser, action, page, **fields), sub)
    back = "/sign-in/with/" + "/".join(action.rsplit("/", 2)[1:])
    return await browser.get(way_back(query, back))


async def newcomer(site: LiveSite, issuer: SmallIssuer, sub: str, username: str) -> Browser:
    """A visitor who has just made an account by the first issuer."""
    browser = await site.browser()
    answer = await go(browser, issuer, sub)
    assert answer.url.endswith("/sign-up/with"), answer.text
    done = await browser.submit("/sign-up/with", username=username)
    assert done.status == 200, done.text
    assert await whoami(browser) == username
    return browser


async def whoami(browser: Browser) -> str | None:
    """The user name of who is signed in."""
    answer = await browser.api("GET", "/me")
    return str(answer.json()["username"]) if answer.status == 200 else None


async def forget_proof(username: str) -> None:
    """Let the last proof of an account be an hour old."""
    user = await User.get(username_key=username.lower())
    for session in await Session.filter(user_id=user.id):
        assert session.proven_at is not None
        await Session.filter(id=session.id).update(proven_at=session.proven_at - timedelta(hours=1))
