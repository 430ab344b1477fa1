"""The API of profiles."""

import pytest
from profile_support import Member

from sites import LiveSite


async def test_a_new_account_has_an_empty_profile(member: Member):
    mine = await member.browser.api("GET", "/me/profile")
    assert mine.status == 200
    assert mine.json() == {
        "username": member.username,
        "display_name": member.username,
        "bio": "",
        "avatar": None,
        "avatar_large": None,
        "banner": None,
        "banner_small": None,
        "banner_alt": "",
        "links": [],
    }


async def test_name_and_bio_are_changed_together(member: Member):
    answer = await member.browser.api("PATCH", "/me/profile", {"display_name": "Ada L.", "bio": "Hello.\r\nThere."})
    assert answer.status == 200
    assert (answer.json()["display_name"], answer.json()["bio"]) == ("Ada L.", "Hello.\nThere.")


async def test_what_is_left_out_stays(member: Member):
    await member.browser.api("PATCH", "/me/profile", {"bio": "Hello."})
    answer = await member.browser.api("PATCH", "/me/profile", {"display_name": "Ada"})
    assert answer.json()["bio"] == "Hello."


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"bio": "x" * 501}, "bio"),
        ({"bio": "x" * 5000}, "bio"),
        ({"bio": 5}, "bio"),
        ({"display_name": "  "}, "display_name"),
        ({"display_name": "x" * 51}, "display_name"),
        ({"biography": "x"}, "biography"),
        ({"links": [{"url": "http://example.org"}]}, "links"),
        ({"links": [{"url": "javascript:alert(1)"}]}, "links"),
        ({"links": [{"url": "https://example.org"}] * 6}, "links"),
        ({"links": [{"url": "https://example.org", "label": "x" * 41}]}, "links"),
        ({"banner_alt": "x" * 201}, "banner_alt"),
    ],
)
async def test_a_bad_change_is_a_problem_about_its_field(member: Member, body: dict[str, object], field: str):
    answer = await member.browser.api("PATCH", "/me/profile", body)
    assert answer.status == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert list(answer.json()["errors"]) == [field]


async def test_both_change_or_neither(member: Member):
    answer = await member.browser.api("PATCH", "/me/profile", {"display_name": "New name", "bio": "x" * 501})
    assert answer.status == 422
    assert (await member.profile())["display_name"] == member.username


async def test_a_picture_is_put_and_deleted(member: Member, picture):
    put = await member.put_avatar(picture(kind="JPEG"))
    assert put.status == 200
    assert put.json()["avatar"].endswith("-96.webp")
    assert put.json()["avatar_large"].endswith("-512.webp")
    deleted = await member.browser.api("DELETE", "/me/profile/avatar")
    assert (deleted.status, deleted.json()["avatar"]) == (200, None)
    assert (await member.browser.api("DELETE", "/me/profile/avatar")).status == 200


@pytest.mark.parametrize(("size", "status"), [(0, 422), (100, 422), (6 * 1024 * 1024, 413), (9 * 1024 * 1024, 413)])
async def test_a_bad_picture_is_a_problem(member: Member, size: int, status: int):
    answer = await member.put_avatar(bytes(size))
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_uploads_are_limited(member: Member, picture):
    statuses = [(await member.put_avatar(b"x")).status for _ in range(11)]
    assert statuses == [422] * 10 + [429]


async def test_strangers_see_people_and_change_nothing(site: LiveSite, member: Member, picture):
    stranger = await site.browser()
    assert (await stranger.api("GET", f"/people/{member.username.upper()}")).status == 200
    for method, path in [("GET", ""), ("PATCH", ""), ("PUT", "/avatar"), ("DELETE", "/banner")]:
        answer = await stranger.api(method, f"/me/profile{path}", {} if method == "PATCH" else None)
        assert answer.status == 401, (method, path)


async def test_unknown_and_banned_people_are_not_found(site: LiveSite, member: Member):
    stranger = await site.browser()
    assert (await stranger.api("GET", "/people/nobody_at_all")).status == 404
    site.platform.db.bind()
    user = await site.platform.domain.accounts.get(member.username)
    await site.platform.domain.accounts.ban(user.id, reason="test", by=None)
    assert (await stranger.api("GET", f"/people/{member.username}")).status == 404


async def test_the_api_is_described(site: LiveSite):
    paths = (await (await site.browser()).api("GET", "/openapi.json")).json()["paths"]
    assert set(paths["/api/v1/me/profile"]) >= {"get", "patch"}
    assert set(paths["/api/v1/me/profile/avatar"]) >= {"put", "delete"}
    assert "get" in paths["/api/v1/people/{username}"]
