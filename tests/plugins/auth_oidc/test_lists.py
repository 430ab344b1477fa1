"""`aethex auth link`: accounts get their identities elsewhere from an operator's list."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from site_support import go, oidc_site, whoami
from small_issuer import SmallIssuer

from aethex_live.cli import aethex
from aethex_live.domain.link_lists import read_list
from aethex_live.errors import Invalid
from aethex_live.models import AuditEntry, Identity, User


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(max_size=40), max_size=10))
def test_whatever_stands_in_a_file_it_is_a_list_or_a_sentence(lines: list[str]) -> None:
    try:
        wishes = read_list(lines)
    except Invalid as refused:
        assert str(refused).endswith(".")
    except Exception as error:
        assert type(error).__module__ == "_csv", error
    else:
        assert all(wish.username and wish.subject for wish in wishes)


@pytest.mark.parametrize(
    "text", ["", "ada,emp-1\n", "username\nada\n", "username,subject\nada\n", "username,subject\n,x\n"]
)
def test_a_list_that_is_none_says_what_is_missing(text: str) -> None:
    with pytest.raises(Invalid):
        read_list(text.splitlines(keepends=True))


def test_columns_may_stand_in_any_order_among_others() -> None:
    wishes = read_list(["subject,team,username\n", "emp-1,red,ada\n"])
    assert [(wish.line, wish.username, wish.subject) for wish in wishes] == [(2, "ada", "emp-1")]


async def run(folder: Path, dsn: str, issuer: SmallIssuer, *arguments: str) -> Result:
    """The command, in a thread because it has a loop of its own."""
    config = folder / "aethex.toml"
    config.write_text(
        f'[providers]\nstreaming = "none"\n[plugins.auth_oidc.issuers.company]\nlabel = "Company"\n'
        f'issuer = "{issuer.url}"\nclient_id = "the-site"\n'
    )
    assert tomllib.loads(config.read_text())
    environ = {
        "DATABASE_URL": dsn,
        "AETHEX_DISABLE": "stream_local",
        "AETHEX_AUTH_OIDC__ISSUERS__COMPANY__CLIENT_SECRET": "s3cret",
    }
    options = ["--config", str(config), "--data", str(folder / "data")]
    return await asyncio.to_thread(CliRunner().invoke, aethex, ["auth", "link", *arguments, *options], env=environ)


async def test_a_list_is_looked_at_first_and_done_then(whole_dsn, tmp_path, issuer: SmallIssuer) -> None:
    # Given three members, one of whom is linked already, and a list with mistakes
    dsn, data = await whole_dsn(), tmp_path / "data"
    async with oidc_site(dsn, data, {"company": issuer.settings()}) as site:
        for name in ("ada_one", "grace_one", "linus_one"):
            await site.member(name)
        grace = await User.get(username_key="grace_one")
        await Identity.create(user=grace, id=grace.id, provider="oidc", subject=f"{issuer.url} emp-2")
        linus = await User.get(username_key="linus_one")
        await site.platform.domain.accounts.set_address(linus.id, "linus@example.org", confirmed=True)
    listed = tmp_path / "people.csv"
    listed.write_text(
        "username,subject\nada_one,emp-1\ngrace_one,emp-2\nnobody_one,emp-3\nlinus@example.org,emp-4\n"
        "linus_one,emp-2\nada_one,emp-7\n"
    )
    # When it is tried, Then it says what would happen and changes nothing
    report = tmp_path / "report.csv"
    tried = await run(tmp_path, dsn, issuer, str(listed), "--issuer", "company", "--report", str(report))
    assert tried.exit_code == 1, tried.output
    assert "6 lines: 1 would be linked, 1 linked before, 4 left out." in tried.output
    assert "Run it again with --apply" in tried.output
    assert report.read_text().count("\n") == 7
    async with oidc_site(dsn, data, {"company": issuer.settings()}) as site:
        assert await Identity.filter(provider="oidc").count() == 1
    # When it is done, Then people sign in with it
    done = await run(tmp_path, dsn, issuer, str(listed), "--issuer", "company", "--apply")
    assert "1 linked, 1 linked before, 4 left out" in done.output
    async with oidc_site(dsn, data, {"company": issuer.settings()}) as site:
        browser = await site.browser()
        await go(browser, issuer, "emp-1")
        assert await whoami(browser) == "ada_one"
        assert await AuditEntry.filter(action="identity.linked").count() == 1
    # and once more it is linked before
    again = await run(tmp_path, dsn, issuer, str(listed), "--issuer", "company", "--apply")
    assert "2 linked before" in again.output


async def test_an_unknown_issuer_is_named(whole_dsn, tmp_path, issuer: SmallIssuer) -> None:
    listed = tmp_path / "people.csv"
    listed.write_text("username,subject\nada,emp-1\n")
    answer = await run(tmp_path, await whole_dsn(), issuer, str(listed), "--issuer", "nobody")
    assert answer.exit_code != 0
    assert "no such sign-in" in str(answer.output) + str(answer.exception)
