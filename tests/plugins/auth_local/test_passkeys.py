"""Passkeys in Chromium, with the authenticator that its developer tools lend: make one, sign in, prove it, lose it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest_asyncio
from account_support import CHEAP, accounts_site, join, make_stale, user
from playwright.async_api import BrowserContext, CDPSession, Page, async_playwright

from aethex_live.settings import Site
from aethex_plugins.auth_local.models import Passkey
from sites import PASSWORD, LiveSite, free_port, start_site

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


@pytest_asyncio.fixture(scope="module")
async def site(database_copy, tmp_path_factory) -> AsyncIterator[LiveSite]:
    async with await run_by_name(await database_copy(), tmp_path_factory.mktemp("site")) as live:
        yield live


async def run_by_name(dsn: str, folder: Path) -> LiveSite:
    """A site that is reached by a name: browsers make no passkeys for addresses of numbers."""
    port = free_port()
    live = await start_site(
        Site.model_validate(
            {
                "host": "127.0.0.1",
                "port": port,
                "url": f"http://localhost:{port}",
                "data": folder,
                "database_url": dsn,
                "providers": {"streaming": "none"},
                "disable": ("stream_local",),
                "plugins": {"auth_local": CHEAP},
            }
        )
    )
    live.url = f"http://localhost:{port}/"
    return live


@dataclass
class Device:
    """A browser with an authenticator of its own."""

    context: BrowserContext
    page: Page
    tools: CDPSession
    authenticator: str
    problems: list[str]

    async def credentials(self) -> list[dict[str, Any]]:
        found = await self.tools.send("WebAuthn.getCredentials", {"authenticatorId": self.authenticator})
        return list(found["credentials"])

    async def put(self, credential: dict[str, Any]) -> None:
        params = {"authenticatorId": self.authenticator, "credential": credential}
        await self.tools.send("WebAuthn.addCredential", params)

    async def fill_in(self, path: str, **fields: str) -> None:
        await self.page.goto(path)
        for name, value in fields.items():
            await self.page.fill(f"main [name={name}]", value)


@asynccontextmanager
async def device(site: LiveSite, program: Path) -> AsyncIterator[Device]:
    with tempfile.TemporaryDirectory() as home:
        async with async_playwright() as driver:
            browser = await driver.chromium.launch(executable_path=str(program), args=FLAGS, env={"HOME": home})
            context = await browser.new_context(base_url=site.url)
            page = await context.new_page()
            page.set_default_timeout(15000)
            problems: list[str] = []
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.on(
                "console",
                lambda said: problems.append(said.text) if "Content Security Policy" in said.text else None,
            )
            tools = await context.new_cdp_session(page)
            await tools.send("WebAuthn.enable")
            options = {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
            made = await tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
            yield Device(context, page, tools, made["authenticatorId"], problems)
            await browser.close()


async def with_passkey(site: LiveSite, own: Device, name: str) -> None:
    """Sign somebody up in the browser and give them a passkey."""
    await own.fill_in("/sign-up", username=name, password=PASSWORD)
    await own.page.click("main form button.ax-btn--primary")
    await own.page.wait_for_url(site.url)
    await own.page.goto("/settings")
    await own.page.fill("#passkey-name", f"Key of {name}")
    async with own.page.expect_navigation():
        await own.page.click("text=Add a passkey")
    assert f"Key of {name}" in await own.page.inner_text("#security")


async def sign_out(own: Device) -> None:
    await own.page.goto("about:blank")
    await own.context.clear_cookies()


async def sign_in_by_passkey(own: Device, path: str = "/sign-in?next=%2Fsettings") -> None:
    await own.page.goto(path)
    await own.page.click("text=Sign in with a passkey")


async def test_a_passkey_is_made_and_signs_in_without_name_or_password(site: LiveSite, need: Callable[[str], Path]):
    async with device(site, need("chromium")) as own:
        # Given somebody with a passkey, signed out
        await with_passkey(site, own, "ada")
        await sign_out(own)
        # When they press the button, they are in
        async with own.page.expect_navigation(url="**/settings"):
            await sign_in_by_passkey(own)
        assert "@ada" in await own.page.inner_text("#account")
        # Then its use is noted, and nothing on the pages went wrong
        row = await Passkey.get(user_id=(await user(site, "ada")).id)
        assert row.used_at is not None
        assert row.sign_count > 0
        assert own.problems == []


async def test_it_proves_again_who_one_is(site: LiveSite, need: Callable[[str], Path]):
    async with device(site, need("chromium")) as own:
        await with_passkey(site, own, "grace")
        await make_stale(site, "grace")
        await own.page.goto("/p/auth_local/two-step")
        assert "/confirm" in own.page.url
        async with own.page.expect_navigation(url="**/p/auth_local/two-step"):
            await own.page.click("text=Confirm with a passkey")
        # and adding one with an old proof leads to the question
        await make_stale(site, "grace")
        await own.page.goto("/settings")
        async with own.page.expect_navigation(url="**/confirm?next=*"):
            await own.page.click("text=Add a passkey")


async def test_a_removed_passkey_and_a_strangers_open_nothing(site: LiveSite, need: Callable[[str], Path]):
    async with device(site, need("chromium")) as own:
        await with_passkey(site, own, "linus")
        row = await Passkey.get(user_id=(await user(site, "linus")).id)
        stranger, _ = await join(site, "mallory")
        assert (await stranger.api("DELETE", f"/me/passkeys/{row.id}")).status == 404
        assert (await stranger.api("PATCH", f"/me/passkeys/{row.id}", {"name": "Mine"})).status == 404
        # removed on the page by its owner
        await own.page.goto("/settings")
        async with own.page.expect_navigation():
            await own.page.click("#security form[action$='/remove'] button")
        assert not await Passkey.exists(id=row.id)
        await sign_out(own)
        await sign_in_by_passkey(own)
        await own.page.wait_for_selector("ax-passkey [role=alert]:not([hidden])")
        assert "not known here" in await own.page.inner_text("ax-passkey [role=alert]")
        assert not await own.page.evaluate("fetch('/api/v1/me').then((answer) => answer.ok)")


async def test_a_copy_of_a_passkey_is_found_out_and_the_owner_told(site: LiveSite, need: Callable[[str], Path]):
    async with device(site, need("chromium")) as own:
        # Given a passkey that was copied, and then used by its owner
        await with_passkey(site, own, "edsger")
        copy = (await own.credentials())[0]
        await sign_out(own)
        for _ in range(2):
            async with own.page.expect_navigation(url="**/settings"):
                await sign_in_by_passkey(own)
            await sign_out(own)
        # When the copy, whose counter has stayed behind, is used
        await own.tools.send("WebAuthn.clearCredentials", {"authenticatorId": own.authenticator})
        await own.put(copy)
        await sign_in_by_passkey(own)
        await own.page.wait_for_selector("ax-passkey [role=alert]:not([hidden])")
        # Then it is refused, and neither it nor the real one opens anything from now on
        assert "exists twice" in await own.page.inner_text("ax-passkey [role=alert]")
        row = await Passkey.get(user_id=(await user(site, "edsger")).id)
        assert row.cloned_at is not None


async def test_an_answer_is_taken_once_and_for_its_own_question(site: LiveSite, need: Callable[[str], Path]):
    async with device(site, need("chromium")) as own:
        await with_passkey(site, own, "barbara")
        await sign_out(own)
        sent: list[str] = []
        own.page.on(
            "request",
            lambda asked: sent.append(asked.post_data or "") if asked.url.endswith("/session/passkey") else None,
        )
        async with own.page.expect_navigation(url="**/settings"):
            await sign_in_by_passkey(own)
        body = orjson.loads(sent[0])
        visitor = await site.browser()
        # a replay, an answer to a question that nobody put, and one for another purpose
        replay = await visitor.api("POST", "/session/passkey", body)
        assert (replay.status, "dead-challenge" in replay.text) == (422, True)
        for mangled in (
            {},
            {"id": "x", "response": {}},
            {"id": "x", "response": {"clientDataJSON": "e30"}},
            {"id": 7, "response": {"clientDataJSON": [1]}},
            body["credential"] | {"response": body["credential"]["response"] | {"signature": "AAAA"}},
        ):
            answer = await visitor.api("POST", "/session/passkey", {"credential": mangled})
            assert answer.status == 422, answer.text
        assert (await visitor.api("GET", "/me")).status == 401
        cross = await visitor.ask(
            "POST", "/api/v1/session/passkey/options", json={}, headers={"Origin": "https://evil.example"}
        )
        assert cross.status == 403


async def test_on_an_address_of_numbers_none_are_offered(database_copy, tmp_path: Path):
    async with accounts_site(await database_copy(), tmp_path) as site:
        browser, _ = await join(site, "ada")
        assert "<ax-passkey" not in (await (await site.browser()).get("/sign-in")).text
        assert "browsers take passkeys only of sites with a name" in (await browser.get("/settings")).text
        answer = await browser.api("POST", "/me/passkeys/options")
        assert answer.status == 409
        assert re.search("name and https", answer.text)
