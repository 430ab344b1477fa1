"""The profile section of the account settings, used without JavaScript."""

import pytest
from profile_support import Member

from aethex_live.providers import Unavailable
from sites import LiveSite


async def test_a_bio_is_saved_and_seen_by_others(member: Member):
    answer = await member.browser.submit("/p/profiles/bio", page="/settings", bio="I paint <b>lions</b>.")
    assert "/settings?profile=bio" in answer.url
    assert "Your bio is saved." in answer.text
    assert "I paint &lt;b&gt;lions&lt;/b&gt;." in answer.text
    stranger = await member.site.browser()
    seen = (await stranger.api("GET", f"/people/{member.username}")).json()
    assert seen["bio"] == "I paint <b>lions</b>."


async def test_a_long_bio_comes_back_with_its_sentence(member: Member):
    typed = "x" * 501
    answer = await member.browser.submit("/p/profiles/bio", page="/settings", bio=typed)
    assert answer.status == 422
    assert "Use at most 500 characters; these are 501." in answer.text
    assert typed in answer.text
    assert 'aria-invalid="true"' in answer.text


async def test_a_bio_beyond_all_bounds_is_refused_the_same_way(member: Member):
    answer = await member.browser.submit("/p/profiles/bio", page="/settings", bio="x" * 5000)
    assert answer.status == 422
    assert "Use at most" in answer.text


async def test_a_picture_is_uploaded_shown_and_removed(member: Member, picture):
    # When a picture is sent
    answer = await member.upload(picture())
    # Then the settings show it, and anyone can fetch it
    assert "Your new picture is up." in answer.text
    shown = (await member.profile())["avatar_large"]
    assert shown in answer.text
    fetched = await member.browser.session.get(member.site.url + shown.lstrip("/"))
    assert (fetched.status, fetched.content_type) == (200, "image/webp")
    assert fetched.headers["X-Content-Type-Options"] == "nosniff"
    # And when it is removed, it is gone from the pages
    removed = await member.browser.submit("/p/profiles/avatar/remove", page="/settings")
    assert "Your picture is gone." in removed.text
    assert (await member.profile())["avatar"] is None


async def test_the_account_menu_shows_the_picture(member: Member, picture):
    await member.upload(picture())
    address = (await member.profile())["avatar"]
    assert address in (await member.browser.get("/")).text


@pytest.mark.parametrize(
    ("data", "status", "sentence"),
    [
        (b"<svg onload=alert(1)>", 422, "Send a PNG, JPEG, WebP or GIF."),
        (b"", 422, "Choose a picture first."),
        (bytes(6 * 1024 * 1024), 413, "has 6.0 MB; send one of at most 5 MB."),
    ],
    ids=["svg", "nothing", "too large"],
)
async def test_a_bad_picture_comes_back_with_its_sentence(member: Member, data: bytes, status: int, sentence: str):
    answer = await member.upload(data)
    assert answer.status == status
    assert sentence in answer.text
    assert 'id="profile-avatar-error"' in answer.text
    assert (await member.profile())["avatar"] is None


async def test_a_form_without_a_file_is_told_to_choose_one(member: Member):
    answer = await member.browser.submit("/p/profiles/avatar", page="/settings")
    assert answer.status == 422
    assert "Choose a picture first." in answer.text


async def test_the_section_stands_on_a_page_of_its_own_too(member: Member):
    answer = await member.browser.get("/p/profiles/edit")
    assert answer.status == 200
    assert 'action="/p/profiles/bio"' in answer.text


@pytest.mark.parametrize("path", ["/p/profiles/bio", "/p/profiles/avatar", "/p/profiles/avatar/remove"])
async def test_a_form_without_its_token_is_not_carried_out(member: Member, path: str):
    answer = await member.browser.ask("POST", path, data={"bio": "forged"})
    assert answer.status == 403
    assert (await member.profile())["bio"] == ""


async def test_a_guest_is_sent_to_sign_in(site: LiveSite):
    answer = await (await site.browser()).get("/p/profiles/edit")
    assert "/sign-in?next=" in answer.url


async def test_a_full_disk_is_said_beside_the_field(member: Member, picture, monkeypatch):
    async def full(*_: object, **__: object) -> None:
        raise Unavailable("The disk of this site's files is full.", provider="local", operation="put")

    monkeypatch.setattr(type(member.site.platform.providers.storage()), "put", full)
    answer = await member.upload(picture())
    assert answer.status == 503
    assert "The disk of this site&#39;s files is full." in answer.text
