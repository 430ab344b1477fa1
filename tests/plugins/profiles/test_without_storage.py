"""A site whose storage is switched off: bios work, pictures are absent and said so."""

from profile_support import QUIET

from sites import OpenSite


async def test_pictures_are_absent_where_nothing_keeps_them(open_site: OpenSite, picture):
    site = await open_site(**QUIET | {"providers": {"streaming": "none", "storage": "none"}})
    member = await site.member("ada")
    settings = await member.get("/settings")
    assert "this site&#39;s storage is switched off" in settings.text.replace("'", "&#39;")
    assert 'name="avatar"' not in settings.text
    saved = await member.submit("/p/profiles/bio", page="/settings", bio="Hello.")
    assert "Your bio is saved." in saved.text
    put = await member.ask("PUT", "/api/v1/me/profile/avatar", data=picture(), headers={"Origin": site.url.rstrip("/")})
    assert put.status == 503
    assert "keeps no pictures" in put.json()["detail"]
