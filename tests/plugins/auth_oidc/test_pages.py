"""The whole way in Chromium: the policy lets one leave and come back; pages are readable by all, in both themes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, async_playwright
from site_support import newcomer, oidc_site
from small_issuer import SmallIssuer, running

from aethex_live.models import User
from encoders import FLAGS, is_violation
from needs import need
from page_audit import audit
from sites import LiveSite

pytestmark = pytest.mark.slow
OpenPage = Callable[[], Awaitable[Page]]


@pytest_asyncio.fixture(scope="module")
async def browser() -> AsyncIterator[Chromium]:
    need("npm")
    program = need("chromium")
    async with async_playwright() as driver:
        found = await driver.chromium.launch(executable_path=str(program), args=FLAGS)
        yield found
        await found.close()


@pytest_asyncio.fixture
async def open_page(browser: Chromium) -> AsyncIterator[OpenPage]:
    errors: list[str] = []
    contexts = []

    async def make() -> Page:
        context = await browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="dark")
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
        page.on("console", lambda said: errors.append(f"{page.url}: {said.text}") if is_violation(said.text) else None)
        return page

    yield make
    for context in contexts:
        await context.close()
    assert errors == []


@pytest_asyncio.fixture(scope="module")
async def company() -> AsyncIterator[SmallIssuer]:
    async with running() as one:
        yield one


@pytest_asyncio.fixture(scope="module")
async def site(database_copy, tmp_path_factory, company) -> AsyncIterator[LiveSite]:
    issuers = {"company": company.settings(), "school": company.settings("School") | {"issuer": company.url + "/x"}}
    async with oidc_site(await database_copy(), tmp_path_factory.mktemp("site"), issuers) as live:
        yield live


async def test_one_leaves_comes_back_and_links_in_a_browser(
    site: LiveSite, company: SmallIssuer, open_page: OpenPage
) -> None:
    page, wrong = await open_page(), []
    company.somebody = "emp-1"
    company.claims = {"preferred_username": "ada.l", "name": "Ada"}
    # Given the sign-in page
    await page.goto(f"{site.url}sign-in?next=/settings")
    wrong += await audit(page, "oidc-sign-in")
    # When the button is pressed, Then one is there, and back, without another click
    await page.get_by_role("button", name="Continue with Company").click()
    await page.wait_for_url("**/sign-up/with")
    assert await page.get_by_label("User name").input_value() == "ada_l"
    wrong += await audit(page, "oidc-sign-up-with")
    await page.get_by_role("button", name="Make my account").click()
    await page.wait_for_url("**/settings")
    wrong += await audit(page, "oidc-settings")
    assert await User.filter(username_key="ada_l").exists()
    # and who is known comes in at once
    again = await open_page()
    await again.goto(f"{site.url}sign-in")
    await again.get_by_role("button", name="Continue with Company").click()
    await again.wait_for_url(site.url)
    await again.get_by_role("button", name="Your account").or_(again.locator(".ax-avatar").first).first.wait_for()
    assert wrong == []


async def test_a_no_over_there_is_a_readable_page(site: LiveSite, company: SmallIssuer, open_page: OpenPage) -> None:
    page = await open_page()
    company.somebody = ""
    await page.goto(f"{site.url}sign-in/with/oidc/company")
    wrong = await audit(page, "oidc-button")
    await page.get_by_role("button", name="Continue with Company").click()
    await page.wait_for_url("**/return?*")
    assert "did not let you in" in await page.inner_text("main")
    wrong += await audit(page, "oidc-refused")
    await page.get_by_role("link", name="To the sign-in page").click()
    await page.wait_for_url("**/sign-in")
    # and an issuer that can not be had is told on the page where one pressed the button
    await page.get_by_role("button", name="Continue with School").click()
    await page.get_by_text("School does not answer").wait_for()
    wrong += await audit(page, "oidc-down")
    assert wrong == []


async def test_a_proof_is_given_there_too(site: LiveSite, company: SmallIssuer, open_page: OpenPage) -> None:
    member = await newcomer(site, company, "emp-2", "prover")
    company.somebody, company.claims = "emp-2", {}
    page = await open_page()
    await page.context.add_cookies(
        [{"name": c.key, "value": c.value, "url": site.url} for c in member.session.cookie_jar]
    )
    await page.goto(f"{site.url}confirm?next=/settings/leave")
    assert await audit(page, "oidc-confirm") == []
    await page.get_by_role("button", name="Confirm with Company").click()
    await page.wait_for_url("**/settings/leave")
