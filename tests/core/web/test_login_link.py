"""Links of `aethex user login-link`: the way back in, once, for a quarter of an hour, whatever the auth provider."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from aethex_live.clock import ManualClock
from aethex_live.errors import Forbidden, NotFound
from aethex_live.models import AuditEntry, SiteFact, User
from sites import PASSWORD, LiveSite, run_site


@pytest_asyncio.fixture(scope="module")
async def site(database_copy, tmp_path_factory) -> AsyncIterator[LiveSite]:
    opened = await run_site(
        await database_copy(),
        tmp_path_factory.mktemp("site"),
        ManualClock(),
        providers={"streaming": "none"},
        disable=("stream_local",),
    )
    async with opened as live:
        yield live


async def link_for(site: LiveSite, name: str) -> str:
    site.platform.db.bind()
    return await site.platform.domain.login_links.make(name)


async def test_a_link_signs_in_once_and_both_acts_are_audited(site: LiveSite) -> None:
    # Given a member and a link for them
    await site.member("ada")
    token = await link_for(site, "ada")
    visitor = await site.browser()
    # When it is opened, nothing happens; its button signs in
    opened = await visitor.get(f"/sign-in/link?t={token}")
    assert opened.status == 200
    assert (await visitor.api("GET", "/me")).status == 401
    answer = await visitor.submit("/sign-in/link", page=f"/sign-in/link?t={token}", t=token)
    assert answer.url.endswith("/settings")
    assert (await visitor.api("GET", "/me")).json()["username"] == "ada"
    # Then a second use is refused
    other = await site.browser()
    assert (await other.get(f"/sign-in/link?t={token}")).status == 404
    assert (await other.submit("/sign-in/link", page="/", t=token)).status == 404
    subject = f"user:{(await User.get(username_key='ada')).id}"
    assert await AuditEntry.exists(action="login_link.made", subject=subject)
    assert await AuditEntry.exists(action="login_link.used", subject=subject)


async def test_who_came_by_a_link_sets_a_new_password_without_the_old_one(site: LiveSite) -> None:
    await site.member("grace")
    token = await link_for(site, "grace")
    visitor = await site.browser()
    await visitor.submit("/sign-in/link", page=f"/sign-in/link?t={token}", t=token)
    fresh = "four quite ordinary words"
    answer = await visitor.submit("/settings/password", page="/settings", new_password=fresh)
    assert "Your password is changed." in answer.text
    assert (await (await site.browser()).submit("/sign-in", username="grace", password=fresh)).status == 200


async def test_who_signed_in_by_password_still_types_the_old_one(site: LiveSite) -> None:
    member = await site.member("linus")
    answer = await member.submit("/settings/password", page="/settings", new_password="four quite ordinary words")
    assert answer.status == 401
    assert (await (await site.browser()).submit("/sign-in", username="linus", password=PASSWORD)).status == 200


async def test_a_link_is_dead_after_a_quarter_of_an_hour(site: LiveSite) -> None:
    await site.member("edsger")
    token = await link_for(site, "edsger")
    site.platform.clock.advance(15 * 60)  # type: ignore[attr-defined]  # the manual clock of this site
    with pytest.raises(NotFound, match="login-link"):
        await site.platform.domain.login_links.take(token)
    # and the next one that is made clears it away
    await link_for(site, "edsger")
    assert await SiteFact.filter(key__startswith="login_link:").count() == 1


async def test_no_link_for_nobody_and_none_for_a_closed_account(site: LiveSite) -> None:
    await site.member("barbara")
    with pytest.raises(NotFound, match="no account"):
        await link_for(site, "nobody_here")
    token = await link_for(site, "barbara")
    user = await User.get(username_key="barbara")
    await site.platform.domain.accounts.ban(user.id, reason="spam", by=None)
    with pytest.raises(Forbidden, match="closed"):
        await link_for(site, "barbara")
    visitor = await site.browser()
    assert (await visitor.submit("/sign-in/link", page="/", t=token)).status == 403


@pytest.mark.parametrize("token", ["", "x", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "x" * 200])
async def test_a_guessed_link_is_nothing(site: LiveSite, token: str) -> None:
    visitor = await site.browser()
    assert (await visitor.submit("/sign-in/link", page="/", t=token)).status == 404


async def test_only_a_hash_of_the_link_is_kept(site: LiveSite) -> None:
    await site.member("canary")
    token = await link_for(site, "canary")
    facts = await SiteFact.filter(key__startswith="login_link:")
    assert not [fact for fact in facts if token in f"{fact.key} {fact.value}"]


async def test_it_works_without_any_auth_provider(fresh_dsn, tmp_path) -> None:
    # Given a site with an account whose auth provider was switched off since
    dsn = await fresh_dsn()
    before = await run_site(dsn, tmp_path, providers={"streaming": "none"}, disable=("stream_local",))
    async with before as live:
        await live.member("stranded")
    off = {"providers": {"streaming": "none", "auth": "none"}, "disable": ("stream_local",)}
    async with await run_site(dsn, tmp_path, **off) as live:
        token = await link_for(live, "stranded")
        visitor = await live.browser()
        answer = await visitor.submit("/sign-in/link", page=f"/sign-in/link?t={token}", t=token)
        assert answer.url.endswith("/settings")
        assert (await visitor.api("GET", "/me")).status == 200
