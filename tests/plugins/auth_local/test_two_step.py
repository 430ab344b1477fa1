"""Codes of an app as the second step: setting up, signing in, replays, recovery codes, who is let through where."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pyotp
import pytest_asyncio
from account_support import accounts_site, api_error, join, user

from aethex_live.clock import ManualClock
from aethex_plugins.auth_local.models import RecoveryCode, Totp
from sites import PASSWORD, Browser, LiveSite


@pytest_asyncio.fixture(scope="module")
async def site(database_copy, tmp_path_factory) -> AsyncIterator[LiveSite]:
    folder = tmp_path_factory.mktemp("site")
    async with accounts_site(await database_copy(), folder, ManualClock()) as live:
        yield live


class App:
    """Somebody's authenticator app."""

    def __init__(self, site: LiveSite, key: str) -> None:
        self._site = site
        self._totp = pyotp.TOTP(key.replace(" ", ""))

    def code(self, steps: int = 0) -> str:
        return str(self._totp.at(self._site.platform.clock.now() + timedelta(seconds=30 * steps)))

    def next(self) -> str:
        """The code of the next half minute."""
        self._site.platform.clock.advance(30)  # type: ignore[attr-defined]  # the manual clock of this site
        return self.code()


async def protected(site: LiveSite, name: str) -> tuple[Browser, App, list[str]]:
    """A member with codes switched on, their app, their recovery codes."""
    browser, _ = await join(site, name)
    setup = (await browser.api("POST", "/me/two-step")).json()
    app = App(site, setup["key"])
    answer = await browser.api("POST", "/me/two-step/confirm", {"code": app.code()})
    assert answer.status == 200, answer.text
    return browser, app, answer.json()["recovery_codes"]


async def begun(site: LiveSite, name: str) -> Browser:
    """A visitor who has typed the password and is asked for a code."""
    visitor = await site.browser()
    answer = await visitor.submit("/sign-in", username=name, password=PASSWORD, next="/settings")
    assert answer.url.endswith("/sign-in/code"), answer.text
    assert (await visitor.api("GET", "/me")).status == 401
    return visitor


async def test_it_is_set_up_by_a_page_without_javascript(site: LiveSite):
    # Given the page with picture and key
    browser, _ = await join(site, "ada")
    page = await browser.get("/p/auth_local/two-step")
    assert 'src="data:image/svg+xml' in page.text
    key = page.text.partition('id="totp-key"')[2].partition(">")[2].partition("<")[0]
    app = App(site, key)
    # When the code is wrong it is not switched on, and the key stays the same
    wrong = await browser.submit("/p/auth_local/two-step", code="000000")
    assert (wrong.status, key in wrong.text) == (422, True)
    # When it is right, ten recovery codes are shown once
    done = await browser.submit("/p/auth_local/two-step", code=app.code())
    codes = done.text.partition('id="recovery-codes"')[2].partition(">")[2].partition("</pre>")[0].split()
    assert len(set(codes)) == 10
    assert codes[0] not in (await browser.get("/settings")).text
    # Then signing in takes both
    visitor = await begun(site, "ada")
    answer = await visitor.submit("/sign-in/code", code=app.next())
    assert answer.url.endswith("/settings")


async def test_a_code_is_taken_once_and_a_step_to_each_side(site: LiveSite):
    _, app, _ = await protected(site, "grace")
    site.platform.clock.advance(300)  # type: ignore[attr-defined]  # the manual clock of this site
    for steps, taken in (
        (-2, False),
        (2, False),
        (-1, True),
        (-1, False),
        (0, True),
        (0, False),
        (1, True),
        (0, False),
    ):
        visitor = await begun(site, "grace")
        answer = await visitor.submit("/sign-in/code", code=app.code(steps))
        assert (answer.url.endswith("/settings")) is taken, (steps, answer.text)


async def test_the_api_asks_for_the_code_and_takes_it(site: LiveSite):
    _, app, _ = await protected(site, "linus")
    visitor = await site.browser()
    pair = {"username": "linus", "password": PASSWORD}
    assert await api_error(await visitor.api("POST", "/session", pair)) == (401, "second-step-needed")
    assert await api_error(await visitor.api("POST", "/session", pair | {"code": "123456"})) == (401, "wrong-code")
    assert (await visitor.api("POST", "/session", pair | {"code": app.next()})).status == 201
    # a right code does not make a wrong password right, and says nothing about it
    wrong = {"username": "linus", "password": "something else 1", "code": app.next()}
    assert await api_error(await (await site.browser()).api("POST", "/session", wrong)) == (401, "wrong-password")


async def test_five_wrong_codes_end_the_sign_in(site: LiveSite):
    _, app, _ = await protected(site, "edsger")
    visitor = await begun(site, "edsger")
    statuses = [(await visitor.submit("/sign-in/code", code="000000")).status for _ in range(5)]
    assert statuses == [401] * 5
    over = await visitor.submit("/sign-in/code", page="/", code=app.next())
    assert over.url.rstrip("/").endswith("/sign-in")
    assert (await visitor.api("GET", "/me")).status == 401


async def test_the_second_step_belongs_to_one_browser_and_ends(site: LiveSite):
    _, app, _ = await protected(site, "barbara")
    await begun(site, "barbara")
    other = await site.browser()
    answer = await other.submit("/sign-in/code", page="/", code=app.next())
    assert (await other.api("GET", "/me")).status == 401, answer.text


async def test_one_persons_code_is_not_anothers(site: LiveSite):
    _, app, codes = await protected(site, "alice_one")
    await protected(site, "bob_one")
    visitor = await begun(site, "bob_one")
    assert (await visitor.submit("/sign-in/code", code=app.next())).status == 401
    assert (await visitor.submit("/sign-in/code", code=codes[0])).status == 401


async def test_a_recovery_code_works_once_in_any_spelling(site: LiveSite):
    browser, _, codes = await protected(site, "donald")
    typed = f" {codes[3].replace('-', ' ').lower()} "
    visitor = await begun(site, "donald")
    assert (await visitor.submit("/sign-in/code", code=typed)).url.endswith("/settings")
    assert (await (await begun(site, "donald")).submit("/sign-in/code", code=codes[3])).status == 401
    assert (await browser.api("GET", "/me/security")).json()["recovery_codes_left"] == 9
    # new ones end the old ones
    fresh = (await browser.api("POST", "/me/recovery-codes")).json()["recovery_codes"]
    assert len(fresh) == 10
    assert (await (await begun(site, "donald")).submit("/sign-in/code", code=codes[4])).status == 401


async def test_switching_off_ends_the_question_and_the_codes(site: LiveSite):
    browser, _, _ = await protected(site, "evelyn")
    await browser.submit("/p/auth_local/two-step/off", page="/settings")
    visitor = await site.browser()
    assert (await visitor.submit("/sign-in", username="evelyn", password=PASSWORD)).status == 200
    assert (await visitor.api("GET", "/me")).status == 200
    row = await user(site, "evelyn")
    assert await RecoveryCode.filter(user_id=row.id).count() == 0


async def test_what_was_begun_and_not_confirmed_asks_nobody(site: LiveSite):
    browser, _ = await join(site, "halfway")
    await browser.api("POST", "/me/two-step")
    visitor = await site.browser()
    assert (await visitor.submit("/sign-in", username="halfway", password=PASSWORD)).status == 200


async def test_no_table_holds_secret_or_code(site: LiveSite):
    _, app, codes = await protected(site, "canary")
    row = await user(site, "canary")
    stored = await Totp.get(user_id=row.id)
    hashes = [code.code_hash for code in await RecoveryCode.filter(user_id=row.id)]
    key = str(app._totp.secret)
    assert key not in str(vars(stored))
    assert not {code.replace("-", "") for code in codes} & set(hashes)
    assert all(len(value) == 64 for value in hashes)
