"""Lost passwords: a link by mail that tells nobody who has an account, works once, and ends every session."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from account_support import accounts_site, confirmed, join, mail_about, mails_to, path_in, token_in, user

from aethex_live.clock import ManualClock
from aethex_live.models import AuditEntry
from sites import PASSWORD, Answer, LiveSite

FRESH = "four quite ordinary words"


@pytest_asyncio.fixture(scope="module")
async def site(database_copy, tmp_path_factory) -> AsyncIterator[LiveSite]:
    folder = tmp_path_factory.mktemp("site")
    async with accounts_site(await database_copy(), folder, ManualClock()) as live:
        yield live


async def ask(site: LiveSite, email: str) -> Answer:
    return await (await site.browser()).submit("/p/auth_local/forgot", email=email)


async def reset_token(site: LiveSite, email: str) -> str:
    await ask(site, email)
    return token_in(await mail_about(site, email, "A new password"))


async def test_the_sign_in_page_leads_there(site: LiveSite):
    assert 'href="/p/auth_local/forgot"' in (await (await site.browser()).get("/sign-in")).text


async def test_a_link_sets_a_new_password_once_and_ends_all_sessions(site: LiveSite):
    # Given somebody who is signed in and has forgotten the password
    signed_in = await confirmed(site, "ada", "ada@example.org")
    await ask(site, "ADA@example.org ")
    mail = await mail_about(site, "ada@example.org", "A new password")
    # When the link is used
    visitor = await site.browser()
    opened = await visitor.get(path_in(mail))
    assert "For the account ada." in opened.text
    done = await visitor.submit("/p/auth_local/reset", page=path_in(mail), t=token_in(mail), new_password=FRESH)
    # Then the new one opens, the old one does not, and everyone is signed out
    assert done.url.endswith("/sign-in")
    assert "Your new password is set." in done.text
    assert (await signed_in.api("GET", "/me")).status == 401
    old = await visitor.submit("/sign-in", username="ada", password=PASSWORD)
    new = await visitor.submit("/sign-in", username="ada", password=FRESH)
    assert (old.status, new.status) == (401, 200)
    # And the link is used up, its owner is told, and it stands in the audit
    again = await (await site.browser()).api(
        "POST", "/password/reset", {"token": token_in(mail), "new_password": "yet another ordinary one"}
    )
    assert again.status == 404
    assert await mail_about(site, "ada@example.org", "was changed")
    assert await AuditEntry.exists(action="password.reset", subject=f"user:{(await user(site, 'ada')).id}")


async def test_known_and_unknown_addresses_get_the_same_answer(site: LiveSite):
    await confirmed(site, "grace", "grace@example.org")
    await join(site, "unconfirmed", "claimed@example.org")
    answers = [await ask(site, email) for email in ("grace@example.org", "nobody@example.org", "claimed@example.org")]
    assert {answer.status for answer in answers} == {200}
    assert len({_plain(answer.text) for answer in answers}) == 1
    visitor = await site.browser()
    api = [
        await visitor.api("POST", "/password/forgot", {"email": email})
        for email in ("grace@example.org", "somebody@example.org")
    ]
    assert [(answer.status, answer.json()) for answer in api] == [(200, {"ok": True})] * 2
    # and only the confirmed address gets a mail with a link for a password
    assert [len(await _reset_mails(site, f"{name}@example.org")) for name in ("nobody", "claimed", "somebody")] == [
        0
    ] * 3
    assert len(await _reset_mails(site, "grace@example.org")) == 2


async def test_asking_does_the_same_work_for_known_and_unknown(site: LiveSite):
    """Not by the clock of a busy machine, but by what is stored while the answer is waited for: one row, the same."""
    await confirmed(site, "timing", "timing@example.org")
    rows = []
    for email in ("timing@example.org", "timing2@example.org"):
        before = await site.platform.db.fetch("select id from core_outbox")
        assert (await ask(site, email)).status == 200
        known = {row["id"] for row in before}
        after = await site.platform.db.fetch("select id, topic, payload from core_outbox where topic like '%.reset'")
        rows.append([(row["topic"], sorted(row["payload"])) for row in after if row["id"] not in known])
    assert rows[0] == rows[1] == [("auth_local.reset", ["address"])]


async def test_a_link_is_dead_after_an_hour_and_when_a_newer_one_was_sent(site: LiveSite):
    await confirmed(site, "lise", "lise@example.org")
    visitor = await site.browser()
    first = await reset_token(site, "lise@example.org")
    second = await reset_token(site, "lise@example.org")
    replaced = await visitor.api("POST", "/password/reset", {"token": first, "new_password": FRESH})
    site.platform.clock.advance(3601)  # type: ignore[attr-defined]  # the manual clock of this site
    late = await visitor.api("POST", "/password/reset", {"token": second, "new_password": FRESH})
    assert (replaced.status, late.status) == (404, 404)
    assert (await visitor.get(f"/p/auth_local/reset?t={second}")).status == 404
    assert (await visitor.submit("/sign-in", username="lise", password=PASSWORD)).status == 200


async def test_a_poor_password_leaves_the_link_alive(site: LiveSite):
    await confirmed(site, "olga", "olga@example.org")
    token = await reset_token(site, "olga@example.org")
    visitor = await site.browser()
    page = f"/p/auth_local/reset?t={token}"
    poor = await visitor.submit("/p/auth_local/reset", page=page, t=token, new_password="short")
    assert (poor.status, "Use at least 10 characters." in poor.text) == (422, True)
    done = await visitor.submit("/p/auth_local/reset", page=page, t=token, new_password=FRESH)
    assert done.status == 200


async def test_two_at_once_set_one_password(site: LiveSite):
    import asyncio

    await confirmed(site, "twice", "twice@example.org")
    token = await reset_token(site, "twice@example.org")
    visitors = [await site.browser() for _ in range(4)]
    answers = await asyncio.gather(
        *(
            visitor.api("POST", "/password/reset", {"token": token, "new_password": f"{FRESH} {number}"})
            for number, visitor in enumerate(visitors)
        )
    )
    assert sorted(answer.status for answer in answers) == [200, 404, 404, 404]


async def test_a_banned_account_gets_no_link(site: LiveSite):
    await confirmed(site, "banned", "banned@example.org")
    token = await reset_token(site, "banned@example.org")
    await site.platform.domain.accounts.ban((await user(site, "banned")).id, reason="spam", by=None)
    visitor = await site.browser()
    assert (await visitor.api("POST", "/password/reset", {"token": token, "new_password": FRESH})).status == 404
    await ask(site, "banned@example.org")
    assert len(await _reset_mails(site, "banned@example.org")) == 1


async def test_one_address_is_not_flooded(site: LiveSite):
    statuses = [(await ask(site, "flooded@example.org")).status for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]


async def test_wrong_and_unknown_at_sign_in_are_one(site: LiveSite):
    await confirmed(site, "known", "known@example.org")
    visitor = await site.browser()
    pages, problems = set(), set()
    for login in ("known", "known@example.org", "unknown_one", "unknown@example.org"):
        answer = await visitor.submit("/sign-in", username=login, password="something else 1")
        pages.add((answer.status, _plain(answer.text.replace(login, "LOGIN"))))
        api = await visitor.api("POST", "/session", {"username": login, "password": "something else 1"})
        body = api.json()
        body.pop("request_id")
        problems.add((api.status, str(body)))
    assert len(pages) == len(problems) == 1


async def _reset_mails(site: LiveSite, address: str) -> list[str]:
    return [mail.subject for mail in await mails_to(site, address) if mail.subject.startswith("A new password")]


def _plain(text: str) -> str:
    """A page without what differs from visit to visit."""
    import re

    return re.sub(r'(name="csrf" value=|data-token=)"\w+"', "", text)


async def test_an_address_whose_mails_come_back_gets_none(site: LiveSite):
    # Given somebody whose mails bounced
    await confirmed(site, "bouncer", "bouncer@example.org")
    await site.platform.domain.mail_stops.stop("bouncer@example.org", "bounced", "post")
    before = len(await mails_to(site, "bouncer@example.org"))
    # When a new password is asked for
    answer = await ask(site, "bouncer@example.org")
    # Then the page says what it always says, and nothing is sent or given up
    assert answer.status == 200
    assert len(await mails_to(site, "bouncer@example.org")) == before
    assert await site.platform.jobs.dead() == []
