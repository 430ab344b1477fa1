"""A site whose only auth provider is "oidc": it works whole, and no page asks for a password."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from site_support import BEGIN, forget_proof, go, leave, newcomer, oidc_site, way_back, whoami
from small_issuer import SmallIssuer, running

from aethex_live.models import Identity, User
from sites import Browser, LiveSite

PASSWORD_FIELD = 'type="password"'


@pytest_asyncio.fixture(scope="module")
async def company() -> AsyncIterator[SmallIssuer]:
    async with running() as one:
        yield one


@pytest_asyncio.fixture(scope="module")
async def site(database_copy, tmp_path_factory, company) -> AsyncIterator[LiveSite]:
    folder = tmp_path_factory.mktemp("site")
    issuers = {"company": company.settings()}
    async with oidc_site(await database_copy(), folder, issuers, auth="oidc", local=False) as live:
        yield live


@pytest_asyncio.fixture(autouse=True)
async def _as_ever(site, company):
    site.platform.db.bind()
    await site.platform.cache.flushdb()  # nobody has tried too often
    yield
    company.claims, company.people, company.trouble = {}, {}, {}


@pytest_asyncio.fixture(scope="module")
async def boss(site: LiveSite, company: SmallIssuer) -> Browser:
    """The first operator, who set the site up."""
    site.platform.db.bind()
    token = await site.platform.domain.setup.new_token()
    assert token is not None
    browser = await site.browser()
    page = await browser.get(f"/setup/{token}")
    assert "Continue with Company" in page.text
    assert PASSWORD_FIELD not in page.text
    # who turns back there finds the link still good
    action = f"/setup/{token}/with/oidc/company"
    state = company.visit(await leave(browser, action, f"/setup/{token}"), "boss-sub")["state"]
    refused = await browser.get(way_back({"state": state, "error": "access_denied"}))
    assert f"/setup/{token}" in refused.text
    query = company.visit(await leave(browser, action, f"/setup/{token}"), "boss-sub")
    answer = await browser.get(way_back(query))
    assert "becomes the operator" in answer.text
    done = await browser.submit("/sign-up/with", username="boss", email="boss@example.org")
    assert "/setup/" in done.url
    assert "You run this site now." in done.text
    # and it is used up
    assert (await (await site.browser()).get(f"/setup/{token}")).status == 404
    return browser


async def test_the_set_up_makes_the_first_operator(site: LiveSite, boss: Browser) -> None:
    assert (await boss.get("/admin")).status == 200
    user = await User.get(username_key="boss")
    assert (user.role, user.state, user.email) == ("operator", "active", "boss@example.org")
    assert not await site.platform.domain.setup.needed()


async def test_a_dead_link_of_the_set_up_makes_nobody(site: LiveSite, boss: Browser) -> None:
    browser = await site.browser()
    answer = await browser.submit("/setup/nothing/with/oidc/company", page="/sign-in")
    assert answer.status == 404


async def test_no_page_asks_for_a_password(site: LiveSite, company: SmallIssuer, boss: Browser) -> None:
    member = await newcomer(site, company, "emp-1", "worker_one")
    await member.submit("/studio", name="Worker", slug="worker", category="")
    guest = await site.browser()
    for path in ("/sign-in", "/sign-up"):
        answer = await guest.get(path)
        assert "Continue with Company" in answer.text, path
        assert PASSWORD_FIELD not in answer.text, path
    for path in ("/settings", "/confirm", "/studio/worker", "/settings/leave", "/settings/tokens"):
        answer = await member.get(path)
        assert answer.status == 200, path
        assert PASSWORD_FIELD not in answer.text, path
        assert "#password" not in answer.text, path
    assert "Confirm with Company" in (await member.get("/confirm")).text
    for path in ("/admin", "/admin/providers", "/admin/people/worker_one"):
        assert PASSWORD_FIELD not in (await boss.get(path)).text, path
    # and what is sent to the forms all the same is refused with a sentence
    refused = await guest.api("POST", "/session", {"username": "worker_one", "password": "x"})
    assert refused.status == 503
    refused = await guest.api("POST", "/users", {"username": "new_one", "email": "", "password": "long enough it is"})
    assert refused.status == 503


async def test_who_signs_out_is_out_and_comes_back(site: LiveSite, company: SmallIssuer) -> None:
    member = await newcomer(site, company, "emp-2", "worker_two")
    await member.submit("/sign-out", page="/settings")
    assert await whoami(member) is None
    await go(member, company, "emp-2")
    assert await whoami(member) == "worker_two"


async def test_a_link_of_the_operators_signs_in(site: LiveSite, company: SmallIssuer) -> None:
    await newcomer(site, company, "emp-3", "worker_three")
    token = await site.platform.domain.login_links.make("worker_three")
    visitor = await site.browser()
    answer = await visitor.submit("/sign-in/link", page=f"/sign-in/link?t={token}", t=token)
    assert (answer.status, PASSWORD_FIELD in answer.text) == (200, False)
    assert await whoami(visitor) == "worker_three"


async def test_an_account_is_deleted_after_a_fresh_proof(site: LiveSite, company: SmallIssuer) -> None:
    # Given a member whose last proof is old
    member = await newcomer(site, company, "emp-4", "worker_four")
    await forget_proof("worker_four")
    asked = await member.submit("/settings/leave", username="worker_four")
    assert "/confirm?next=" in asked.url
    action, page = "/confirm/with/oidc/company", "/confirm?next=/settings/leave"
    # When somebody else proves themselves there, nothing is confirmed
    foreign = await go(member, company, "emp-99", action=action, page=page, next="/settings/leave")
    assert (foreign.status, "Nothing was confirmed" in foreign.text) == (403, True)
    # nor by a sign-in over there of an hour ago
    company.claims = {"auth_time": 1_700_000_000}
    old = await go(member, company, "emp-4", action=action, page=page, next="/settings/leave")
    assert (old.status, "proved yourself just now" in old.text) == (400, True)
    company.claims = {}
    assert "/confirm?next=" in (await member.submit("/settings/leave", username="worker_four")).url
    # When they do themselves, Then they are back where they were, and may go
    back = await go(member, company, "emp-4", action=action, page=page, next="/settings/leave")
    assert back.url.endswith("/settings/leave")
    done = await member.submit("/settings/leave", username="worker_four")
    assert "Your account is closed." in done.text
    # and signing in keeps the account
    browser = await site.browser()
    kept = await go(browser, company, "emp-4")
    assert "your account stays" in kept.text


async def test_a_deleted_account_leaves_no_identity(site: LiveSite, company: SmallIssuer) -> None:
    member = await newcomer(site, company, "emp-5", "worker_five")
    await member.submit("/settings/leave", username="worker_five")
    user = await User.get(username_key="worker_five")
    await User.filter(id=user.id).update(delete_at=site.platform.clock.now())
    await site.platform.domain.leaving.delete_due()
    await site.platform.jobs.settle()
    assert not await Identity.filter(user_id=user.id).exists()
    # and the person is a new one
    browser = await site.browser()
    assert (await go(browser, company, "emp-5")).url.endswith("/sign-up/with")


async def test_the_stream_key_asks_for_the_same_proof(site: LiveSite, company: SmallIssuer) -> None:
    member = await newcomer(site, company, "emp-6", "worker_six")
    await member.submit("/studio", name="Six", slug="six-live", category="")
    await forget_proof("worker_six")
    answer = await member.submit("/studio/six-live/key", page="/studio/six-live")
    assert "/confirm?next=" in answer.url


async def test_the_operator_can_try_the_provider(site: LiveSite, company: SmallIssuer, boss: Browser) -> None:
    answer = await boss.api("POST", "/admin/providers/auth/test", {})
    assert answer.status == 200, answer.text
    assert "Company answered" in answer.text
    company.trouble["/.well-known/openid-configuration"] = "500"
    client = site.platform.providers.auth("oidc")._issuers["company"]  # type: ignore[union-attr]  # as it is
    client._metadata = None
    answer = await boss.api("POST", "/admin/providers/auth/test", {})
    assert "does not answer" in answer.text


async def test_the_page_of_the_site_says_that_one_can_join(site: LiveSite) -> None:
    guest = await site.browser()
    assert (await guest.api("GET", "/site")).json()["registration"] is True
    assert "/sign-up?next=" in (await guest.get("/")).text
    assert (await guest.get(BEGIN)).status == 200
