"""What is sensitive asks again who you are, when the last proof is old."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from account_support import accounts_site, api_error, join, make_stale

from sites import PASSWORD, LiveSite


@pytest_asyncio.fixture(scope="module")
async def site(database_copy, tmp_path_factory) -> AsyncIterator[LiveSite]:
    async with accounts_site(await database_copy(), tmp_path_factory.mktemp("site")) as live:
        yield live


async def test_an_old_session_is_asked_and_led_back(site: LiveSite):
    # Given a session whose proof is old
    browser, _ = await join(site, "ada")
    await make_stale(site, "ada")
    # When its person wants to set up codes, they are asked first
    asked = await browser.get("/p/auth_local/two-step")
    assert "/confirm?next=/p/auth_local/two-step" in asked.url.replace("%2F", "/")
    wrong = await browser.submit("/confirm", page=asked.url, password="something else 1", next="/p/auth_local/two-step")
    assert (wrong.status, "This password is not right." in wrong.text) == (422, True)
    # Then a right password leads back, and the question is not put again
    back = await browser.submit("/confirm", page=asked.url, password=PASSWORD, next="/p/auth_local/two-step")
    assert back.url.endswith("/p/auth_local/two-step")
    assert (await browser.get("/p/auth_local/two-step")).url.endswith("/p/auth_local/two-step")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/me", {"display_name": "x", "email": "new@example.org"}),
        ("POST", "/me/two-step", None),
        ("POST", "/me/two-step/confirm", {"code": "123456"}),
        ("DELETE", "/me/two-step", None),
        ("POST", "/me/recovery-codes", None),
        ("POST", "/me/passkeys/options", None),
        ("POST", "/me/passkeys", {"credential": {}}),
        ("DELETE", "/me/passkeys/0199aaaa-0000-7000-8000-000000000000", None),
    ],
)
async def test_the_api_says_what_is_missing_and_how_to_give_it(site: LiveSite, method: str, path: str, body: object):
    name = f"u{abs(hash((method, path))) % 10**9}"
    browser, _ = await join(site, name)
    await make_stale(site, name)
    assert await api_error(await browser.api(method, path, body)) == (403, "proof-needed")
    assert await api_error(await browser.api("POST", "/me/proof", {"password": "wrong one here"})) == (
        401,
        "wrong-password",
    )
    assert (await browser.api("POST", "/me/proof", {"password": PASSWORD})).status == 200
    after = await browser.api(method, path, body)
    assert "proof-needed" not in after.text


async def test_a_changed_address_in_the_settings_asks_too_and_a_name_does_not(site: LiveSite):
    browser, _ = await join(site, "grace")
    await make_stale(site, "grace")
    named = await browser.submit("/settings", display_name="Grace", email="")
    assert "Your name and address are saved." in named.text
    asked = await browser.submit("/settings", display_name="Grace", email="grace@example.org")
    assert "/confirm?next=" in asked.url


async def test_confirm_leads_to_no_other_site(site: LiveSite):
    browser, _ = await join(site, "linus")
    answer = await browser.submit("/confirm", password=PASSWORD, next="https://evil.example/")
    assert answer.url.startswith(site.url)


async def test_a_guest_can_not_confirm(site: LiveSite):
    visitor = await site.browser()
    assert "/sign-in" in (await visitor.get("/confirm")).url
    assert (await visitor.api("POST", "/me/proof", {"password": PASSWORD})).status == 401
