"""Who may make an account: everyone, who is let in, who was invited, nobody."""

from __future__ import annotations

from pathlib import Path

from account_support import accounts_site, api_error, join, mail_about, path_in, user

from aethex_live.models import AuditEntry, User
from aethex_plugins.auth_local.models import Credential
from sites import PASSWORD


async def test_where_it_is_closed_nobody_comes_and_the_page_says_so(database_copy, tmp_path: Path):
    async with accounts_site(await database_copy(), tmp_path, registration="closed") as site:
        visitor = await site.browser()
        page = await visitor.get("/sign-up")
        assert "takes no new accounts at the moment" in page.text
        assert 'name="password"' not in page.text
        assert 'href="/sign-up' not in (await visitor.get("/")).text
        body = {"username": "intruder", "password": PASSWORD}
        assert await api_error(await visitor.api("POST", "/users", body)) == (403, "registration-closed")
        assert (await visitor.api("GET", "/site")).json()["registration"] is False
        # an operator can still be made from the command line, and sign in
        operator = await site.operator()
        assert (await operator.api("GET", "/me")).json()["role"] == "operator"
        assert not await User.exists(username_key="intruder")


async def test_where_it_waits_an_operator_decides_and_people_are_mailed(database_copy, tmp_path: Path):
    async with accounts_site(await database_copy(), tmp_path, registration="approval") as site:
        operator = await site.operator()
        # Given two who signed up and are told to wait
        for name in ("good_one", "bad_one"):
            browser, answer = await join(site, name, f"{name}@example.org")
            assert "waits for an operator" in answer.text
            assert (await browser.api("GET", "/me")).status == 401
            refused = await browser.submit("/sign-in", username=name, password=PASSWORD)
            assert (refused.status, "waits for an operator" in refused.text) == (403, True)
            wrong = await browser.submit("/sign-in", username=name, password="something else 1")
            assert (wrong.status, "waits for an operator" in wrong.text) == (401, False)
        page = await operator.get("/p/auth_local/admin")
        assert "@good_one" in page.text
        assert "good_one@example.org" in page.text
        assert "Sign-ups" in (await operator.get("/admin/plugins")).text
        # When the operator lets one in and declines the other
        good, bad = await user(site, "good_one"), await user(site, "bad_one")
        await operator.submit(f"/p/auth_local/admin/people/{good.id}/admit", page="/p/auth_local/admin")
        await operator.submit(f"/p/auth_local/admin/people/{bad.id}/decline", page="/p/auth_local/admin")
        # Then one can sign in, the other is gone with all that was kept, and both are told
        visitor = await site.browser()
        assert (await visitor.submit("/sign-in", username="good_one", password=PASSWORD)).status == 200
        assert (await visitor.api("GET", "/me")).status == 200
        assert not await User.exists(id=bad.id)
        assert not await Credential.exists(subject=str(bad.id))
        assert path_in(await mail_about(site, "good_one@example.org", "is open")) == "/sign-in"
        assert await mail_about(site, "bad_one@example.org", "Your account at")
        assert await AuditEntry.filter(action__in=["user.admitted", "user.declined"]).count() == 2
        # And nobody decides twice
        assert (await operator.api("POST", f"/admin/waiting/{good.id}/admit")).status == 404
        assert (await operator.api("GET", "/admin/waiting")).json()["items"] == []


async def test_where_one_is_invited_a_link_lets_so_many_in(database_copy, tmp_path: Path):
    async with accounts_site(await database_copy(), tmp_path, registration="invite") as site:
        operator = await site.operator()
        assert "by invitation only" in (await (await site.browser()).get("/sign-up")).text
        _, answer = await join(site, "uninvited")
        assert answer.status in {403, 422}
        # Given an invite for two
        made = await operator.api("POST", "/admin/invites", {"uses": 2, "days": 3, "note": "Friends"})
        assert made.status == 201, made.text
        link = made.json()["url"].removeprefix(site.url.rstrip("/"))
        token = link.partition("invite=")[2]
        assert token in (await operator.get("/p/auth_local/admin")).text
        # When three come, two are let in
        statuses = []
        for name in ("friend_one", "friend_two", "friend_three"):
            visitor = await site.browser()
            got = await visitor.submit("/sign-up", page=link, username=name, email="", password=PASSWORD, invite=token)
            statuses.append(got.status)
        assert statuses == [200, 200, 403]
        assert not await User.exists(username_key="friend_three")
        # And a revoked, a wrong or no invite lets nobody in
        other = (await operator.api("POST", "/admin/invites", {"uses": 5})).json()
        await operator.api("DELETE", f"/admin/invites/{other['id']}")
        visitor = await site.browser()
        for invite in (other["url"].partition("invite=")[2], "nonsense", ""):
            body = {"username": "late_one", "password": PASSWORD, "invite": invite}
            assert await api_error(await visitor.api("POST", "/users", body)) == (403, "invite-needed")
        items = (await operator.api("GET", "/admin/invites")).json()["items"]
        assert [(item["used"], item["good"]) for item in items] == [(0, False), (2, False)]


async def test_a_refused_account_uses_up_no_invite(database_copy, tmp_path: Path):
    async with accounts_site(await database_copy(), tmp_path, registration="invite") as site:
        operator = await site.operator()
        made = (await operator.api("POST", "/admin/invites", {"uses": 1})).json()
        token = made["url"].partition("invite=")[2]
        visitor = await site.browser()
        taken = {"username": "boss", "password": PASSWORD, "invite": token}
        assert (await visitor.api("POST", "/users", taken)).status == 409
        poor = {"username": "fresh_one", "password": "short", "invite": token}
        assert (await visitor.api("POST", "/users", poor)).status == 422
        good = {"username": "fresh_one", "password": PASSWORD, "invite": token}
        assert (await visitor.api("POST", "/users", good)).status == 201
