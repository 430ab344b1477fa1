"""Signing up and renaming as somebody else: who has power is protected, and nobody from themselves."""

from __future__ import annotations

import pytest

from aethex_live.errors import Refusal
from aethex_live.models import User
from sites import PASSWORD, LiveSite


async def rename(site: LiveSite, username: str, shown: str) -> str:
    """What became of a change of the name shown: "" or the code of the refusal."""
    site.platform.db.bind()
    user = await User.get(username=username)
    try:
        await site.platform.domain.accounts.rename(user.id, shown)
    except Refusal as refusal:
        return refusal.code
    return ""


async def test_nobody_signs_up_as_an_operator_or_the_owner_of_a_channel(site: LiveSite) -> None:
    await site.operator("sheriff")
    await site.creator("stellar", "stellar")
    for name in ("sher1ff" + "_", "ste11ar", "Stel_lar", "STELLAR_"):
        new = {"username": name, "password": PASSWORD}
        refused = await (await site.browser()).api("POST", "/users", new)
        assert (refused.status, refused.json()["type"]) == (409, "urn:aethex:problem:name-confusable"), refused.text
        assert "username" in refused.json()["errors"]
    assert (
        await (await site.browser()).submit("/sign-up", username="stella", password=PASSWORD, email="")
    ).status == 200


async def test_nobody_shows_a_name_of_theirs_or_one_that_speaks_for_the_site(site: LiveSite) -> None:
    await site.operator("marshal")
    await site.creator("cosmica", "cosmica")
    await site.member("plainone")
    found = [
        await rename(site, "plainone", name) for name in ("\u0421\u043esmica", "Cosmica ", "M\u0430rshal", "Supp0rt")
    ]
    assert found == ["name-confusable"] * 3 + ["name-of-staff"]
    assert await rename(site, "plainone", site.platform.site.name) == "name-of-staff"
    assert await rename(site, "plainone", "Cos\u202emica") == "invalid"
    assert await rename(site, "plainone", "Plain One") == ""


async def test_the_form_of_the_settings_says_so_beside_the_field(site: LiveSite) -> None:
    await site.creator("galactic", "galactic")
    member = await site.member("formfaker")
    refused = await member.submit("/settings", display_name="G\u0430lactic", email="")
    assert (refused.status, "looks like the name of somebody who has a channel here" in refused.text) == (409, True)


async def test_who_has_the_name_keeps_it_and_viewers_may_share_one(site: LiveSite) -> None:
    await site.creator("ownname", "ownname")
    await site.member("viewer_a")
    await site.member("viewer_b")
    assert await rename(site, "ownname", "OWNNAME") == ""
    assert [await rename(site, name, "Same Name") for name in ("viewer_a", "viewer_b")] == ["", ""]


async def test_a_bot_takes_no_such_name_either(site: LiveSite) -> None:
    owner = await site.creator("lighthouse", "lighthouse")
    for body in ({"username": "1ighthouse"}, {"username": "helper_x", "name": "Lighthouse"}):
        refused = await owner.api("POST", "/me/bots", body)
        assert (refused.status, refused.json()["type"]) == (409, "urn:aethex:problem:name-confusable")


@pytest.mark.parametrize("name", ["Adm1n", "M0derator", "\u0410dmin"])
async def test_words_of_staff_are_known_in_any_spelling(site: LiveSite, name: str) -> None:
    if not await User.filter(username="wordplayer").exists():
        await site.member("wordplayer")
    assert await rename(site, "wordplayer", name) == "name-of-staff"


async def test_what_names_looked_like_before_is_found_by_the_migration(site: LiveSite) -> None:
    """The rows of an older site have no looks until its migration has run."""
    from importlib import import_module
    from types import SimpleNamespace

    from tortoise import connections

    await site.creator("oldtimer", "oldtimer")
    await User.filter(username="oldtimer").update(username_look="", name_look="")
    migration = import_module("aethex_live.migrations.0007_bots")
    await migration.look_at_names(None, SimpleNamespace(client=connections.get("default")))
    assert (await User.get(username="oldtimer")).username_look == "oldtlrner"
