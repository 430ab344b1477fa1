"""Signing in with an account elsewhere, beside passwords: the whole way, over a real site."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pyotp
import pytest
import pytest_asyncio
from site_support import BEGIN, forget_proof, go, leave, newcomer, oidc_site, way_back, whoami
from small_issuer import SmallIssuer, running

from aethex_live.models import AuditEntry, Event, Identity, Session, User
from aethex_live.services.mails import KEPT_MAILS
from aethex_plugins.auth_oidc.issuers import IssuerClient
from sites import CSRF, PASSWORD, LiveSite


@pytest_asyncio.fixture(scope="module")
async def company() -> AsyncIterator[SmallIssuer]:
    async with running() as one:
        yield one


@pytest_asyncio.fixture(scope="module")
async def school() -> AsyncIterator[SmallIssuer]:
    async with running() as one:
        yield one


@pytest_asyncio.fixture(scope="module")
async def site(database_copy, tmp_path_factory, company, school) -> AsyncIterator[LiveSite]:
    issuers = {"company": company.settings(), "school": school.settings("School")}
    async with oidc_site(await database_copy(), tmp_path_factory.mktemp("site"), issuers) as live:
        yield live


@pytest_asyncio.fixture(autouse=True)
async def _as_ever(site, company, school):
    """Issuers are honest again, and the database is the site's."""
    site.platform.db.bind()
    await site.platform.cache.flushdb()  # nobody has tried too often
    yield
    for issuer in (company, school):
        issuer.claims, issuer.people, issuer.trouble, issuer.sign = {}, {}, {}, None
    site.platform.clock.ahead = timedelta()


def token_of(text: str) -> str:
    found = CSRF.search(text)
    assert found
    return found.group(1)


def forget_addresses(site: LiveSite, key: str) -> IssuerClient:
    """Let the site ask an issuer for its addresses once more."""
    client: IssuerClient = site.platform.providers.auth("oidc")._issuers[key]  # type: ignore[union-attr]  # as it is
    client._metadata = None
    return client


async def test_the_first_time_one_chooses_a_name_and_then_one_is_known(site: LiveSite, company: SmallIssuer) -> None:
    # Given somebody whom the company knows
    company.claims = {"preferred_username": "ada.l", "name": "Ada Lovelace", "email": "ada@example.org"}
    company.claims |= {"email_verified": True}
    browser = await site.browser()
    page = await browser.get("/sign-in?next=/settings")
    assert "Continue with Company" in page.text
    assert "Continue with School" in page.text
    # When they sign in there
    answer = await go(browser, company, "emp-1", page="/sign-in?next=/settings", next="/settings")
    # Then they choose a name, with one filled in, and are where they wanted to go
    assert answer.url.endswith("/sign-up/with")
    assert 'value="ada_l"' in answer.text
    assert "ada@example.org" in answer.text
    assert await whoami(browser) is None
    done = await browser.submit("/sign-up/with", username="ada_l")
    assert done.url.endswith("/settings")
    user = await User.get(username_key="ada_l")
    assert (user.display_name, user.email, user.email_verified_at is not None) == (
        "Ada Lovelace",
        "ada@example.org",
        True,
    )
    assert await Identity.filter(user_id=user.id).values_list("provider", "subject") == [
        ("oidc", f"{company.url} emp-1")
    ]
    assert await Event.exists(type="user.registered", subject=f"user:{user.id}")
    # and the next time, in another browser, nothing is asked
    again = await site.browser()
    answer = await go(again, company, "emp-1", next="/settings")
    assert answer.url.endswith("/settings")
    assert await whoami(again) == "ada_l"
    assert (await Session.filter(user_id=user.id).first()).provider == "oidc"


async def test_a_link_from_elsewhere_shows_a_button_and_begins_nothing(site: LiveSite) -> None:
    browser = await site.browser()
    answer = await browser.get(BEGIN)
    assert (answer.status, "Continue with Company" in answer.text) == (200, True)
    assert "aethex-with" not in str(answer.headers.get("Set-Cookie", ""))
    assert (await browser.get("/sign-in/with/oidc/nobody")).status == 404
    assert (await browser.get("/sign-in/with/nobody/company")).status == 404


async def test_nothing_begins_without_the_form_of_a_page(site: LiveSite) -> None:
    browser = await site.browser()
    assert (await browser.ask("POST", BEGIN, data={"next": "/"})).status == 403
    foreign = {"Origin": "https://evil.example"}
    assert (await browser.ask("POST", BEGIN, data={}, headers=foreign)).status == 403


async def test_the_start_is_a_cookie_of_this_browser_and_host_alone(site: LiveSite) -> None:
    browser = await site.browser()
    answer = await browser.submit(BEGIN, page="/sign-in")
    cookie = next(c for c in answer.headers.getall("Set-Cookie") if c.startswith("aethex-with="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert "Max-Age=600" in cookie
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_return_is_taken_once(site: LiveSite, company: SmallIssuer) -> None:
    await newcomer(site, company, "emp-2", "once_only")
    browser = await site.browser()
    query = company.visit(await leave(browser), "emp-2")
    cookies = {c.key: c.value for c in browser.session.cookie_jar}
    assert await whoami(browser) is None
    await browser.get(way_back(query))
    assert await whoami(browser) == "once_only"
    sessions = await Session.all().count()
    # When the address is opened again, also with the cookies of before
    again = await browser.get(way_back(query))
    copy = await site.browser()
    copy.session.cookie_jar.update_cookies(cookies)
    replay = await copy.get(way_back(query))
    # Then a page says so and nothing happened
    assert again.status == 400
    assert (replay.status, "used already" in replay.text) == (409, True)
    assert await whoami(copy) is None
    assert await Session.all().count() == sessions


async def test_a_return_of_another_browser_changes_nothing(site: LiveSite, company: SmallIssuer) -> None:
    # Given an attacker who has begun a sign-in and stopped before the way back
    attacker, victim = await site.browser(), await site.member("victim_one")
    query = company.visit(await leave(attacker), "attacker")
    # When a victim opens that way back, Then they stay who they are
    answer = await victim.get(way_back(query))
    assert (answer.status, "not begun in this browser" in answer.text) == (400, True)
    assert await whoami(victim) == "victim_one"
    # also while they have a sign-in of their own under way
    guest = await site.browser()
    await leave(guest)
    assert (await guest.get(way_back(query))).status == 400
    assert await whoami(guest) is None


@pytest.mark.parametrize("state", ["", "x", "x" * 43, "é", "\udcff"])
async def test_a_wrong_state_changes_nothing(site: LiveSite, company: SmallIssuer, state: str) -> None:
    browser = await site.browser()
    query = company.visit(await leave(browser), "emp-3")
    safe = state.encode("utf-8", "surrogateescape").decode("latin-1")
    assert (await browser.get(way_back(query | {"state": safe}))).status == 400
    assert not await Identity.filter(subject=f"{company.url} emp-3").exists()


async def test_a_return_to_another_issuers_address_changes_nothing(
    site: LiveSite, company: SmallIssuer, school: SmallIssuer
) -> None:
    browser = await site.browser()
    query = company.visit(await leave(browser), "emp-4")
    answer = await browser.get(way_back(query, "/sign-in/with/oidc/school"))
    assert (answer.status, "begin anew" in answer.text) == (400, True)


@pytest.mark.parametrize("error", ["access_denied", "login_required", "<script>alert(1)</script>"])
async def test_who_is_turned_away_there_reads_so_here(site: LiveSite, company: SmallIssuer, error: str) -> None:
    browser = await site.browser()
    state = company.visit(await leave(browser), "emp-5")["state"]
    answer = await browser.get(way_back({"state": state, "error": error, "error_description": "<b>x</b>"}))
    assert answer.status == 400
    assert "You are not signed in" in answer.text
    assert "alert(1)" not in answer.text
    assert await whoami(browser) is None


async def test_who_comes_back_late_begins_anew(site: LiveSite, company: SmallIssuer) -> None:
    browser = await site.browser()
    query = company.visit(await leave(browser), "emp-6")
    site.platform.clock.ahead = timedelta(minutes=10)  # type: ignore[attr-defined]  # the clock of this site
    assert (await browser.get(way_back(query))).status == 400


async def test_a_forged_token_signs_nobody_in(site: LiveSite, company: SmallIssuer) -> None:
    from small_issuer import unsigned

    await newcomer(site, company, "emp-7", "target_one")
    company.sign = unsigned
    browser = await site.browser()
    answer = await go(browser, company, "emp-7")
    assert (answer.status, "could not be verified" in answer.text) == (400, True)
    assert await whoami(browser) is None


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "x" * 600])
async def test_nobody_is_sent_on_to_another_site(site: LiveSite, company: SmallIssuer, wanted: str) -> None:
    if not await User.filter(username_key="wanderer").exists():
        await newcomer(site, company, "emp-8", "wanderer")
    browser = await site.browser()
    answer = await go(browser, company, "emp-8", next=wanted)
    assert answer.url == site.url


async def test_an_address_opens_no_account(site: LiveSite, company: SmallIssuer) -> None:
    # Given a member, and an issuer that says that somebody has the member's address
    owner = await site.browser()
    await owner.submit("/sign-up", username="owner_two", email="", password=PASSWORD)
    user = await User.get(username_key="owner_two")
    await site.platform.domain.accounts.set_address(user.id, "Owner@Example.org", confirmed=True)
    company.claims = {"email": "owner@example.ORG", "email_verified": True, "name": "Owner"}
    browser = await site.browser()
    # When they sign in there
    answer = await go(browser, company, "emp-9")
    # Then they are told to sign in and link, and nothing is linked
    assert answer.status == 409
    assert "sign in as you do otherwise, then link Company in your settings" in " ".join(answer.text.split())
    assert await whoami(browser) is None
    assert await Identity.filter(user_id=user.id).count() == 1
    # An address that nobody verified tells nothing about accounts, and is nobody's
    company.claims["email_verified"] = False
    answer = await go(browser, company, "emp-9")
    assert answer.url.endswith("/sign-up/with")
    taken = await browser.submit("/sign-up/with", username="owner_three", email="owner@example.org")
    assert taken.status in {200, 409}
    assert (await User.get(id=user.id)).email == "Owner@Example.org"


async def test_linking_takes_a_proof_of_both(site: LiveSite, company: SmallIssuer) -> None:
    # Given a member whose last proof is an hour old
    member = await site.member("linker")
    user = await User.get(username_key="linker")
    await site.platform.domain.accounts.set_address(user.id, "linker@example.org", confirmed=True)
    await forget_proof("linker")
    action = "/settings/ways/oidc/company"
    asked = await member.submit(action, page="/settings")
    assert "/confirm?next=" in asked.url
    await member.submit("/confirm", page="/confirm", password=PASSWORD, next="/settings")
    # When they link
    answer = await go(member, company, "emp-10", action=action, page="/settings")
    # Then they can sign in with it, it is audited, and told to their address
    assert "You can sign in with Company from now on." in answer.text
    assert "Take off" in answer.text
    browser = await site.browser()
    await go(browser, company, "emp-10")
    assert await whoami(browser) == "linker"
    entry = await AuditEntry.get(action="identity.linked", subject=f"user:{user.id}")
    assert entry.detail == {"username": "linker", "provider": "oidc", "issuer": "company"}
    assert await Event.exists(type="user.identity_linked", subject=f"user:{user.id}")
    await site.platform.jobs.settle()
    mails = site.platform.services.get(KEPT_MAILS)
    assert mails is not None
    assert any(mail.to == "linker@example.org" for mail in await mails.page(limit=50))
    # and a second one of the same issuer is refused
    second = await go(member, company, "emp-11", action=action, page="/settings")
    assert (second.status, "already" in second.text) == (409, True)


async def test_an_identity_belongs_to_one_account(site: LiveSite, company: SmallIssuer) -> None:
    await newcomer(site, company, "emp-12", "first_owner")
    member = await site.member("second_owner")
    answer = await go(member, company, "emp-12", action="/settings/ways/oidc/company", page="/settings")
    assert (answer.status, "another account" in answer.text) == (409, True)
    assert await whoami(member) == "second_owner"


async def test_a_link_is_made_in_the_session_that_began_it(site: LiveSite, company: SmallIssuer) -> None:
    member = await site.member("leaver_one")
    query = company.visit(await leave(member, "/settings/ways/oidc/company", "/settings"), "emp-13")
    await member.submit("/sign-out", page="/settings")
    await member.submit("/sign-up", username="other_person", email="", password=PASSWORD)
    answer = await member.get(way_back(query))
    assert (answer.status, "meanwhile" in answer.text) == (409, True)
    assert not await Identity.filter(subject=f"{company.url} emp-13").exists()


async def test_one_link_too_many_is_refused_when_two_come_at_once(site: LiveSite, company: SmallIssuer) -> None:
    member = await site.member("hurried")
    user = await User.get(username_key="hurried")
    from aethex_live.errors import Conflict
    from aethex_live.providers.auth import ProvenIdentity

    proofs = [ProvenIdentity(provider="oidc", subject=f"{company.url} hurry-{n}") for n in range(4)]
    done = await asyncio.gather(
        *(site.platform.domain.linking.link(user.id, proven, None) for proven in proofs), return_exceptions=True
    )
    assert sum(isinstance(one, Conflict) for one in done) == 3
    assert await Identity.filter(user_id=user.id, provider="oidc").count() == 1
    assert member


async def test_the_last_way_in_stays(site: LiveSite, company: SmallIssuer, school: SmallIssuer) -> None:
    # Given somebody with one way in
    browser = await newcomer(site, company, "emp-14", "careful")
    user = await User.get(username_key="careful")
    row = await Identity.get(user_id=user.id)
    answer = await browser.submit(f"/settings/identities/{row.id}/remove", page="/settings")
    assert "only way into your account" in answer.text
    assert "/settings/password" not in answer.text
    # When there is a second one, either goes, but not both, also at once
    await go(browser, school, "pupil-1", action="/settings/ways/oidc/school", page="/settings")
    ids = [row.id for row in await Identity.filter(user_id=user.id)]
    assert len(ids) == 2
    token = token_of((await browser.get("/settings")).text)
    await asyncio.gather(
        *(browser.ask("POST", f"/settings/identities/{one}/remove", data={"csrf": token}) for one in ids)
    )
    assert await Identity.filter(user_id=user.id).count() == 1
    assert await AuditEntry.filter(action="identity.unlinked", subject=f"user:{user.id}").count() == 1


async def test_nobody_takes_a_way_off_anothers_account(site: LiveSite, company: SmallIssuer) -> None:
    await newcomer(site, company, "emp-15", "owner_four")
    row = await Identity.get(subject=f"{company.url} emp-15")
    stranger = await site.member("stranger_one")
    answer = await stranger.submit(f"/settings/identities/{row.id}/remove", page="/settings")
    assert "does not have this sign-in" in answer.text
    local = await Identity.get(user=await User.get(username_key="stranger_one"))
    await stranger.submit(f"/settings/identities/{local.id}/remove", page="/settings")
    assert await Identity.filter(id__in=[row.id, local.id]).count() == 2


async def test_a_code_of_ours_is_asked_for_where_the_account_has_codes(site: LiveSite, company: SmallIssuer) -> None:
    # Given an account without a password that has codes of an app
    browser = await newcomer(site, company, "emp-16", "coder")
    setup = (await browser.api("POST", "/me/two-step")).json()
    totp = pyotp.TOTP(setup["key"].replace(" ", ""))
    answer = await browser.api("POST", "/me/two-step/confirm", {"code": totp.now()})
    assert answer.status == 200, answer.text
    codes = answer.json()["recovery_codes"]
    # When it signs in elsewhere, Then the code is still owed
    other = await site.browser()
    answer = await go(other, company, "emp-16", next="/settings")
    assert answer.url.endswith("/sign-in/code")
    assert await whoami(other) is None
    done = await other.submit("/sign-in/code", code=codes[0])
    assert done.url.endswith("/settings")
    assert await whoami(other) == "coder"


async def test_who_is_banned_is_not_let_in_and_reads_why(site: LiveSite, company: SmallIssuer) -> None:
    await newcomer(site, company, "emp-17", "banned_one")
    user = await User.get(username_key="banned_one")
    await site.platform.domain.accounts.ban(user.id, reason="spam", by=None)
    browser = await site.browser()
    answer = await go(browser, company, "emp-17")
    assert (answer.status, "closed by the operators" in answer.text) == (403, True)
    assert await whoami(browser) is None


@pytest.mark.parametrize(
    ("username", "status", "said"),
    [
        ("", 422, "Fill"),
        ("a b", 422, "letters, digits or underscores"),
        ("admin", 422, "kept for the platform"),
        ("taken_name", 409, "taken"),
        ("Moderator", 422, "spoke for this site"),
    ],
)
async def test_a_name_keeps_the_rules(
    site: LiveSite, company: SmallIssuer, username: str, status: int, said: str
) -> None:
    if not await User.filter(username_key="taken_name").exists():
        await site.member("taken_name")
    browser = await site.browser()
    await go(browser, company, f"emp-18-{username}")
    answer = await browser.submit("/sign-up/with", username=username)
    assert answer.status == status, answer.text
    assert said in answer.text or username == ""
    assert await whoami(browser) is None
    assert not await Identity.filter(subject=f"{company.url} emp-18-{username}").exists()


async def test_the_page_of_the_name_is_for_who_was_proved_alone(site: LiveSite, company: SmallIssuer) -> None:
    stranger = await site.browser()
    assert (await stranger.get("/sign-up/with")).status == 404
    page = await stranger.get("/sign-in")
    answer = await stranger.ask("POST", "/sign-up/with", data={"username": "x_y_z", "csrf": token_of(page.text)})
    assert answer.status == 404
    # and what was proved is used once
    browser = await site.browser()
    await go(browser, company, "emp-19")
    cookies = {c.key: c.value for c in browser.session.cookie_jar}
    await browser.submit("/sign-up/with", username="made_once")
    copy = await site.browser()
    copy.session.cookie_jar.update_cookies({k: v for k, v in cookies.items() if k == "aethex-new"})
    assert (await copy.get("/sign-up/with")).status == 404


async def test_two_at_once_make_one_account(site: LiveSite, company: SmallIssuer) -> None:
    browser = await site.browser()
    page = await go(browser, company, "emp-20")
    forms = [{"username": name, "csrf": token_of(page.text)} for name in ("twin_a", "twin_b")]
    answers = await asyncio.gather(*(browser.ask("POST", "/sign-up/with", data=form) for form in forms))
    assert await Identity.filter(subject=f"{company.url} emp-20").count() == 1
    assert await User.filter(username_key__in=["twin_a", "twin_b"]).count() == 1
    assert sorted(answer.status for answer in answers)[0] == 200


async def test_an_issuer_that_is_down_leaves_passwords_as_they_are(site: LiveSite, school: SmallIssuer) -> None:
    await site.member("steady")
    forget_addresses(site, "school")
    school.trouble["*"] = "slow"
    browser = await site.browser()
    begun = time.monotonic()
    answer = await browser.submit("/sign-in/with/oidc/school", page="/sign-in")
    # the page of the form and the answer together
    assert time.monotonic() - begun < 3
    assert answer.url.endswith("/sign-in")
    assert "School does not answer as it should at the moment" in answer.text
    done = await browser.submit("/sign-in", username="steady", password=PASSWORD)
    assert done.status == 200
    assert await whoami(browser) == "steady"


async def test_an_issuer_that_falls_silent_on_the_way_back_is_told(site: LiveSite, company: SmallIssuer) -> None:
    browser = await site.browser()
    query = company.visit(await leave(browser), "emp-21")
    company.trouble["/token"] = "slow"
    begun = time.monotonic()
    answer = await browser.get(way_back(query))
    assert time.monotonic() - begun < 2.2
    assert (answer.status, "Company does not answer" in answer.text) == (503, True)
    assert "To the sign-in page" in answer.text


async def test_the_api_says_how_one_can_sign_in(site: LiveSite, company: SmallIssuer) -> None:
    guest = await site.browser()
    found = (await guest.api("GET", "/sign-in/ways")).json()
    assert [(one["issuer"], one["label"]) for one in found["items"]] == [("company", "Company"), ("school", "School")]
    assert found["passwords"] is True
    browser = await newcomer(site, company, "emp-22", "api_person")
    mine = (await browser.api("GET", "/me/identities")).json()["items"]
    assert [(one["provider"], one["issuer"]) for one in mine] == [("oidc", "company")]
    refused = await browser.api("DELETE", f"/me/identities/{mine[0]['id']}")
    assert (refused.status, refused.json()["type"].rpartition(":")[2]) == (409, "last-way-in")
    await forget_proof("api_person")
    refused = await browser.api("DELETE", f"/me/identities/{mine[0]['id']}")
    assert (refused.status, refused.json()["type"].rpartition(":")[2]) == (403, "proof-needed")


async def test_no_secret_stands_in_a_log(
    site: LiveSite, company: SmallIssuer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    company.claims = {"email": "canary@example.org", "email_verified": True, "name": "Canary"}
    browser = await site.browser()
    query = company.visit(await leave(browser), "canary-sub")
    await browser.get(way_back(query))
    await browser.submit("/sign-up/with", username="canary_bird")
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith(("aethex", "httpx")))
    for secret in (query["code"], query["state"], "s3cret of the site", "canary@example.org", "canary-sub"):
        assert secret not in ours


async def test_the_button_of_an_issuer_that_fails_says_so(site: LiveSite, school: SmallIssuer) -> None:
    school.trouble["*"] = "500"
    browser = await site.browser()
    client = forget_addresses(site, "school")
    for _ in range(5):
        await browser.submit("/sign-in/with/oidc/school", page="/sign-in")
    page = await browser.get("/sign-in")
    assert "It did not answer lately" in page.text
    client.calls._failures = 0
