"""What the tests of whole sites share: sites with Clerk's twin, and browsers that hand its tokens in."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from clerk_twin import ClerkTwin, person

from aethex_live.clock import SystemClock
from aethex_live.models import Session, User
from sites import CSRF, Answer, Browser, LiveSite, run_site

CHEAP = {"time_cost": 1, "memory_kib": 8192, "parallelism": 1}
STATE = re.compile(r'name="state" value="([\w-]+)"')
ACTION = re.compile(r'id="embedded-form" method="post" action="([^"]+)"')
BEGIN = "/sign-in/with/clerk/clerk"
HERE = f"{BEGIN}/here"
RETURN = f"{BEGIN}/return"


class LateClock(SystemClock):
    """The machine's clock, which a test can set forward; the twin goes by the machine's."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self):
        return super().now() + self.ahead


@asynccontextmanager
async def clerk_site(
    dsn: str, folder: Path, twin: ClerkTwin, *, local: bool = False, auth: str = "clerk", **more: Any
) -> AsyncIterator[LiveSite]:
    """A site with this twin; `local`: passwords are there too. `more` are settings of auth_clerk."""
    plugins: dict[str, Any] = {"auth_clerk": twin.settings(webhook_secrets=[twin.secret], **more)}
    if local:
        plugins["auth_local"] = CHEAP
    opened = await run_site(
        dsn,
        folder,
        LateClock(),
        providers={"streaming": "none", "auth": auth},
        disable=("stream_local",) if local else ("stream_local", "auth_local"),
        plugins=plugins,
    )
    async with opened as live:
        live.platform.db.bind()
        twin.azp = live.platform.site.url.rstrip("/")
        yield live


def part(found: re.Pattern[str], text: str) -> str:
    match = found.search(text)
    assert match, re.sub(r"<[^>]*>|\s+", " ", text.partition("<main")[2])
    return html.unescape(match.group(1))


async def begin(browser: Browser, action: str = BEGIN, page: str = "/sign-in", **fields: str) -> Answer:
    """Press the button; the page with the component."""
    answer = await browser.submit(action, page=page, **fields)
    assert answer.url.endswith("/here"), (answer.url, answer.text[-2000:])
    return answer


async def hand_in(browser: Browser, shown: Answer, token: str, **changed: str) -> Answer:
    """What the component's module does with the form of the page."""
    fields = {"csrf": part(CSRF, shown.text), "state": part(STATE, shown.text), "token": token} | changed
    return await browser.ask("POST", part(ACTION, shown.text), data=fields)


async def sign_in(browser: Browser, twin: ClerkTwin, user: str, *, page: str = "/sign-in", **claims: Any) -> Answer:
    """Sign in on a site where Clerk is the only way: the sign-in page has the component."""
    return await hand_in(browser, await browser.get(page), twin.mint(user, **claims))


async def newcomer(site: LiveSite, twin: ClerkTwin, user: str, username: str) -> Browser:
    """A visitor who has just made an account by Clerk alone."""
    twin.people.setdefault(user, person(user.removeprefix("user_")))
    browser = await site.browser()
    answer = await sign_in(browser, twin, user)
    assert answer.url.endswith("/sign-up/with"), said(answer)
    done = await browser.submit("/sign-up/with", username=username)
    assert done.status == 200, said(done)
    assert await whoami(browser) == username
    return browser


def said(answer: Answer) -> str:
    """What a page says, without what stands around it."""
    return re.sub(r"<[^>]*>|\s+", " ", answer.text.partition("<main")[2].partition("</main>")[0])


async def whoami(browser: Browser) -> str | None:
    """The user name of who is signed in."""
    answer = await browser.api("GET", "/me")
    return str(answer.json()["username"]) if answer.status == 200 else None


async def session_of(username: str) -> Session:
    """The only session of an account."""
    user = await User.get(username_key=username.lower())
    [session] = await Session.filter(user_id=user.id)
    return session
