"""The component in a real browser: scripts in place of clerk-js, everything else as it is."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from clerk_site import clerk_site, newcomer
from clerk_twin import ClerkTwin, person

from aethex_live.models import Identity, Session, User
from encoders import NewPage
from page_audit import audit
from sites import PASSWORD, LiveSite

pytestmark = pytest.mark.slow
SETTINGS = re.compile(r":\d+/settings$")


@pytest_asyncio.fixture(scope="module")
async def twin() -> AsyncIterator[ClerkTwin]:
    made = ClerkTwin()
    async with made.open():
        yield made


@pytest_asyncio.fixture(scope="module")
async def alone(database_copy, tmp_path_factory, twin) -> AsyncIterator[LiveSite]:
    async with clerk_site(await database_copy(), tmp_path_factory.mktemp("alone"), twin) as live:
        yield live


@pytest_asyncio.fixture(scope="module")
async def beside(database_copy, tmp_path_factory, twin) -> AsyncIterator[LiveSite]:
    folder = tmp_path_factory.mktemp("beside")
    async with clerk_site(await database_copy(), folder, twin, local=True, auth="local", label="Clerk") as live:
        yield live


@pytest.fixture(autouse=True)
def _as_ever(twin):
    for name in ("ada", "grace"):
        twin.people[f"user_{name}"] = person(name)
    yield
    twin.scripts_gone = False


async def who(page) -> str:
    return await page.evaluate("fetch('/api/v1/me').then(r => r.json()).then(me => me.username || '')")


async def component(page, name: str) -> None:
    """Sign in by the component."""
    await page.fill(".stand-in input", name)
    await page.click(".stand-in button")


async def sign_out(page) -> None:
    async with page.expect_navigation():
        await page.evaluate("document.querySelector('form[action=\"/sign-out\"]').submit()")
    assert await who(page) == ""


async def test_a_visitor_signs_up_in_and_out_by_the_component(alone: LiveSite, twin, new_page: NewPage):
    alone.platform.db.bind()
    page = await new_page()
    # Given somebody new, who wants to see the settings
    await page.goto(f"{alone.url}sign-in?next=/settings")
    assert await page.is_hidden("#embedded-failed")
    await component(page, "ada")
    # When they have signed in at Clerk, Then they choose a name and are there
    await page.wait_for_url("**/sign-up/with")
    await page.fill("#username", "ada_l")
    await page.click("text=Make my account")
    await page.wait_for_url(SETTINGS)
    assert await who(page) == "ada_l"
    user = await User.get(username_key="ada_l")
    [session] = await Session.filter(user_id=user.id)
    assert twin.sessions[session.provider_session]["status"] == "active"
    # When they sign out, Then they are nobody, and coming back to the page does not sign them in by itself
    await sign_out(page)
    assert await who(page) == ""
    await page.goto(f"{alone.url}sign-in")
    await page.wait_for_selector(".stand-in")
    assert await who(page) == ""
    assert twin.sessions[session.provider_session]["status"] in {"revoked", "removed"}
    # and they come in again
    await component(page, "ada")
    await page.wait_for_url(re.compile(r"/$"))
    assert await who(page) == "ada_l"


async def test_who_is_sent_away_by_the_component_comes_back_signed_in(alone: LiveSite, twin, new_page: NewPage):
    alone.platform.db.bind()
    await newcomer(alone, twin, "user_grace", "grace_h")
    page = await new_page()
    await page.goto(f"{alone.url}sign-in?next=/settings")
    await component(page, "grace")  # leads over another page, as accounts at Google do
    await page.wait_for_url(SETTINGS)
    assert await who(page) == "grace_h"
    # who is signed in over there already needs not even the component
    await page.context.clear_cookies()
    await page.goto(f"{alone.url}sign-in?next=/settings")
    await page.wait_for_url(SETTINGS)
    assert await who(page) == "grace_h"


async def test_a_session_that_was_ended_here_is_ended_over_there_by_the_page(alone: LiveSite, twin, new_page: NewPage):
    alone.platform.db.bind()
    await newcomer(alone, twin, "user_slow", "slow_out")
    page = await new_page()
    await page.goto(f"{alone.url}sign-in")
    await component(page, "slow")
    await page.wait_for_url(re.compile(r"/$"))
    sid = await page.evaluate("localStorage.getItem('stand-in-session')")
    # Given that Clerk's API does not answer while somebody signs out
    twin.failing = "failed"
    await sign_out(page)
    # When they come to the sign-in page, Then the component's own session is over, and it asks who they are
    await page.goto(f"{alone.url}sign-in")
    await page.wait_for_url(re.compile(r"/here\?over=1$"))
    await page.wait_for_selector(".stand-in")
    assert twin.signed_out == [sid]
    assert await who(page) == ""
    twin.failing = ""
    await component(page, "slow")
    await page.wait_for_url(re.compile(r"/$"))
    assert await who(page) == "slow_out"


async def test_a_member_links_clerk_and_signs_in_by_it(beside: LiveSite, twin, new_page: NewPage):
    beside.platform.db.bind()
    twin.azp = beside.platform.site.url
    twin.people["user_linked"] = person("linked")
    await beside.member("has_password")
    page = await new_page()
    await page.goto(f"{beside.url}sign-in")
    assert await page.locator(".stand-in").count() == 0
    await page.fill("#username", "has_password")
    await page.fill("#password", PASSWORD)
    await page.click("form[action='/sign-in'] button:has-text('Sign in')")
    await page.wait_for_url(re.compile(r"/$"))
    await page.goto(f"{beside.url}settings#ways")
    await page.click("text=Link Clerk")
    await page.wait_for_url("**/here")
    await component(page, "linked")
    await page.wait_for_url("**/settings#ways")
    assert "You can sign in with Clerk from now on" in await page.content()
    user = await User.get(username_key="has_password")
    assert await Identity.filter(user_id=user.id, provider="clerk", subject="user_linked").exists()
    other = await new_page()
    await other.goto(f"{beside.url}sign-in")
    await other.click("text=Continue with Clerk")
    await component(other, "linked")
    await other.wait_for_url(re.compile(r"/$"))
    assert await who(other) == "has_password"


async def test_without_its_scripts_the_page_says_so(alone: LiveSite, twin, new_page: NewPage):
    twin.scripts_gone = True
    page = await new_page()
    await page.clock.install()
    await page.goto(f"{alone.url}sign-in")
    await page.wait_for_selector("#embedded-status:visible")
    await page.clock.run_for(16_000)
    await page.wait_for_selector("#embedded-failed:visible")
    assert await page.is_hidden("#embedded-status")
    assert "does not answer at the moment" in await page.inner_text("#embedded-failed")


async def test_without_javascript_a_sentence_says_what_is_needed(alone: LiveSite, chromium):
    context = await chromium.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{alone.url}sign-in")
    assert "needs JavaScript" in await page.inner_text("noscript")
    assert await page.is_hidden("#embedded-status")
    await context.close()


async def test_the_page_is_right_in_both_themes_wide_and_narrow(
    alone: LiveSite, beside: LiveSite, twin, new_page: NewPage
):
    wrong: list[str] = []
    page = await new_page()
    await page.goto(f"{alone.url}sign-in")
    await page.wait_for_selector(".stand-in")
    wrong += await audit(page, "clerk-sign-in")
    await page.goto(f"{beside.url}sign-in")
    await page.click("text=Continue with Clerk")
    await page.wait_for_selector(".stand-in")
    wrong += await audit(page, "clerk-beside")
    assert wrong == []
