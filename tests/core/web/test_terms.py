"""Terms: accepted at sign-up, and asked for once when they change."""

from __future__ import annotations

from pathlib import Path

import pytest

from aethex_live.errors import StartError
from aethex_live.models import Event, User
from sites import PASSWORD, LiveSite, OpenSite

TERMS = {"providers": {"streaming": "none"}, "terms_version": 2, "terms_url": "https://example.org/terms"}


async def test_without_terms_nothing_is_asked(site: LiveSite) -> None:
    visitor = await site.browser()
    assert 'name="accept"' not in (await visitor.get("/sign-up")).text
    assert (await visitor.get("/terms")).status == 404


async def test_new_accounts_accept_the_terms_on_the_page_and_in_the_api(open_site: OpenSite) -> None:
    site = await open_site(**TERMS)
    visitor = await site.browser()
    assert 'href="https://example.org/terms"' in (await visitor.get("/terms")).text
    refused = await visitor.submit("/sign-up", username="ada", email="", password=PASSWORD)
    assert (refused.status, "Tick the box to accept the terms." in refused.text) == (422, True)
    assert 'value="ada"' in refused.text
    made = await visitor.submit("/sign-up", username="ada", email="", password=PASSWORD, accept="on")
    assert "@ada" in made.text
    assert (await visitor.api("GET", "/site")).json()["terms_version"] == 2
    body = {"username": "grace", "password": PASSWORD}
    program = await site.browser()
    assert "accept_terms" in (await program.api("POST", "/users", body)).json()["errors"]
    assert (await program.api("POST", "/users", body | {"accept_terms": 1})).status == 422
    assert (await program.api("POST", "/users", body | {"accept_terms": 2})).status == 201
    site.platform.db.bind()
    assert {user.terms_version for user in await User.all()} == {2}
    assert await Event.filter(type="user.terms_accepted").count() == 2


async def test_when_the_version_rises_people_are_asked_once(open_site: OpenSite) -> None:
    # Given somebody who accepted an older version
    site = await open_site(**TERMS)
    site.platform.db.bind()
    await site.platform.domain.accounts.register("ada", "", PASSWORD)
    browser = await site.browser()
    asked = await browser.submit("/sign-in", username="ada", password=PASSWORD, next="/studio?new")
    # Then every page asks, changes are refused, and leaving stays possible
    assert "/terms?next=" in asked.url
    assert (await browser.api("PATCH", "/me", {"display_name": "x", "email": ""})).status == 403
    assert (await browser.api("GET", "/me")).status == 200
    assert (await browser.get("/settings/leave")).url.endswith("/settings/leave")
    unticked = await browser.submit("/terms", page=asked.url, next="/studio?new")
    assert (unticked.status, "Tick the box" in unticked.text) == (422, True)
    # When they accept, they go on where they were and are not asked again
    accepted = await browser.submit("/terms", page=asked.url, accept="on", next="/studio?new")
    assert accepted.url.endswith("/studio?new")
    assert (await browser.get("/")).url == site.url
    assert (await browser.api("PATCH", "/me", {"display_name": "x", "email": ""})).status == 200


async def test_the_terms_may_stand_in_a_file_and_are_shown_as_text(open_site: OpenSite, tmp_path: Path) -> None:
    (tmp_path / "site0").mkdir()
    (tmp_path / "site0" / "terms.txt").write_text("Be kind.\n\n<script>alert(1)</script>", "utf-8")
    site = await open_site(providers={"streaming": "none"}, terms_version=1)
    page = (await (await site.browser()).get("/terms")).text
    assert "Be kind." in page
    assert "<script>alert" not in page


async def test_terms_that_nobody_can_read_stop_the_start(open_site: OpenSite) -> None:
    with pytest.raises(StartError, match=r"terms\.txt, or set terms_url"):
        await open_site(providers={"streaming": "none"}, terms_version=1)
