"""The site's real mails, sent by a provider that really sends: the same story for each of them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from aethex_live.clock import ManualClock
from aethex_live.errors import StartError
from aethex_live.providers.email import Email
from sites import PASSWORD, LiveSite, OpenSite

NEW_PASSWORD = "four quite ordinary words"
LINK = re.compile(r"https?://[^/\s]+(/\S+)")
Arrived = Callable[[], Awaitable[Sequence[Email]]]


async def mailing_site(open_site: OpenSite, provider: str, settings: Mapping[str, Any]) -> LiveSite:
    """A site that sends by this provider and asks for confirmed addresses."""
    return await open_site(
        providers={"streaming": "none", "email": provider},
        disable=("stream_local",),
        plugins={
            f"email_{provider}": dict(settings),
            "auth_local": {"verify_email": "required", "time_cost": 1, "memory_kib": 8192, "parallelism": 1},
        },
    )


async def mail_about(arrived: Arrived, words: str, seconds: float = 15) -> Email:
    """The newest mail with these words in its subject, once it has arrived."""
    async with asyncio.timeout(seconds):
        while True:
            for mail in reversed(await arrived()):
                if words in mail.subject:
                    return mail
            await asyncio.sleep(0.05)


def link_in(mail: Email) -> str:
    """The path, with its query, of the link in a mail."""
    found = LINK.search(mail.text)
    assert found, mail.text
    return found.group(1)


async def the_sites_mails_arrive_and_their_links_work(site: LiveSite, arrived: Arrived) -> None:
    """A visitor signs up, confirms the address, is alerted of a sign-in, and sets a new password: all by mail."""
    # Given somebody who signs up with an address
    browser = await site.browser()
    answer = await browser.submit("/sign-up", username="ada", email="ada@example.net", password=PASSWORD)
    assert answer.status == 200, answer.text
    assert (await browser.api("POST", "/channels", {"slug": "adas", "name": "Ada's"})).status == 403
    # When the link of the mail is opened, the address is confirmed
    mail = await mail_about(arrived, "Confirm")
    assert (mail.to, mail.headers["Auto-Submitted"]) == ("ada@example.net", "auto-generated")
    link = link_in(mail)
    done = await browser.submit(link.partition("?")[0], page=link, t=link.partition("t=")[2])
    assert done.status == 200, done.text
    assert (await browser.api("POST", "/channels", {"slug": "adas", "name": "Ada's"})).status == 201
    # and a sign-in from another browser is told
    await _knows_a_device(site)
    other = await site.browser()
    other.session.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    await other.submit("/sign-in", username="ada", password=PASSWORD)
    assert (await mail_about(arrived, "New sign-in")).to == "ada@example.net"
    # and a lost password is set anew
    visitor = await site.browser()
    await visitor.submit("/p/auth_local/forgot", email="ada@example.net")
    token = link_in(await mail_about(arrived, "A new password")).partition("t=")[2]
    assert (await visitor.api("POST", "/password/reset", {"token": token, "new_password": NEW_PASSWORD})).status == 200
    await mail_about(arrived, "was changed")
    assert await visitor.submit("/sign-in", username="ada", password=NEW_PASSWORD)
    assert (await visitor.api("GET", "/me")).json()["username"] == "ada"


async def _knows_a_device(site: LiveSite, seconds: float = 15) -> None:
    """Wait until the way in of the sign-up is known: another one is new then."""
    async with asyncio.timeout(seconds):
        while not await site.platform.db.fetch("select 1 from auth_local_known_device"):
            await asyncio.sleep(0.05)


async def a_start_without(open_site: OpenSite, provider: str, settings: Mapping[str, Any]) -> str:
    """What a start says that these settings stop, in one line."""
    with pytest.raises(StartError) as stopped:
        await mailing_site(open_site, provider, settings)
    said = str(stopped.value)
    assert "\n" not in said
    return said


def built(plugin: type[Any], settings: Any) -> Any:
    """The provider that a plugin with these settings offers."""
    site = SimpleNamespace(name="My site", url="https://live.example.org")
    (offer,) = plugin(SimpleNamespace(site=site, settings=settings, clock=ManualClock())).email_providers()
    return offer.build()
