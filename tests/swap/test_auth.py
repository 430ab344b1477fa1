"""Sign in, me, revoke, ban: the same text on every auth provider, and the provider switched half-way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from auth_stands import ComponentInMemory, PagesInMemory, Passwords, auth_stands
from swap_kit import House, Stand, again

from aethex_live.errors import Forbidden
from aethex_live.models import Session, User
from aethex_live.providers import AccessDenied, Kind, NotFound, Offer
from aethex_live.providers.auth import AuthCap, AuthProvider, Embedding, Issuing, ProvenIdentity, Revoking
from aethex_live.testing.fakes import FakeAuth, FakeElsewhere, FakeInside
from sites import Browser, LiveSite
from swap_report import Steps

PROVIDERS = ("local", "oidc", "clerk", "fake", "elsewhere", "inside")
SWITCHES = [(old, new) for old in PROVIDERS[:3] for new in PROVIDERS[:3] if old != new]
OTHER = "four quite ordinary words"


@pytest_asyncio.fixture(scope="module")
async def house(database_copy: Any, tmp_path_factory: Any) -> AsyncIterator[House]:
    """A site with every auth provider set up, those in memory among them."""
    dsn, folder = await database_copy(), tmp_path_factory.mktemp("swap")
    async with auth_stands() as stands, House("auth", dsn, folder, stands) as made:
        site = await made.start("local")
        install = site.platform.providers.install
        elsewhere, inside = FakeElsewhere(), FakeInside()
        install("auth_local", Kind.AUTH, Offer("fake", FakeAuth), announced=True)
        install("auth_local", Kind.AUTH, Offer("elsewhere", lambda: elsewhere), announced=True)
        install("auth_local", Kind.AUTH, Offer("inside", lambda: inside), announced=True)
        made.stands = [
            *stands,
            Stand("fake", "", hands=Passwords()),
            Stand("elsewhere", "", hands=PagesInMemory(elsewhere)),
            Stand("inside", "", hands=ComponentInMemory(inside)),
        ]
        yield made


class Person:
    """Somebody whom a provider proves, and their account here."""

    def __init__(self, site: LiveSite, provider: Any, door: Any) -> None:
        self.site, self.provider, self.door = site, provider, door
        self.domain = site.platform.domain
        self.name = f"ada_{provider.name}"
        self.proven: ProvenIdentity
        self.user: User
        self.token = ""

    async def prove(self) -> None:
        assert isinstance(self.provider, AuthProvider)
        self.proven = await self.door.prove(self.site, self.provider, self.name)
        assert self.proven.provider == self.provider.name
        assert (await self.door.prove(self.site, self.provider, self.name)).subject == self.proven.subject

    async def come_back(self) -> None:
        assert isinstance(self.provider, Issuing)
        assert self.provider.issuer_of(self.proven.subject) == self.door.key
        assert self.provider.subject_of(self.door.key, self.door.name_there(self.name)) == self.proven.subject

    async def join(self) -> None:
        assert await self.domain.linking.account_of(self.proven) is None
        self.user = await self.domain.joining.register(self.proven, self.name)

    async def sign_in(self) -> None:
        self.proven = await self.door.prove(self.site, self.provider, self.name)
        found = await self.domain.linking.account_of(self.proven)
        assert found is not None
        assert found.id == self.user.id
        self.token = await self.domain.sessions.open(found, provider=self.provider.name, provider_session="sess_1")

    async def me(self) -> None:
        actor = await self.domain.sessions.identify(self.token)
        assert actor is not None
        assert (actor.user_id, actor.username) == (self.user.id, self.name)

    async def change_password(self) -> None:
        prepared = await self.provider.prepare_password(OTHER)
        async with self.site.platform.db.transaction():
            await self.provider.set_password(self.proven.subject, prepared)
        assert (await self.provider.check_password(self.proven.subject, OTHER)).subject == self.proven.subject

    async def give_address(self) -> None:
        async with self.site.platform.db.transaction():
            await self.provider.claim_address(self.user.id, "ada@example.net")
        assert await self.provider.pending_address(self.user.id) == "ada@example.net"

    async def ask_for_a_code(self) -> None:
        assert not await self.provider.needs_second_step(self.proven.subject)
        with pytest.raises(AccessDenied):
            await self.provider.check_second_step(self.proven.subject, "000000")

    async def embed(self) -> None:
        assert isinstance(self.provider, Embedding)
        assert self.provider.frontend().module
        assert await self.provider.read_token({}, {}) is None
        assert (await self.provider.look_up(self.proven.subject)).subject == self.proven.subject

    async def revoke(self) -> None:
        [session] = await Session.filter(user_id=self.user.id)
        await self.domain.sessions.close(session.id)
        assert await self.domain.sessions.identify(self.token) is None

    async def revoke_there(self) -> None:
        assert isinstance(self.provider, Revoking)
        for _ in range(2):
            await self.provider.revoke_session("sess_1")

    async def ban(self) -> None:
        token = await self.domain.sessions.open(self.user, provider=self.provider.name)
        await self.domain.accounts.ban(self.user.id, reason="spam", by=None)
        self.domain.sessions.forget(user_id=self.user.id)
        assert await self.domain.sessions.identify(token) is None
        with pytest.raises(Forbidden):
            await self.domain.linking.account_of(self.proven)

    async def ban_there(self) -> None:
        assert isinstance(self.provider, Revoking)
        for banned in (True, False):
            await self.provider.set_banned(self.proven.subject, banned=banned)
        with pytest.raises(NotFound):
            await self.provider.set_banned("user_nobody", banned=True)

    async def forget(self) -> None:
        for _ in range(2):
            await self.provider.delete_subject(self.proven.subject)

    async def forget_password(self) -> None:
        with pytest.raises(AccessDenied):
            await self.provider.check_password(self.proven.subject, OTHER)


@pytest.mark.parametrize("name", PROVIDERS)
async def test_a_person_gets_in_by_any_provider(house: House, name: str, steps_of: Callable[..., Steps]) -> None:
    assert house.site is not None
    provider = house.site.platform.providers.auth(name)
    steps, ada = steps_of("auth", provider), Person(house.site, provider, house.stand(name).hands)
    await steps.take("prove who one is", ada.prove)
    way = AuthCap.EMBEDDED if AuthCap.EMBEDDED in provider.capabilities else AuthCap.REDIRECT
    await steps.take("be known by an issuer's name", ada.come_back, way)
    await steps.take("make an account", ada.join)
    await steps.take("sign in", ada.sign_in)
    await steps.take("me", ada.me)
    await steps.take("sign in within our page", ada.embed, AuthCap.EMBEDDED)
    await steps.take("a second step", ada.ask_for_a_code, AuthCap.SECOND_STEP)
    await steps.take("confirm an address", ada.give_address, AuthCap.ADDRESSES)
    await steps.take("change the password", ada.change_password, AuthCap.SET_PASSWORD)
    await steps.take("revoke the session", ada.revoke)
    await steps.take("revoke the session at the provider", ada.revoke_there, AuthCap.REVOKE)
    await steps.take("ban", ada.ban)
    await steps.take("ban at the provider", ada.ban_there, AuthCap.REVOKE)
    await steps.take("forget", ada.forget)
    await steps.take("a forgotten password opens nothing", ada.forget_password, AuthCap.SET_PASSWORD)
    steps.rest(AuthCap)


async def whoami(browser: Browser) -> str | None:
    answer = await browser.api("GET", "/me")
    return str(answer.json()["username"]) if answer.status == 200 else None


@pytest.mark.parametrize(("old", "new"), SWITCHES)
async def test_the_auth_provider_is_switched_half_way(
    old: str, new: str, whole_dsn: Any, tmp_path: Any, steps_of: Callable[..., Steps]
) -> None:
    dsn = await whole_dsn()
    async with auth_stands() as stands, House("auth", dsn, tmp_path, stands) as house:
        await _switch(house, old, new, steps_of)


async def _switch(house: House, old: str, new: str, steps_of: Callable[..., Steps]) -> None:
    before, after = house.stand(old).hands, house.stand(new).hands
    # Given an account that was made by one provider, and its browser
    site = await house.start(old)
    steps = steps_of("auth", site.platform.providers.auth(), f"{old} -> {new}")
    ada = await before.join(site, "ada")
    assert await whoami(ada) == "ada"

    # When the site starts with another one chosen
    site = await house.start(new)
    ada = await again(site, ada)

    async def still_in() -> None:
        assert await whoami(ada) == "ada"

    async def old_way() -> Browser:
        browser, _ = await before.sign_in(site, "ada")
        assert await whoami(browser) == "ada"
        return browser

    async def new_people() -> Browser:
        assert await whoami(await after.join(site, "grace")) == "grace"
        browser, _ = await after.sign_in(site, "grace")
        assert await whoami(browser) == "grace"
        return browser

    # Then who was in is in, comes in as before, and new people come in the new way
    await steps.take("an open session goes on", still_in)
    other = await steps.take("sign in the old way", old_way)
    assert other is not None
    grace = await steps.take("make an account and sign in the new way", new_people)
    assert grace is not None
    if hasattr(after, "link"):
        await steps.take("link the account with the new one", lambda: _link(site, ada, after))
    await steps.take("revoke a session of the old way", lambda: _revoke(ada, other))
    await steps.take("ban: neither way opens the account", lambda: _ban(site, before, ada, "ada"))
    await steps.take("ban who came the new way", lambda: _ban(site, after, grace, "grace"))


async def _link(site: LiveSite, ada: Browser, door: Any) -> None:
    answer = await door.link(ada, "ada-there")
    assert "You can sign in with" in answer.text
    browser, _ = await door.sign_in(site, "ada-there")
    assert await whoami(browser) == "ada"


async def _revoke(ada: Browser, other: Browser) -> None:
    """From one browser the others are signed out."""
    assert await whoami(other) == "ada"
    assert (await ada.api("DELETE", "/me/sessions")).status == 200
    assert await whoami(other) is None
    assert await whoami(ada) == "ada"


async def _ban(site: LiveSite, door: Any, browser: Browser, name: str) -> None:
    user = await User.get(username_key=name)
    await site.platform.domain.accounts.ban(user.id, reason="spam", by=None)
    shut, answer = await door.sign_in(site, name)
    assert (answer.status, "closed by the operators" in answer.text) == (403, True)
    assert await whoami(shut) is None
