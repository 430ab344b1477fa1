"""Who may make an account by a sign-in elsewhere: the operator's rules of registration, terms and addresses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from site_support import go, newcomer, oidc_site, whoami
from small_issuer import SmallIssuer

from aethex_live.errors import StartError
from aethex_live.models import Identity, User
from sites import run_site


async def test_a_site_that_takes_nobody_takes_nobody_this_way(whole_dsn, tmp_path, issuer: SmallIssuer) -> None:
    closed = {"registration": "closed"}
    async with oidc_site(
        await whole_dsn(), tmp_path, {"company": issuer.settings()}, accounts=closed, settings={"registration": "open"}
    ) as site:
        boss = await site.operator()
        browser = await site.browser()
        answer = await go(browser, issuer, "emp-1")
        assert (answer.status, "takes no new accounts" in answer.text) == (403, True)
        assert "link Company there" in answer.text
        assert not await Identity.filter(subject=f"{issuer.url} emp-1").exists()
        # Members link and go on
        await go(boss, issuer, "emp-1", action="/settings/ways/oidc/company", page="/settings")
        await go(browser, issuer, "emp-1")
        assert await whoami(browser) == "boss"


async def test_an_invitation_is_carried_along_and_used_once(whole_dsn, tmp_path, issuer: SmallIssuer) -> None:
    async with oidc_site(
        await whole_dsn(), tmp_path, {"company": issuer.settings()}, accounts={"registration": "invite"}
    ) as site:
        boss = await site.operator()
        made = await boss.api("POST", "/admin/invites", {})
        assert made.status in {200, 201}, made.text
        invite = made.json()["url"].partition("invite=")[2]
        # Without one there is no account
        stranger = await site.browser()
        assert (await go(stranger, issuer, "emp-1")).status == 403
        # With one there is, once
        for number, status in ((2, 200), (3, 403)):
            browser = await site.browser()
            page = f"/sign-up?invite={invite}"
            await go(browser, issuer, f"emp-{number}", page=page, invite=invite)
            answer = await browser.submit("/sign-up/with", username=f"guest_{number}")
            assert answer.status == status, answer.text
        assert await User.filter(username_key="guest_2").exists()
        assert not await User.filter(username_key="guest_3").exists()


async def test_who_needs_an_approval_waits_for_it(whole_dsn, tmp_path, issuer: SmallIssuer) -> None:
    async with oidc_site(
        await whole_dsn(),
        tmp_path,
        {"company": issuer.settings()},
        auth="oidc",
        local=False,
        settings={"registration": "approval"},
    ) as site:
        browser = await site.browser()
        page = await go(browser, issuer, "emp-1")
        assert "looks at each new account" in page.text
        answer = await browser.submit("/sign-up/with", username="patient")
        assert "waits for an operator" in answer.text
        assert await whoami(browser) is None
        again = await go(browser, issuer, "emp-1")
        assert (again.status, "waits for an operator" in again.text) == (403, True)
        user = await User.get(username_key="patient")
        await User.filter(id=user.id).update(state="active")
        await go(browser, issuer, "emp-1")
        assert await whoami(browser) == "patient"


async def test_terms_are_accepted_with_the_name(whole_dsn, tmp_path: Path, issuer: SmallIssuer) -> None:
    (tmp_path / "terms.txt").write_text("Be kind.")
    async with oidc_site(await whole_dsn(), tmp_path, {"company": issuer.settings()}, terms_version=1) as site:
        browser = await site.browser()
        await go(browser, issuer, "emp-1")
        refused = await browser.submit("/sign-up/with", username="reader")
        assert (refused.status, "accept the terms" in refused.text) == (422, True)
        done = await browser.submit("/sign-up/with", username="reader", accept="on")
        assert done.status == 200
        assert (await User.get(username_key="reader")).terms_version == 1


async def test_an_address_that_is_required_is_asked_for_and_confirmed(whole_dsn, tmp_path, issuer: SmallIssuer) -> None:
    async with oidc_site(
        await whole_dsn(), tmp_path, {"company": issuer.settings()}, accounts={"verify_email": "required"}
    ) as site:
        browser = await site.browser()
        await go(browser, issuer, "emp-1")
        refused = await browser.submit("/sign-up/with", username="typist")
        assert refused.status == 422
        done = await browser.submit("/sign-up/with", username="typist", email="typist@example.org")
        assert done.status == 200
        assert (await User.get(username_key="typist")).email is None
        # what the issuer verified is confirmed at once
        issuer.claims = {"email": "known@example.org", "email_verified": True}
        await newcomer(site, issuer, "emp-2", "known_one")
        assert (await User.get(username_key="known_one")).email_verified_at is not None


async def test_after_a_switch_old_accounts_go_on_with_their_passwords(whole_dsn, tmp_path, issuer: SmallIssuer) -> None:
    dsn = await whole_dsn()
    async with oidc_site(dsn, tmp_path, {}) as before:
        await before.member("old_hand")
    async with oidc_site(dsn, tmp_path, {"company": issuer.settings()}, auth="oidc") as site:
        from sites import PASSWORD

        browser = await site.browser()
        page = await browser.get("/sign-in")
        assert "Continue with Company" in page.text
        assert 'type="password"' in page.text
        assert 'type="password"' not in (await browser.get("/sign-up")).text
        await browser.submit("/sign-in", username="old_hand", password=PASSWORD)
        assert await whoami(browser) == "old_hand"
        await go(browser, issuer, "emp-1", action="/settings/ways/oidc/company", page="/settings")
        other = await site.browser()
        await go(other, issuer, "emp-1")
        assert await whoami(other) == "old_hand"
        # and their password is changed as ever
        fresh = "four quite ordinary words"
        done = await browser.submit(
            "/settings/password", page="/settings", current_password=PASSWORD, new_password=fresh
        )
        assert "Your password is changed." in done.text


async def test_an_issuer_that_is_gone_from_the_settings_opens_nothing(
    whole_dsn, tmp_path, issuer: SmallIssuer, other: SmallIssuer
) -> None:
    dsn = await whole_dsn()
    async with oidc_site(dsn, tmp_path, {"company": issuer.settings()}) as site:
        await newcomer(site, issuer, "emp-1", "moved_on")
    # Given another issuer under the same short name
    async with oidc_site(dsn, tmp_path, {"company": other.settings("Other")}) as site:
        browser = await site.browser()
        # When it knows somebody by the same name, Then that is somebody else
        answer = await go(browser, other, "emp-1")
        assert answer.url.endswith("/sign-up/with")
        token = await site.platform.domain.login_links.make("moved_on")
        visitor = await site.browser()
        page = await visitor.submit("/sign-in/link", page=f"/sign-in/link?t={token}", t=token)
        assert "Not used here any more" in page.text
        assert "Link Other" in page.text


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "no issuer is named"),
        ({"issuers": {"company": {"label": "Company", "issuer": "https://id.example.org"}}}, "client_id"),
        (
            {"issuers": {"company": {"label": "C", "issuer": "http://id.example.org", "client_id": "x"}}},
            "begin with https",
        ),
    ],
    ids=["no issuer", "no client_id", "no https"],
)
async def test_a_start_without_what_is_needed_says_what_and_where(
    whole_dsn, tmp_path, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(StartError) as refused:
        async with await run_site(
            await whole_dsn(),
            tmp_path,
            providers={"streaming": "none", "auth": "oidc"},
            disable=("stream_local",),
            plugins={"auth_oidc": settings},
        ):
            pass
    assert said in str(refused.value)
    assert "auth_oidc" in str(refused.value)


async def test_without_issuers_a_site_costs_no_library(whole_dsn, tmp_path) -> None:
    """A plugin that is on and has nothing to do offers nothing."""
    async with await run_site(
        await whole_dsn(), tmp_path, providers={"streaming": "none"}, disable=("stream_local",)
    ) as site:
        assert site.platform.providers.auth("oidc") is None
        page = await (await site.browser()).get("/sign-in")
        assert "Continue with" not in page.text
