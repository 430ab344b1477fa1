"""Closing channels: a deleted one is hidden at once, can be brought back for some days, and then goes for good."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from aethex_live.ids import uuid7
from aethex_live.models import AuditEntry, Broadcast, Channel, Event, Outbox, Recording, User
from sites import Browser, LiveSite

DAY = timedelta(days=1)


async def close(browser: Browser, slug: str) -> str:
    """Delete the browser's channel by its page; returns what the next page says."""
    answer = await browser.submit(f"/studio/{slug}/delete", page=f"/studio/{slug}/settings", typed=slug)
    assert answer.status == 200, answer.text
    return answer.text


async def video_of(site: LiveSite, slug: str) -> tuple[UUID, str]:
    """A public recording of a channel: its id, and the provider's."""
    site.platform.db.bind()
    number, media = uuid7(), str(uuid7())
    channel = await Channel.get(slug=slug)
    await Recording.create(
        id=number, channel=channel, provider="local", provider_id=media, state="ready", title="Kept", playback={}
    )
    return number, media


async def go(site: LiveSite, slug: str) -> None:
    """Let the time of a closed channel come."""
    site.platform.db.bind()
    await Channel.filter(slug=slug).update(delete_at=site.platform.clock.now() - timedelta(seconds=1))
    await site.platform.domain.closing.delete_due()


async def test_only_its_owner_closes_a_channel_and_types_its_address(site: LiveSite) -> None:
    owner, other = await site.creator("closer1", "closing1"), await site.member("closer1b")
    assert (await other.api("DELETE", "/channels/closing1", {"typed": "closing1"})).status == 403
    wrong = await owner.submit("/studio/closing1/delete", page="/studio/closing1/settings", typed="yes")
    assert (wrong.status, "Type the address" in wrong.text) == (422, True)
    assert (await owner.get("/closing1")).status == 200


async def test_a_live_channel_is_not_closed(site: LiveSite) -> None:
    owner = await site.creator("closer2", "closing2")
    site.platform.db.bind()
    channel = await Channel.get(slug="closing2")
    await Broadcast.create(
        id=uuid7(),
        channel=channel,
        provider="local",
        provider_id="x",
        started_at=site.platform.clock.now(),
        playback={},
    )
    refused = await owner.api("DELETE", "/channels/closing2", {"typed": "closing2"})
    assert (refused.status, "end the stream first" in refused.json()["detail"]) == (409, True)


async def test_a_closed_channel_is_hidden_at_once_and_all_of_it_comes_back(site: LiveSite) -> None:
    # Given a channel with a moderator, a video, and its stream key
    owner, helper = await site.creator("closer3", "closing3"), await site.member("helper3")
    assert (await owner.api("POST", "/channels/closing3/moderators", {"username": "helper3"})).status == 201
    video, media = await video_of(site, "closing3")
    key = (await owner.api("POST", "/channels/closing3/ingest/key", {})).json()["key"]
    channel = await Channel.get(slug="closing3")
    hidden = ("/closing3", "/closing3/live", "/api/v1/channels/closing3", "/studio/closing3", f"/videos/{video}")
    for path in hidden[:3]:
        assert (await helper.get(path)).status == 200
    # When its owner deletes it
    said = await close(owner, "closing3")
    # Then they are told until when, and see it with the way back
    assert "You can bring it back here until" in said
    assert f"/studio/{channel.id}/restore" in said
    assert [row["slug"] for row in (await owner.api("GET", "/me/channels/closed")).json()["items"]] == ["closing3"]
    # and nothing of it opens any more, for nobody
    for path in hidden:
        assert (await owner.get(path)).status == 404, path
        assert (await helper.get(path)).status in {403, 404}, path
    for mine in ((owner, "/me/channels"), (helper, "/me/moderates")):
        assert (await mine[0].api("GET", mine[1])).json()["items"] == []
    assert str(video) not in (await (await site.browser()).get("/")).text
    assert "closing3" not in (await owner.get("/sitemap/channels-1.xml")).text
    assert await site.platform.domain.recordings.openness("local", media) == "gone"
    gate = site.platform.plugins.roster.entries["stream_local"].plugin._server.hub._gate
    assert "bring it back in the studio" in (await gate.admit(key, "192.0.2.1")).sentence
    # When it is restored, Then all is as it was
    back = await owner.submit(f"/studio/{channel.id}/restore", page="/studio?new")
    assert "is back." in back.text
    for path in hidden:
        assert (await owner.get(path)).status == 200, path
    assert await site.platform.domain.recordings.openness("local", media) == "open"
    types = {row.type for row in await Event.filter(subject=f"channel:{channel.id}")}
    assert {"channel.closed", "channel.restored"} <= types
    actions = {row.action for row in await AuditEntry.filter(channel_id=channel.id)}
    assert {"channel.closed", "channel.restored"} <= actions
    assert "channel.deleted" not in actions


async def test_its_address_stays_its_own_and_it_counts_until_it_is_gone(site: LiveSite) -> None:
    # Given an account with as many channels as it may have, one of them closed
    owner, other = await site.creator("closer4", "closing4"), await site.member("closer4b")
    most = site.platform.site.channels_per_person
    for number in range(1, most):
        made = await owner.api("POST", "/channels", {"slug": f"closing4-{number}", "name": "More"})
        assert made.status == 201
    video, media = await video_of(site, "closing4")
    channel = await Channel.get(slug="closing4")
    await close(owner, "closing4")
    # Then neither the address nor the place is free
    assert (await other.api("POST", "/channels", {"slug": "closing4", "name": "Mine"})).status == 409
    assert (await owner.api("POST", "/channels", {"slug": "closing4-x", "name": "More"})).status == 409
    # When its time is not there yet, nothing happens; when it is, it goes with its media
    await site.platform.domain.closing.delete_due()
    assert await Channel.exists(id=channel.id)
    await go(site, "closing4")
    assert not await Channel.exists(id=channel.id)
    assert not await Recording.exists(id=video)
    wanted = await Outbox.filter(topic="core.delete_recording_media").values("payload")
    assert media in {row["payload"]["provider_id"] for row in wanted}
    assert await AuditEntry.filter(action="channel.deleted", channel_id=channel.id).count() == 1
    # and both are free
    assert (await other.api("POST", "/channels", {"slug": "closing4", "name": "Mine"})).status == 201
    assert (await owner.api("POST", "/channels", {"slug": "closing4-x", "name": "More"})).status == 201


async def test_strangers_restore_nothing(site: LiveSite) -> None:
    owner, other = await site.creator("closer5", "closing5"), await site.member("closer5b")
    await close(owner, "closing5")
    channel = await Channel.get(slug="closing5")
    for browser, path in ((other, channel.id), (owner, uuid7())):
        assert (await browser.api("POST", f"/me/channels/closed/{path}/restore")).status == 404
    assert (await (await site.browser()).api("POST", f"/me/channels/closed/{channel.id}/restore")).status == 401
    assert (await owner.api("POST", f"/me/channels/closed/{channel.id}/restore")).status == 200
    assert (await owner.api("POST", f"/me/channels/closed/{channel.id}/restore")).status == 404


async def test_what_an_operator_closed_only_an_operator_brings_back(site: LiveSite) -> None:
    # Given a channel that an operator deleted
    owner, boss = await site.creator("closer6", "closing6"), await site.operator("boss6")
    await User.filter(username="closer6").update(email="closer6@example.org", email_key="closer6@example.org")
    assert (await boss.api("DELETE", "/channels/closing6", {"typed": "closing6"})).status == 200
    channel = await Channel.get(slug="closing6")
    # Then its owner is told, by mail too, and can't bring it back
    page = (await owner.get("/studio")).text
    assert "An operator closed it" in page
    assert f"/studio/{channel.id}/restore" not in page
    assert (await owner.api("POST", f"/me/channels/closed/{channel.id}/restore")).status == 403
    await site.platform.jobs.settle()
    rows = await site.platform.db.fetch('select text from email_outbox_mail where "to" = $1', ["closer6@example.org"])
    [mail] = [str(row["text"]) for row in rows]
    assert "an operator of" in mail
    assert "/closing6" in mail
    # When an operator does it on the page of channels, Then it is there again
    assert "To be deleted on" in (await boss.get("/admin/channels?q=closing6")).text
    await boss.submit("/admin/channels/closing6", page="/admin/channels?q=closing6", act="restore")
    assert (await owner.get("/closing6")).status == 200
    assert (await Channel.get(slug="closing6")).closed_by_operator is False


async def test_recordings_don_t_age_while_nobody_could_keep_them(site: LiveSite) -> None:
    # Given a recording whose time is over, warned of long ago, on a closed channel
    owner = await site.creator("closer7", "closing7")
    video, _ = await video_of(site, "closing7")
    await close(owner, "closing7")
    past = site.platform.clock.now() - 30 * DAY
    await Recording.filter(id=video).update(expires_at=past, warned_at=past)
    # When the hourly round comes, Then it stays; and goes once the channel is back
    await site.platform.domain.retention.tick()
    assert await Recording.exists(id=video)
    channel = await Channel.get(slug="closing7")
    await owner.api("POST", f"/me/channels/closed/{channel.id}/restore")
    await site.platform.domain.retention.tick()
    assert not await Recording.exists(id=video)


async def test_an_account_that_goes_takes_its_closed_channels_along(site: LiveSite) -> None:
    owner = await site.creator("closer8", "closing8")
    await close(owner, "closing8")
    await owner.submit("/settings/leave", username="closer8")
    user = await User.get(username="closer8")
    await User.filter(id=user.id).update(delete_at=site.platform.clock.now() - DAY)
    await site.platform.domain.leaving.delete_due()
    assert not await Channel.exists(owner_id=user.id)
