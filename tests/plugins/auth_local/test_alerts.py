"""Mails about sign-ins from a new browser or network."""

from __future__ import annotations

import pytest
from account_support import accounts_site, confirmed, mail_about, mails_to, user

from aethex_live.models import Session
from aethex_plugins.auth_local.alerts import network_of
from aethex_plugins.auth_local.models import KnownDevice
from sites import PASSWORD, LiveSite

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:{v}.0) Gecko/20100101 Firefox/{v}.0"


async def sign_in(site: LiveSite, name: str, agent: str) -> None:
    visitor = await site.browser()
    visitor.session.headers["User-Agent"] = agent
    answer = await visitor.submit("/sign-in", username=name, password=PASSWORD)
    assert answer.status == 200


async def known(site: LiveSite, name: str, count: int) -> None:
    """Wait until so many ways of signing in are known."""
    import asyncio

    row = await user(site, name)
    async with asyncio.timeout(10):
        while await KnownDevice.filter(user_id=row.id).count() < count:
            await asyncio.sleep(0.02)


async def test_a_new_browser_is_told_and_a_new_version_of_it_is_not(database_copy, tmp_path):
    async with accounts_site(await database_copy(), tmp_path) as site:
        # Given somebody whose way in is known
        await confirmed(site, "ada", "ada@example.org")
        await known(site, "ada", 1)
        # When they come by another browser, twice, the second time a version on
        await sign_in(site, "ada", FIREFOX.format(v=140))
        mail = await mail_about(site, "ada@example.org", "New sign-in")
        await sign_in(site, "ada", FIREFOX.format(v=141))
        await sign_in(site, "ada", "curl/8")
        await known(site, "ada", 3)
        # Then there is one mail for each new way, which names it
        assert "Firefox on Linux" in mail.text
        assert "127.0.0.1" in mail.text
        told = [mail for mail in await mails_to(site, "ada@example.org") if "New sign-in" in mail.subject]
        assert len(told) == 2
        # and the table tells nobody where that was
        rows = await site.platform.db.fetch("select t::text as row from auth_local_known_device t")
        assert not [row for row in rows if "Firefox" in row["row"] or "127.0" in row["row"]]


async def test_the_setting_switches_it_off(database_copy, tmp_path):
    async with accounts_site(await database_copy(), tmp_path, login_alerts=False) as site:
        await confirmed(site, "grace", "grace@example.org")
        await sign_in(site, "grace", FIREFOX.format(v=140))
        await known(site, "grace", 2)
        assert not [mail for mail in await mails_to(site, "grace@example.org") if "New sign-in" in mail.subject]
        assert await Session.filter(user_id=(await user(site, "grace")).id).count() == 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.7", "203.0.113.99", True),
        ("203.0.113.7", "203.0.114.7", False),
        ("2001:db8:1:2::1", "2001:db8:1:ffff::9", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
        ("", "unix", False),
    ],
)
def test_a_network_is_24_bits_or_48(one: str, other: str, same: bool):
    assert (network_of(one) == network_of(other)) is same
