"""Confirming, changing and taking back e-mail addresses; nobody learns who has which."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from account_support import accounts_site, confirmed, join, mail_about, mails_to, path_in, token_in, user

from aethex_live.clock import ManualClock
from sites import PASSWORD, LiveSite


@pytest_asyncio.fixture(scope="module")
async def site(database_copy, tmp_path_factory) -> AsyncIterator[LiveSite]:
    folder = tmp_path_factory.mktemp("site")
    async with accounts_site(await database_copy(), folder, ManualClock()) as live:
        yield live


def clock_of(site: LiveSite) -> ManualClock:
    assert isinstance(site.platform.clock, ManualClock)
    return site.platform.clock


async def test_an_address_counts_once_its_link_was_used(site: LiveSite):
    # Given somebody who signed up with an address
    browser, _ = await join(site, "ada", "ada@example.org")
    mine = (await browser.api("GET", "/me")).json()
    assert (mine["email"], mine["email_pending"]) == (None, "ada@example.org")
    mail = await mail_about(site, "ada@example.org", "Confirm")
    # When the link is only opened, as mail scanners do, nothing happens
    opened = await (await site.browser()).get(path_in(mail))
    assert opened.status == 200
    assert opened.headers["Referrer-Policy"] == "no-referrer"
    assert (await user(site, "ada")).email is None
    # Then its button makes the address hers
    await browser.submit("/p/auth_local/address", page=path_in(mail), t=token_in(mail))
    mine = (await browser.api("GET", "/me")).json()
    assert (mine["email"], mine["email_verified"], mine["email_pending"]) == ("ada@example.org", True, None)
    # And the link is used up
    again = await browser.submit("/p/auth_local/address", page="/", t=token_in(mail))
    assert again.status == 404


async def test_who_wants_a_taken_address_sees_what_everyone_sees(site: LiveSite):
    await confirmed(site, "grace", "grace@example.org")
    taken, first = await join(site, "eve_one", "grace@example.org")
    free, second = await join(site, "eve_two", "nobody@example.org")
    # the same answer, the same page of settings, the same API, but for the names
    assert first.status == second.status == 200
    for path in ("/api/v1/me", "/api/v1/me/security"):
        one, two = [(await who.get(path)).json() for who in (taken, free)]
        for changing in ("id", "username", "display_name", "created_at", "email_pending"):
            one.pop(changing, None), two.pop(changing, None)
        assert one == two
    one, two = [(await who.get("/settings")).text for who in (taken, free)]
    assert ("grace@example.org waits" in one, "nobody@example.org waits" in two) == (True, True)
    # and the owner of the address hears of it
    told = await mail_about(site, "grace@example.org", "You have an account")
    assert "belongs to your account grace" in told.text
    assert not [mail for mail in await mails_to(site, "grace@example.org") if "eve_one" in mail.text]


async def test_an_api_sign_up_tells_nothing_either(site: LiveSite):
    await confirmed(site, "hedy", "hedy@example.org")
    visitor = await site.browser()
    answers = []
    for name, email in (("mallory_a", "hedy@example.org"), ("mallory_b", "unused@example.org")):
        body = {"username": name, "email": email, "password": PASSWORD}
        answers.append(await visitor.api("POST", "/users", body))
    assert [answer.status for answer in answers] == [201, 201]
    assert {answer.json()["email"] for answer in answers} == {None}


async def test_a_change_waits_for_the_new_address_and_the_old_one_can_take_it_back(site: LiveSite):
    # Given an account with a confirmed address, signed in twice
    browser = await confirmed(site, "rosa", "rosa@example.org")
    other = await site.browser()
    await other.submit("/sign-in", username="rosa", password=PASSWORD)
    # When the address is changed, it stays until the new one is confirmed
    await browser.submit("/settings", display_name="rosa", email="thief@example.org")
    assert (await user(site, "rosa")).email == "rosa@example.org"
    mail = await mail_about(site, "thief@example.org", "Confirm")
    await browser.submit("/p/auth_local/address", page=path_in(mail), t=token_in(mail))
    assert (await user(site, "rosa")).email == "thief@example.org"
    # Then the old one is told, and days later can take it back
    told = await mail_about(site, "rosa@example.org", "was changed")
    assert "thief@example.org" in told.text
    clock_of(site).advance(6 * 86400)
    visitor = await site.browser()
    answer = await visitor.submit("/p/auth_local/address/revert", page=path_in(told), t=token_in(told))
    assert answer.status == 200
    assert (await user(site, "rosa")).email == "rosa@example.org"
    # And everyone is signed out, with a link for a new password on its way
    assert [(await who.api("GET", "/me")).status for who in (browser, other)] == [401, 401]
    assert await mail_about(site, "rosa@example.org", "A new password")


async def test_the_first_owner_wins_over_a_chain_of_changes(site: LiveSite):
    browser = await confirmed(site, "chain", "first@example.org")
    for address in ("second@example.org", "third@example.org"):
        await browser.submit("/settings", display_name="chain", email=address)
        mail = await mail_about(site, address, "Confirm")
        await browser.submit("/p/auth_local/address", page=path_in(mail), t=token_in(mail))
    first = await mail_about(site, "first@example.org", "was changed")
    second = await mail_about(site, "second@example.org", "was changed")
    visitor = await site.browser()
    await visitor.submit("/p/auth_local/address/revert", page=path_in(first), t=token_in(first))
    late = await visitor.submit("/p/auth_local/address/revert", page="/", t=token_in(second))
    assert late.status == 404
    assert (await user(site, "chain")).email == "first@example.org"


async def test_an_old_link_and_one_for_something_else_are_refused_alike(site: LiveSite):
    browser = await confirmed(site, "olga", "olga@example.org")
    await (await site.browser()).submit("/p/auth_local/forgot", email="olga@example.org")
    reset = token_in(await mail_about(site, "olga@example.org", "A new password"))
    await browser.submit("/settings", display_name="olga", email="olga2@example.org")
    confirm = token_in(await mail_about(site, "olga2@example.org", "Confirm"))
    visitor = await site.browser()
    # a link of one purpose opens no other
    answers = [
        await visitor.api("POST", "/address/confirm", {"token": reset}),
        await visitor.api("POST", "/address/revert", {"token": confirm}),
        await visitor.api("POST", "/password/reset", {"token": confirm, "new_password": "four quite ordinary words"}),
        await visitor.api("POST", "/address/confirm", {"token": "nothing"}),
        await visitor.api("POST", "/address/confirm", {"token": ""}),
    ]
    # nor does one whose two days are over
    clock_of(site).advance(49 * 3600)
    answers.append(await visitor.api("POST", "/address/confirm", {"token": confirm}))
    assert {answer.status for answer in answers} == {404}
    assert len({answer.json()["detail"] for answer in answers}) == 1
    assert (await user(site, "olga")).email == "olga@example.org"


async def test_a_newer_link_ends_the_older_and_resending_has_a_limit(site: LiveSite):
    browser, _ = await join(site, "lise", "lise@example.org")
    first = token_in(await mail_about(site, "lise@example.org", "Confirm"))
    answers = [(await browser.api("POST", "/me/address/resend")).status]
    newest = token_in((await mails_to(site, "lise@example.org"))[0])
    assert (await browser.api("POST", "/address/confirm", {"token": first})).status == 404
    answers += [(await browser.api("POST", "/me/address/resend")).status for _ in range(3)]
    assert answers == [200, 200, 200, 429]
    assert (await browser.api("POST", "/address/confirm", {"token": newest})).status == 404
    latest = token_in((await mails_to(site, "lise@example.org"))[0])
    assert (await browser.api("POST", "/address/confirm", {"token": latest})).status == 200
    assert (await browser.api("POST", "/me/address/resend")).status == 409


async def test_giving_up_an_address_is_told_to_it(site: LiveSite):
    browser = await confirmed(site, "emmy", "emmy@example.org")
    await browser.submit("/settings", display_name="emmy", email="")
    assert (await user(site, "emmy")).email is None
    assert "was taken away" in (await mail_about(site, "emmy@example.org", "was changed")).text


async def test_no_row_and_no_job_holds_a_token(site: LiveSite):
    await join(site, "canary", "canary@example.org")
    token = token_in(await mail_about(site, "canary@example.org", "Confirm"))
    for table in ("core_outbox", "core_event", "core_audit", "auth_local_link", "auth_local_pending_address"):
        exists = await site.platform.db.fetch("select to_regclass($1) as found", [table])
        if exists[0]["found"] is None:
            continue
        rows = await site.platform.db.fetch(f"select t::text as row from {table} t")
        assert not [row for row in rows if token in row["row"]], table
