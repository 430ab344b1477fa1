"""Auth providers with people before them: passwords of this site, an issuer elsewhere, and the two in memory.

Another provider is one more class with `join` and `sign_in`, and one more entry in `auth_stands`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from site_support import address_in, way_back
from small_issuer import SmallIssuer, running
from swap_kit import Stand

from aethex_live.providers import AccessDenied
from aethex_live.providers.auth import AuthProvider, ProvenIdentity, SignInStart
from aethex_live.testing.fakes import FakeElsewhere
from sites import PASSWORD, Answer, Browser, LiveSite

RETURN = "https://live.example/return"


class Door(Protocol):
    """How people get in by one provider."""

    async def prove(self, site: LiveSite, provider: Any, name: str) -> ProvenIdentity:
        """Somebody proves who they are, to the provider alone; the first time they are made there."""
        ...

    async def join(self, site: LiveSite, name: str) -> Browser:
        """Make an account by this provider, which is the chosen one."""
        ...

    async def sign_in(self, site: LiveSite, name: str) -> tuple[Browser, Answer]:
        """Sign in with it in another browser; and the page that came of it."""
        ...


class Passwords:
    """Forms of the site."""

    async def prove(self, site: LiveSite, provider: AuthProvider, name: str) -> ProvenIdentity:
        try:
            return await provider.check_password(name, PASSWORD)
        except AccessDenied:
            prepared = await provider.prepare_password(PASSWORD)
            async with site.platform.db.transaction():
                return await provider.register(name, prepared)

    async def join(self, site: LiveSite, name: str) -> Browser:
        return await site.member(name)

    async def sign_in(self, site: LiveSite, name: str) -> tuple[Browser, Answer]:
        browser = await site.browser()
        return browser, await browser.submit("/sign-in", username=name, password=PASSWORD)


class Elsewhere:
    """Pages of somebody else; `key` is that of the issuer."""

    def __init__(self, provider: str, key: str) -> None:
        self.begin = f"/sign-in/with/{provider}/{key}"
        self.key = key

    async def prove(self, site: LiveSite, provider: Any, name: str) -> ProvenIdentity:
        start = await provider.begin_sign_in(self.key, return_url=RETURN)
        query = self.visit(start, name)
        came = {"return_url": RETURN, "query": query, "kept": start.kept}
        found: ProvenIdentity = await provider.finish_sign_in(self.key, **came)
        return found

    async def join(self, site: LiveSite, name: str) -> Browser:
        browser, answer = await self.sign_in(site, name)
        assert answer.url.endswith("/sign-up/with"), answer.text
        done = await browser.submit("/sign-up/with", username=name)
        assert done.status == 200, done.text
        return browser

    async def sign_in(self, site: LiveSite, name: str) -> tuple[Browser, Answer]:
        browser = await site.browser()
        left = await browser.submit(self.begin, page="/sign-in")
        return browser, await browser.get(way_back(self.come_back(left, name), self.begin))

    async def link(self, browser: Browser, name: str) -> Answer:
        """Somebody who is signed in adds this way to the account."""
        left = await browser.submit(self.begin.replace("/sign-in/with", "/settings/ways"), page="/settings")
        return await browser.get(way_back(self.come_back(left, name), self.begin))

    def visit(self, start: SignInStart, name: str) -> Any:
        """What the page there does."""
        raise NotImplementedError

    def come_back(self, left: Answer, name: str) -> dict[str, str]:
        """The same from the page that sends people there."""
        raise NotImplementedError


class IssuerPages(Elsewhere):
    """A real issuer on loopback."""

    def __init__(self, issuer: SmallIssuer) -> None:
        super().__init__("oidc", "company")
        self.issuer = issuer

    def visit(self, start: SignInStart, name: str) -> dict[str, str]:
        return self.issuer.visit(start.url, name)

    def come_back(self, left: Answer, name: str) -> dict[str, str]:
        return self.issuer.visit(address_in(left), name)


class PagesInMemory(Elsewhere):
    """Those of the provider in memory, which nobody has to see."""

    def __init__(self, fake: FakeElsewhere) -> None:
        super().__init__(fake.name, "red")
        self.fake = fake

    def visit(self, start: SignInStart, name: str) -> Any:
        return self.fake.arrive(start, name)


@asynccontextmanager
async def auth_stands() -> AsyncIterator[list[Stand]]:
    """Those that a site can choose, with an issuer that runs."""
    async with running() as issuer:
        yield [
            Stand("local", "auth_local", hands=Passwords()),
            Stand("oidc", "auth_oidc", {"issuers": {"company": issuer.settings()}}, IssuerPages(issuer)),
        ]
