"""A site whose only auth provider is "clerk": it works whole, and no page asks for a password."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
import pytest_asyncio
from clerk_site import (
    BEGIN,
    HERE,
    RETURN,
    STATE,
    begin,
    clerk_site,
    hand_in,
    newcomer,
    part,
    said,
    session_of,
    sign_in,
    whoami,
)
from clerk_twin import FOREIGN, ClerkTwin, person

from aethex_live.models import Identity, Session, User, WebhookEvent
from aethex_live.providers import Kind
from sites import CSRF, Browser, LiveSite

PASSWORD_FIELD = 'type="password"'


@pytest_asyncio.fixture(scope="module")
async def shared() -> AsyncIterator[ClerkTwin]:
    made = ClerkTwin()
    async with made.open():
        yield made


@pytest_asyncio.fixture(scope="module")
async def site(database_copy, tmp_path_factory, shared) -> AsyncIterator[LiveSite]:
    folder = tmp_path_factory.mktemp("site")
    async with clerk_site(await database_copy(), folder, shared) as live:
        yield live


@pytest.fixture
def twin(shared: ClerkTwin) -> ClerkTwin:
    return shared


@pytest_asyncio.fixture(autouse=True)
async def _as_ever(site, shared):
    site.platform.db.bind()
    await site.platform.cache.flushdb()  # nobody has tried too often
    for name in ("ada", "grace"):
        shared.people[f"user_{name}"] = person(name)
    yield
    shared.failing, shared.keys_trouble, shared.key = "", "", ClerkTwin.key
    site.platform.clock.ahead = timedelta()


async def until(true: Callable[[], object], seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


async def told(site: LiveSite, twin: ClerkTwin, kind: str, data: dict, **more) -> int:
    """A webhook comes in; its status."""
    request = twin.tell(kind, data, **more)
    browser = await site.browser()
    answer = await browser.ask("POST", "/webhooks/auth/clerk", data=request.body, headers=dict(request.headers))
    return answer.status


async def gone(browser: Browser, seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while await whoami(browser) is not None:
            await asyncio.sleep(0.05)


@pytest_asyncio.fixture(scope="module")
async def boss(site: LiveSite, shared: ClerkTwin) -> Browser:
    """The first operator, who set the site up by Clerk."""
    site.platform.db.bind()
    token = await site.platform.domain.setup.new_token()
    browser = await site.browser()
    page = await browser.get(f"/setup/{token}")
    assert "Continue with Clerk" in page.text
    assert PASSWORD_FIELD not in page.text
    shown = await begin(browser, f"/setup/{token}/with/clerk/clerk", f"/setup/{token}")
    assert "Who runs this site?" in shown.text
    shared.people["user_boss"] = person("boss")
    answer = await hand_in(browser, shown, shared.mint("user_boss"))
    assert "becomes the operator" in answer.text
    done = await browser.submit("/sign-up/with", username="boss")
    assert "You run this site now." in done.text
    return browser


async def test_the_first_operator_comes_by_clerk(site: LiveSite, boss: Browser):
    assert (await User.get(username_key="boss")).role == "operator"
    assert (await session_of("boss")).provider_session.startswith("sess_")
    page = await boss.get("/admin/providers")
    assert page.status == 200
    assert "clerk" in page.text


async def test_the_sign_in_page_has_the_component_and_widens_the_policy_of_no_other(site: LiveSite, twin: ClerkTwin):
    browser = await site.browser()
    shown = await browser.get("/sign-in")
    assert PASSWORD_FIELD not in shown.text
    assert f'src="{twin.url}/npm/@clerk/clerk-js@6/dist/clerk.browser.js"' in shown.text
    assert f'src="{twin.url}/npm/@clerk/ui@1/dist/ui.browser.js"' in shown.text
    assert f'data-clerk-publishable-key="{twin.publishable_key}"' in shown.text
    assert "<noscript>" in shown.text
    assert "needs JavaScript" in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    parts = (directive.partition(" ") for directive in policy_of(shown).split("; "))
    policy = {name: sources.split() for name, _, sources in parts}
    assert {twin.url, "https://challenges.cloudflare.com"} <= set(policy["script-src"])
    assert "'unsafe-inline'" not in policy["script-src"]
    assert twin.url in policy["connect-src"]
    assert "https://img.clerk.com" in policy["img-src"]
    assert "blob:" in policy["worker-src"]
    assert "https://challenges.cloudflare.com" in policy["frame-src"]
    assert "'unsafe-inline'" in policy["style-src"]
    assert policy["form-action"] == ["'self'"]
    assert policy["default-src"] == ["'none'"]
    for path in ("/", "/sign-up", BEGIN, "/sign-in/link", "/nowhere/at/all"):
        other = await browser.get(path)
        assert twin.url not in policy_of(other), path
        assert "clerk.com" not in policy_of(other), path
        assert twin.url not in other.text, path


def policy_of(answer) -> str:
    return str(answer.headers["Content-Security-Policy"])


async def test_the_first_time_one_chooses_a_name_and_then_one_is_known(site: LiveSite, twin: ClerkTwin, boss):
    twin.people["user_ada"]["username"] = "ada.l"
    browser = await site.browser()
    answer = await sign_in(browser, twin, "user_ada", page="/sign-in?next=/settings")
    assert answer.url.endswith("/sign-up/with")
    assert 'value="ada_l"' in answer.text
    assert "ada@example.org" in answer.text
    assert await whoami(browser) is None
    done = await browser.submit("/sign-up/with", username="ada_l")
    assert done.url.endswith("/settings")
    user = await User.get(username_key="ada_l")
    assert (user.display_name, user.email, user.email_verified_at is not None) == (
        "Ada Example",
        "ada@example.org",
        True,
    )
    assert await Identity.filter(user_id=user.id).values_list("provider", "subject") == [("clerk", "user_ada")]
    # and the next time, in another browser, nothing is asked, of the person and of Clerk
    before = len(twin.seen)
    again = await site.browser()
    answer = await sign_in(again, twin, "user_ada", page="/sign-in?next=/settings", sid="sess_again")
    assert answer.url.endswith("/settings")
    assert await whoami(again) == "ada_l"
    assert len(twin.seen) == before
    assert await Session.filter(user_id=user.id, provider="clerk", provider_session="sess_again").exists()


async def test_a_token_is_handed_in_by_the_page_that_was_shown_alone(site: LiveSite, twin: ClerkTwin, boss):
    await newcomer(site, twin, "user_csrf", "csrf_one")
    browser = await site.browser()
    shown = await browser.get("/sign-in")
    token, state = twin.mint("user_csrf"), part(STATE, shown.text)
    # without the form's own token, from another site, with another state, without a start
    assert (await browser.ask("POST", RETURN, data={"state": state, "token": token})).status == 403
    fields = {"state": state, "token": token, "csrf": part(CSRF, shown.text)}
    foreign = {"Origin": "https://evil.example"}
    assert (await browser.ask("POST", RETURN, data=fields, headers=foreign)).status == 403
    cross = {"Sec-Fetch-Site": "cross-site"}
    assert (await browser.ask("POST", RETURN, data=fields, headers=cross)).status == 403
    assert (await hand_in(browser, shown, token, state="x" * 43)).status == 400
    assert (await hand_in(browser, shown, token, state="é")).status == 400
    stranger = await site.browser()
    theirs = await stranger.get("/sign-up")
    lonely = {**fields, "csrf": part(CSRF, (await stranger.get("/sign-in")).text)}
    assert theirs.status == 200
    assert (await stranger.ask("POST", RETURN, data=lonely)).status == 400
    assert await whoami(browser) is None
    # and with all of it somebody is signed in, once
    again = await browser.get("/sign-in")
    assert (await hand_in(browser, again, token)).status == 200
    assert await whoami(browser) == "csrf_one"
    used = await hand_in(browser, again, twin.mint("user_csrf"))
    assert used.status == 400


async def test_a_start_is_taken_once_whatever_copies_of_its_cookie_there_are(site: LiveSite, twin: ClerkTwin, boss):
    await newcomer(site, twin, "user_copy", "copied")
    browser, copy = await site.browser(), await site.browser()
    shown = await browser.get("/sign-in")
    copy.session.cookie_jar.update_cookies({c.key: c.value for c in browser.session.cookie_jar})
    await hand_in(browser, shown, twin.mint("user_copy"))
    assert await whoami(browser) == "copied"
    answer = await hand_in(copy, shown, twin.mint("user_copy"))
    assert (answer.status, "used already" in answer.text) == (409, True)
    assert await whoami(copy) is None


@pytest.mark.parametrize(
    ("claims", "says"),
    [
        ({"sts": "pending"}, "not finished yet"),
        ({"iss": "https://clerk.elsewhere.org"}, "could not be verified"),
        ({"azp": "https://evil.example"}, "made for another address"),
        ({"exp": 1}, "too old"),
        ({"nbf": 4_102_444_800}, "a clock is wrong"),
        ({"act": {"sub": "user_support"}}, "opens nothing here"),
        ({"key": FOREIGN}, "could not be verified"),
    ],
    ids=lambda part: (
        part if isinstance(part, str) else "-".join(part)[:60]
    ),  # no keys, no clocks: all processes name them alike
)
async def test_a_token_that_does_not_hold_signs_nobody_in(site: LiveSite, twin: ClerkTwin, boss, claims, says):
    browser = await site.browser()
    answer = await sign_in(browser, twin, "user_boss", **claims)
    assert (answer.status, says in answer.text) == (400, True), said(answer)
    assert "You are not signed in" in answer.text
    assert await whoami(browser) is None


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "x" * 20_000, "\x00"])
async def test_what_is_no_token_signs_nobody_in(site: LiveSite, boss, token: str):
    browser = await site.browser()
    answer = await hand_in(browser, await browser.get("/sign-in"), token)
    assert answer.status == 400
    assert "You are not signed in" in answer.text


async def test_a_known_address_opens_no_account_and_makes_none(site: LiveSite, twin: ClerkTwin, boss):
    twin.people["user_mallory"] = person("mallory", email_addresses=person("boss")["email_addresses"])
    twin.people["user_mallory"]["primary_email_address_id"] = "idn_boss"
    browser = await site.browser()
    answer = await sign_in(browser, twin, "user_mallory")
    assert (answer.status, "an address alone opens no account" in answer.text) == (409, True)
    assert not await Identity.filter(subject="user_mallory").exists()


async def test_signing_out_here_signs_out_there_and_the_old_session_opens_nothing(
    site: LiveSite, twin: ClerkTwin, boss
):
    browser = await newcomer(site, twin, "user_out", "signs_out")
    mine = (await session_of("signs_out")).provider_session
    # Given that Clerk takes its time, When somebody signs out
    twin.failing = "timeout"
    await browser.submit("/sign-out", page="/settings")
    assert await whoami(browser) is None
    # Then a token of that session, which is still good over there, opens nothing: the page signs out there first
    answer = await sign_in(browser, twin, "user_out", sid=mine)
    assert answer.url.endswith(f"{HERE}?over=1")
    assert "data-over" in answer.text
    assert await whoami(browser) is None
    # and from there a new session is one
    answer = await hand_in(browser, answer, twin.mint("user_out", sid="sess_fresh"))
    assert await whoami(browser) == "signs_out"
    # and over there it ends as soon as Clerk answers
    twin.failing = ""
    await until(lambda: twin.sessions[mine]["status"] == "revoked", 60)
    assert twin.sessions["sess_fresh"]["status"] == "active"


async def test_the_api_signs_out_there_too(site: LiveSite, twin: ClerkTwin, boss):
    browser = await newcomer(site, twin, "user_api", "by_the_api")
    mine = (await session_of("by_the_api")).provider_session
    assert (await browser.api("DELETE", "/session")).status == 200
    await until(lambda: twin.sessions[mine]["status"] == "revoked")
    assert (await sign_in(browser, twin, "user_api", sid=mine)).url.endswith("?over=1")


async def test_another_browser_that_is_signed_out_here_is_signed_out_there(site: LiveSite, twin: ClerkTwin, boss):
    browser, other = await newcomer(site, twin, "user_two", "two_browsers"), await site.browser()
    await sign_in(other, twin, "user_two", sid="sess_other")
    assert await whoami(other) == "two_browsers"
    await browser.submit("/settings/sessions/end-others", page="/settings")
    await gone(other)
    await until(lambda: twin.sessions["sess_other"]["status"] == "revoked")
    assert await whoami(browser) == "two_browsers"


async def test_signing_in_once_more_by_the_same_session_ends_nothing_there(site: LiveSite, twin: ClerkTwin, boss):
    browser = await newcomer(site, twin, "user_same", "same_one")
    mine = (await session_of("same_one")).provider_session
    # Given a browser whose own session is replaced by one that the same session over there opens
    shown = await begin_signed_in(browser)
    assert await whoami(browser) == "same_one"
    await hand_in(browser, shown, twin.mint("user_same", sid=mine))
    assert (await session_of("same_one")).provider_session == mine
    await asyncio.sleep(1)  # there is nothing to wait for: nothing is to happen
    assert twin.sessions[mine]["status"] == "active"


async def begin_signed_in(browser: Browser):
    """The page as it was opened in another tab, before somebody signed in in this one."""
    kept = {c.key: c.value for c in browser.session.cookie_jar}
    browser.session.cookie_jar.clear()
    shown = await browser.get("/sign-in")
    fresh = {c.key: c.value for c in browser.session.cookie_jar}
    browser.session.cookie_jar.update_cookies({**kept, "aethex-with": fresh["aethex-with"]})
    form = part(CSRF, (await browser.get("/settings")).text)
    shown.text = CSRF.sub(f'name="csrf" value="{form}"', shown.text)
    return shown


async def test_a_ban_here_ends_the_sessions_there_and_nobody_comes_in_again(site: LiveSite, twin: ClerkTwin, boss):
    browser = await newcomer(site, twin, "user_bad", "banned_one")
    mine = (await session_of("banned_one")).provider_session
    answer = await boss.api("POST", "/admin/people/banned_one", {"act": "ban", "reason": "spam"})
    assert answer.status == 200, answer.text
    await gone(browser)
    await until(lambda: twin.sessions[mine]["status"] == "revoked")
    again = await sign_in(await site.browser(), twin, "user_bad")
    assert again.status == 403
    assert "closed by the operators" in again.text


@pytest.mark.parametrize("kind", ["session.ended", "session.removed", "session.revoked"])
async def test_a_session_that_ends_there_ends_here(site: LiveSite, twin: ClerkTwin, boss, kind: str):
    name = kind.replace(".", "_")
    browser = await newcomer(site, twin, f"user_{kind[8:]}", name)
    mine = (await session_of(name)).provider_session
    data = {"object": "session", "id": mine, "user_id": f"user_{kind[8:]}", "status": kind[8:], "updated_at": 1}
    assert await told(site, twin, kind, data) == 204
    await gone(browser)
    # what Clerk told is not told back
    await asyncio.sleep(0.5)
    assert f"POST /sessions/{mine}/revoke" not in twin.calls


async def test_who_is_shut_out_or_deleted_there_is_signed_out_here(site: LiveSite, twin: ClerkTwin, boss):
    shut, deleted = (
        await newcomer(site, twin, "user_shut", "shut_out"),
        await newcomer(site, twin, "user_del", "deleted"),
    )
    now = time.time()
    assert await told(site, twin, "user.updated", person("shut", updated_at=int(now * 1000))) == 204
    assert await whoami(shut) == "shut_out", "a change of name ends nothing"
    banned = person("shut", banned=True, updated_at=int(now * 1000) + 1000)
    assert await told(site, twin, "user.updated", banned) == 204
    await gone(shut)
    assert await told(site, twin, "user.deleted", {"object": "user", "id": "user_del", "deleted": True}) == 204
    await gone(deleted)


async def test_an_old_state_that_comes_late_does_nothing(site: LiveSite, twin: ClerkTwin, boss):
    browser = await newcomer(site, twin, "user_late", "comes_late")
    now = int(time.time() * 1000)
    assert await told(site, twin, "user.updated", person("late", updated_at=now)) == 204
    async with asyncio.timeout(15):
        while not await WebhookEvent.filter(subject="user_late", state="done").exists():
            await asyncio.sleep(0.02)
    assert await told(site, twin, "user.updated", person("late", banned=True, updated_at=now - 5000)) == 204
    async with asyncio.timeout(15):
        while not await WebhookEvent.filter(subject="user_late", state="stale").exists():
            await asyncio.sleep(0.02)
    assert await whoami(browser) == "comes_late"


async def test_what_clerk_did_not_sign_is_refused(site: LiveSite, twin: ClerkTwin, boss):
    browser = await site.browser()
    genuine = twin.tell("user.deleted", {"id": "user_boss", "deleted": True})
    for headers, body in (
        ({}, genuine.body),
        (dict(genuine.headers), genuine.body + b" "),
        ({**genuine.headers, "svix-timestamp": "1"}, genuine.body),
    ):
        answer = await browser.ask("POST", "/webhooks/auth/clerk", data=body, headers=headers)
        assert answer.status in {400, 401}, answer.text
    assert await told(site, twin, "user.deleted", {"id": "user_boss"}, at=time.time() - 600) in {400, 401}
    assert await whoami(boss) == "boss"


async def test_who_proved_themselves_long_ago_is_asked_again_before_what_is_sensitive(
    site: LiveSite, twin: ClerkTwin, boss
):
    browser = await newcomer(site, twin, "user_old", "old_proof")
    assert (await session_of("old_proof")).proven_at is not None
    other = await site.browser()
    await sign_in(other, twin, "user_old", sid="sess_old", fva=[600, -1])
    assert await whoami(other) == "old_proof"
    assert (await Session.get(provider_session="sess_old")).proven_at is None
    asked = await other.submit("/settings/ways/clerk/clerk", page="/settings")
    assert "/confirm" in asked.url
    assert "Or sign out and in again" in asked.text
    assert "Confirm with Clerk" not in asked.text
    refused = await other.submit("/confirm/with/clerk/clerk", page="/settings")
    assert (refused.status, "Sign out and in again" in refused.text) == (409, True)
    assert await whoami(browser) == "old_proof"


async def test_the_only_way_in_stays(site: LiveSite, twin: ClerkTwin, boss):
    browser = await newcomer(site, twin, "user_only", "only_way")
    [row] = (await browser.api("GET", "/me/identities")).json()["items"]
    assert (row["provider"], row["issuer"], row["label"]) == ("clerk", "clerk", "Clerk")
    assert (await browser.api("DELETE", f"/me/identities/{row['id']}")).status == 409


async def test_pages_wait_for_nobody_while_clerk_is_away(site: LiveSite, twin: ClerkTwin, boss):
    browser = await newcomer(site, twin, "user_away", "while_away")
    for how in ("timeout", "failed"):
        twin.failing = twin.keys_trouble = how
        for path in ("/", "/sign-up", "/settings", HERE):
            began = time.monotonic()
            answer = await browser.get(path)
            assert answer.status in {200, 400}
            assert time.monotonic() - began < 2, path
        # keys are remembered, so members come in; newcomers type their address themselves
        other = await site.browser()
        await sign_in(other, twin, "user_away")
        assert await whoami(other) == "while_away"
        began = time.monotonic()
        new = await sign_in(await site.browser(), twin, f"user_{how}")
        assert time.monotonic() - began < 2.5
        assert new.url.endswith("/sign-up/with")
        assert 'name="email"' in new.text


async def test_somebody_deleted_meanwhile_is_nobody(site: LiveSite, twin: ClerkTwin, boss):
    answer = await sign_in(await site.browser(), twin, "user_unheardof")
    assert (answer.status, "deleted meanwhile" in answer.text) == (400, True)


async def test_no_token_key_or_address_stands_where_others_read(site: LiveSite, twin: ClerkTwin, boss, caplog):
    caplog.set_level("DEBUG")
    browser = await site.browser()
    twin.people["user_quiet"] = person("quiet")
    token = twin.mint("user_quiet")
    await hand_in(browser, await browser.get("/sign-in"), token)
    await browser.submit("/sign-up/with", username="quiet_one")
    mine = (await session_of("quiet_one")).provider_session
    await browser.submit("/sign-out", page="/settings")
    await until(lambda: twin.sessions[mine]["status"] == "revoked")
    tables = ("core_event", "core_audit_entry", "core_outbox", "core_control_message", "core_site_fact")
    # the database's own log of a developer has every value
    said_aloud = [record.getMessage() for record in caplog.records if not record.name.startswith("tortoise")]
    texts = {"the log": "\n".join(said_aloud), "a page": (await boss.get("/admin/providers")).text}
    for table in tables:
        rows = await site.platform.db.fetch(f"select row_to_json(t)::text as row from {table} t")
        texts[table] = "\n".join(row["row"] for row in rows)
    provider = site.platform.providers.auth("clerk")
    texts["a repr"] = repr(provider) + repr(vars(provider)) + repr(provider._client)
    for secret in (token, token.rpartition(".")[2], twin.key, twin.secret, "quiet@example.org"):
        assert [place for place, text in texts.items() if secret in text] == []


async def test_the_provider_is_tried_out_and_listed(site: LiveSite, boss):
    provider = site.platform.providers.auth("clerk")
    assert "takes the secret key" in await provider.try_out()
    assert site.platform.providers.names(Kind.AUTH) == ["clerk"]
    ways = (await boss.api("GET", "/sign-in/ways")).json()
    assert ways["passwords"] is False
    assert [way["provider"] for way in ways["items"]] == ["clerk"]
