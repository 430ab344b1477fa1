"""Clerk beside passwords: linking by proof of both, other people's accounts, lists of an operator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pyotp
import pytest
import pytest_asyncio
from clerk_site import BEGIN, begin, clerk_site, hand_in, said, whoami
from clerk_twin import ClerkTwin, person

from aethex_live.domain.link_lists import LinkLists, Wish
from aethex_live.ids import uuid7
from aethex_live.models import AuditEntry, Identity, Session, User
from sites import CSRF, PASSWORD, Browser, LiveSite

LINK = "/settings/ways/clerk/clerk"


@pytest_asyncio.fixture(scope="module")
async def shared() -> AsyncIterator[ClerkTwin]:
    made = ClerkTwin()
    async with made.open():
        yield made


@pytest_asyncio.fixture(scope="module")
async def site(database_copy, tmp_path_factory, shared) -> AsyncIterator[LiveSite]:
    async with clerk_site(await database_copy(), tmp_path_factory.mktemp("site"), shared, local=True) as live:
        yield live


@pytest.fixture
def twin(shared: ClerkTwin) -> ClerkTwin:
    return shared


@pytest_asyncio.fixture(autouse=True)
async def _as_ever(site, shared):
    site.platform.db.bind()
    await site.platform.cache.flushdb()
    yield
    shared.failing = ""
    site.platform.clock.ahead = timedelta()


async def with_password(site: LiveSite, username: str) -> Browser:
    """A member of before Clerk: their password goes on to work."""
    local = site.platform.providers.auth("local")
    prepared = await local.prepare_password(PASSWORD)
    async with site.platform.db.transaction():
        user_id = uuid7()
        user = await User.create(id=user_id, username=username, username_key=username, display_name=username)
        proven = await local.register(str(user_id), prepared)
        await Identity.create(id=uuid7(), user=user, provider=proven.provider, subject=proven.subject)
    browser = await site.browser()
    answer = await browser.submit("/sign-in", username=username, password=PASSWORD)
    assert await whoami(browser) == username, said(answer)
    return browser


async def test_both_ways_stand_on_the_sign_in_page(site: LiveSite, twin: ClerkTwin):
    page = await (await site.browser()).get("/sign-in")
    assert 'type="password"' in page.text
    assert "Continue with Clerk" in page.text
    assert twin.url not in page.text
    shown = await begin(await site.browser())
    assert "Other ways to sign in" in shown.text


async def test_a_link_from_elsewhere_shows_a_button_and_begins_nothing(site: LiveSite):
    answer = await (await site.browser()).get(BEGIN)
    assert (answer.status, "Continue with Clerk" in answer.text) == (200, True)
    assert "aethex-with" not in str(answer.headers.get("Set-Cookie", ""))
    refused = await (await site.browser()).get(f"{BEGIN}/here")
    assert (refused.status, "not begun in this browser" in refused.text) == (400, True)


async def test_a_member_links_it_by_a_proof_of_both_and_takes_it_off_again(site: LiveSite, twin: ClerkTwin):
    browser = await with_password(site, "linker")
    answer = await hand_in(browser, await begin(browser, LINK, "/settings"), twin.mint("user_linker"))
    assert "You can sign in with Clerk from now on" in answer.text
    user = await User.get(username_key="linker")
    assert await Identity.filter(user_id=user.id, provider="clerk", subject="user_linker").exists()
    assert await AuditEntry.filter(action="identity.linked", subject=f"user:{user.id}").exists()
    # and signs in by it, in a browser that never saw the password
    other = await site.browser()
    await hand_in(other, await begin(other), twin.mint("user_linker", sid="sess_linker"))
    assert await whoami(other) == "linker"
    assert await Session.filter(user_id=user.id, provider_session="sess_linker").exists()
    # taken off, it opens the account no more
    [row] = (await browser.api("GET", "/me/identities")).json()["items"]
    assert (await browser.api("DELETE", f"/me/identities/{row['id']}")).status == 200
    assert not await Identity.filter(subject="user_linker").exists()


async def test_a_token_of_another_visit_links_nothing(site: LiveSite, twin: ClerkTwin):
    # Given somebody who begins to link and signs out meanwhile
    browser = await with_password(site, "leaver")
    shown = await begin(browser, LINK, "/settings")
    await browser.submit("/sign-out", page="/settings")
    token = twin.mint("user_leaver")
    fresh = await browser.get("/sign-in")
    shown.text = shown.text.replace(csrf(shown.text), csrf(fresh.text))
    answer = await hand_in(browser, shown, token)
    # Then nothing is linked, and nobody signed in
    assert (answer.status, "signed out or in as somebody else meanwhile" in answer.text) == (409, True)
    assert not await Identity.filter(subject="user_leaver").exists()
    assert await whoami(browser) is None


def csrf(text: str) -> str:
    found = CSRF.search(text)
    assert found
    return found.group(1)


async def test_what_is_anothers_is_not_linked_twice(site: LiveSite, twin: ClerkTwin):
    first, second = await with_password(site, "first_one"), await with_password(site, "second_one")
    await hand_in(first, await begin(first, LINK, "/settings"), twin.mint("user_first"))
    answer = await hand_in(second, await begin(second, LINK, "/settings"), twin.mint("user_first"))
    assert (answer.status, "belongs to another account" in answer.text) == (409, True)
    more = await hand_in(first, await begin(first, LINK, "/sign-out-is-elsewhere"), twin.mint("user_more"))
    assert (more.status, "has a sign-in with Clerk already" in more.text) == (409, True)


async def test_linking_asks_for_a_proof_first(site: LiveSite):
    browser = await with_password(site, "lapsed")
    user = await User.get(username_key="lapsed")
    await Session.filter(user_id=user.id).update(proven_at=None)
    answer = await browser.submit(LINK, page="/settings")
    assert "/confirm" in answer.url
    assert "Confirm with Clerk" not in answer.text


async def test_an_operators_list_links_whom_clerk_knows(site: LiveSite, twin: ClerkTwin):
    for name in ("listed", "unlisted"):
        await with_password(site, name)
    twin.people["user_listed"] = person("listed")
    domain = site.platform.domain
    lists = LinkLists(domain.accounts, domain.linking)
    wishes = [
        Wish(2, "listed", "user_listed"),
        Wish(3, "unlisted", "user_nobody"),
        Wish(4, "nobody_here", "user_ada"),
        Wish(5, "unlisted2", "ada@example.org"),
    ]
    looked = await lists.run("clerk", "clerk", wishes, apply=False)
    assert [one.outcome for one in looked] == ["link", "wrong", "wrong", "wrong"]
    assert looked[1].why == "There is nobody of this id at Clerk."
    assert "user_" in looked[3].why
    assert not await Identity.filter(subject="user_listed").exists()
    done = await lists.run("clerk", "clerk", wishes[:1], apply=True)
    assert [one.outcome for one in done] == ["linked"]
    browser = await site.browser()
    await hand_in(browser, await begin(browser), twin.mint("user_listed"))
    assert await whoami(browser) == "listed"
    # and while Clerk is away the lines say so, and are run again later
    twin.failing = "failed"
    away = await lists.run("clerk", "clerk", wishes[:1], apply=True)
    assert [one.outcome for one in away] == ["wrong"]
    assert "failed (500)" in away[0].why


async def test_codes_of_an_app_are_asked_for_all_the_same(site: LiveSite, twin: ClerkTwin):
    browser = await with_password(site, "careful")
    await hand_in(browser, await begin(browser, LINK, "/settings"), twin.mint("user_careful"))
    begun = (await browser.api("POST", "/me/two-step")).json()
    confirmed = await browser.api(
        "POST", "/me/two-step/confirm", {"code": pyotp.TOTP(begun["key"].replace(" ", "")).now()}
    )
    assert confirmed.status == 200, confirmed.text
    # When they sign in by Clerk, Then the code is still owed, and the session knows the one over there
    other = await site.browser()
    answer = await hand_in(other, await begin(other), twin.mint("user_careful", sid="sess_careful"))
    assert answer.url.endswith("/sign-in/code")
    assert await whoami(other) is None
    code = confirmed.json()["recovery_codes"][0]
    await other.submit("/sign-in/code", code=code)
    assert await whoami(other) == "careful"
    assert await Session.filter(provider="clerk", provider_session="sess_careful").exists()
