"""The creator's list of recordings: change, download, delete and undo, keep; and what others get of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aethex_live.ids import uuid7
from aethex_live.models import Channel, Recording
from sites import Browser, LiveSite, OpenSite


async def recording_of(site: LiveSite, slug: str, **more: object) -> Recording:
    site.platform.db.bind()
    channel = await Channel.get(slug=slug)
    number = uuid7()
    playback = {"provider": "local", "id": str(number), "live": False}
    values = {"title": "Night patch", "state": "ready", "duration": 60.0, "size": 1000, "playback": playback} | more
    return await Recording.create(id=number, channel=channel, provider="local", provider_id=str(number), **values)


@pytest.fixture
async def creator(open_site: OpenSite) -> tuple[LiveSite, Browser]:
    site = await open_site()
    return site, await site.creator("nova", "nova")


async def test_a_deleted_video_is_undone_on_the_page_that_follows(creator: tuple[LiveSite, Browser]) -> None:
    site, nova = creator
    row = await recording_of(site, "nova")
    page = "/studio/nova/videos"
    # When it is deleted, Then the page offers to undo it and nobody sees it any more
    after = await nova.submit(f"{page}/{row.id}/delete", page=page)
    assert f"{page}/{row.id}/restore" in after.text
    assert (await nova.get(f"/videos/{row.id}")).status == 404
    listed = (await nova.api("GET", "/channels/nova/videos/deleted")).json()["items"]
    assert [item["id"] for item in listed] == [str(row.id)]
    # When it is undone, Then it is back
    after = await nova.submit(f"{page}/{row.id}/restore", page=page)
    assert "is back" in after.text
    assert (await nova.get(f"/videos/{row.id}")).status == 200
    # When it is deleted for good, Then there is nothing to bring back
    await nova.submit(f"{page}/{row.id}/delete", page=page)
    await nova.submit(f"{page}/{row.id}/purge", page=page)
    assert (await nova.api("POST", f"/channels/nova/videos/{row.id}/restore")).status == 404


async def test_a_download_is_for_the_owner_and_leads_to_one_file(creator: tuple[LiveSite, Browser]) -> None:
    site, nova = creator
    row = await recording_of(site, "nova", title="Night / patch")
    answer = await nova.ask("GET", f"/studio/nova/videos/{row.id}/download", allow_redirects=False)
    assert answer.status == 303
    assert f"/vod/{row.provider_id}/t." in answer.headers["Location"]
    assert "Night%20patch" in answer.headers["Location"]
    other = await site.member("ada")
    assert (await other.api("GET", f"/videos/{row.id}/download")).status == 403
    assert (await (await site.browser()).api("GET", f"/videos/{row.id}/download")).status == 401


async def test_a_video_that_retention_takes_can_be_kept(creator: tuple[LiveSite, Browser]) -> None:
    site, nova = creator
    soon = site.platform.clock.now() + timedelta(days=2)
    row = await recording_of(site, "nova", expires_at=soon)
    page = "/studio/nova/videos"
    assert f"{page}/{row.id}/keep" in (await nova.get(page)).text
    await nova.submit(f"{page}/{row.id}/keep", page=page)
    assert (await Recording.get(id=row.id)).expires_at is None
    # and the channel says how long its recordings are kept from now on
    await nova.submit("/studio/nova/retention", page=page, retention_days="30")
    assert (await Channel.get(slug="nova")).retention_days == 30
    refused = await nova.submit("/studio/nova/retention", page=page, retention_days="9999")
    assert "3,650 days" in refused.text
    await nova.submit("/studio/nova/retention", page=page, retention_days="")
    assert (await Channel.get(slug="nova")).retention_days is None


async def test_a_private_video_has_addresses_that_hold_for_ten_minutes_only(creator: tuple[LiveSite, Browser]) -> None:
    site, nova = creator
    row = await recording_of(site, "nova", visibility="private")
    told = (await nova.api("GET", f"/videos/{row.id}/playback")).json()
    assert "/t." in told["sources"][0]["url"]
    assert told["expires_at"] is not None
    assert f'data-renew="/api/v1/videos/{row.id}/playback"' in (await nova.get(f"/videos/{row.id}")).text
    stranger = await site.member("ada")
    assert (await stranger.api("GET", f"/videos/{row.id}/playback")).status == 404
    assert (await stranger.get(f"/vod/{row.provider_id}/index.m3u8")).status == 403
