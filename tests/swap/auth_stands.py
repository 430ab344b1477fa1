"""Auth providers with people before them: passwords of this site, an issuer elsewhere, Clerk's twin, those in memory.

Another provider is one more class with `join` and `sign_in`, and one more entry in `auth_stands`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from clerk_site import begin, hand_in
from clerk_twin import ClerkTwin, person
from site_support import address_in, way_back
from small_issuer import SmallIssuer, running
from swap_kit import Stand

from aethex_live.providers import AccessDenied
from aethex_live.providers.auth import AuthProvider, ProvenIdentity, SignInStart
from aethex_live.testing.fakes import FakeElsewhere, FakeInside
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
        self.link_at = f"/settings/ways/{provider}/{key}"
        self.key = key

    def name_there(self, name: str) -> str:
        """What the issuer calls somebody."""
        return name

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
        left = await browser.submit(self.link_at, page="/settings")
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


class Component(Elsewhere):
    """A component in our page, which hands a token in."""

    async def prove(self, site: LiveSite, provider: Any, name: str) -> ProvenIdentity:
        session = await provider.read_token({"authorization": f"Bearer {self.token(name)}"}, {})
        found: ProvenIdentity = session.identity
        return found

    async def sign_in(self, site: LiveSite, name: str) -> tuple[Browser, Answer]:
        browser = await site.browser()
        return browser, await hand_in(browser, await begin(browser, self.begin), self.token(name))

    async def link(self, browser: Browser, name: str) -> Answer:
        shown = await begin(browser, self.link_at, "/settings")
        return await hand_in(browser, shown, self.token(name))

    def token(self, name: str) -> str:
        """What the component has once somebody has signed in."""
        raise NotImplementedError


class ClerkComponent(Component):
    """Clerk's, of which a twin makes the tokens."""

    def __init__(self, clerk: ClerkTwin) -> None:
        super().__init__("clerk", "clerk")
        self.clerk = clerk

    def name_there(self, name: str) -> str:
        return f"user_{''.join(filter(str.isalnum, name))}"

    def token(self, name: str) -> str:
        user = self.name_there(name)
        self.clerk.people.setdefault(user, person(user.removeprefix("user_")))
        return self.clerk.mint(user)


class ComponentInMemory(Component):
    """That of the provider in memory."""

    def __init__(self, fake: FakeInside) -> None:
        super().__init__(fake.name, "inside")
        self.fake = fake

    def token(self, name: str) -> str:
        self.fake.people.setdefault(name, name)
        return self.fake.mint(name)


@asynccontextmanager
async def auth_stands() -> AsyncIterator[list[Stand]]:
    """Those that a site can choose, with an issuer that runs."""
    clerk = ClerkTwin()
    async with running() as issuer, clerk.open():
        yield [
            Stand("local", "auth_local", hands=Passwords()),
            Stand("oidc", "auth_oidc", {"issuers": {"company": issuer.settings()}}, IssuerPages(issuer)),
            Stand("clerk", "auth_clerk", clerk.settings(webhook_secrets=[clerk.secret]), ClerkComponent(clerk)),
        ]
        assert clerk.wrong_calls() == []
