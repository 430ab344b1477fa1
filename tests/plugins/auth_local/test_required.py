"""Where a confirmed address is asked for: what waits for it, and what one is told."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from account_support import accounts_site, api_error, join, mail_about, token_in

from aethex_live.errors import Forbidden
from aethex_live.models import Channel
from sites import LiveSite


@pytest_asyncio.fixture(scope="module")
async def site(database_copy, tmp_path_factory) -> AsyncIterator[LiveSite]:
    async with accounts_site(await database_copy(), tmp_path_factory.mktemp("site"), verify_email="required") as live:
        yield live


async def test_an_address_is_needed(site: LiveSite):
    _, answer = await join(site, "none_given")
    assert answer.status == 422
    assert "This site asks for an e-mail address." in answer.text


async def test_who_has_not_confirmed_makes_no_channel_and_is_told_the_next_step(site: LiveSite):
    browser, _ = await join(site, "newcomer", "newcomer@example.org")
    refused = await browser.api("POST", "/channels", {"slug": "newcomer", "name": "Newcomer"})
    assert await api_error(refused) == (403, "email-unconfirmed")
    page = await browser.submit("/studio", name="Newcomer", slug="newcomer", category="")
    assert (page.status, "Confirm your e-mail address first" in page.text) == (403, True)
    # a banner says so on every page, with a button
    home = await browser.get("/")
    assert "Confirm newcomer@example.org to chat" in home.text
    assert 'action="/p/auth_local/address/resend"' in home.text
    # and once it is confirmed, both are over
    token = token_in(await mail_about(site, "newcomer@example.org", "Confirm"))
    await browser.api("POST", "/address/confirm", {"token": token})
    assert (await browser.api("POST", "/channels", {"slug": "newcomer", "name": "Newcomer"})).status == 201
    assert "to chat, to stream" not in (await browser.get("/")).text


async def test_who_has_not_confirmed_does_not_chat(site: LiveSite):
    owner = await site.operator("owner_here")
    await owner.api("POST", "/channels", {"slug": "talks", "name": "Talks"})
    # the operator who was made without an address has to give one too
    browser, _ = await join(site, "silent", "silent@example.org")
    me = (await browser.api("GET", "/me")).json()
    assert me["email_verified"] is False
    accounts = site.platform.domain.accounts
    site.platform.db.bind()
    cookie = {cookie.key: cookie.value for cookie in browser.session.cookie_jar}["aethex"]
    actor = await site.platform.domain.sessions.identify(cookie)
    assert actor is not None
    with pytest.raises(Forbidden, match="Confirm your e-mail address first"):
        accounts.check_may_act(actor)
    assert await Channel.filter(slug="talks").count() == 0


async def test_an_address_can_not_be_taken_away(site: LiveSite):
    browser, _ = await join(site, "keeper", "keeper@example.org")
    token = token_in(await mail_about(site, "keeper@example.org", "Confirm"))
    await browser.api("POST", "/address/confirm", {"token": token})
    answer = await browser.submit("/settings", display_name="keeper", email="")
    assert answer.status == 422
    assert "not take it away" in answer.text


async def test_guests_see_no_banner(site: LiveSite):
    assert "to chat, to stream" not in (await (await site.browser()).get("/")).text
