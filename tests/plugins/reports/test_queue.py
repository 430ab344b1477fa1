"""The queue: what operators and moderators see of reports, and what they do about them."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from aethex_live.ids import uuid7
from aethex_live.models import AuditEntry, Channel, ChannelModerator, Event, Recording, Session, User
from aethex_live.services.mails import KEPT_MAILS
from aethex_plugins.reports.models import Report

sys.path.insert(0, str(Path(__file__).parent))

from reports_support import World

from sites import PASSWORD, Answer, Browser

OWN_ENTRIES = ("user.banned", "channel.unlisted", "broadcast.ended_by_operator")


async def report(browser: Browser, kind: str, subject_id: object, **more: object) -> None:
    body = {"kind": kind, "subject_id": str(subject_id), "reason": "spam", **more}
    assert (await browser.api("POST", "/reports", body)).status == 201


async def close(browser: Browser, kind: str, subject_id: object, act: str, note: str = "", base: str = "") -> Answer:
    place = base or "/p/reports/queue"
    return await browser.submit(place, kind=kind, id=str(subject_id), act=act, note=note)


async def test_reports_of_one_thing_stand_together_with_what_was_said(world: World) -> None:
    # Given a video that two people reported
    channel, _, _ = await world.channel()
    video = await world.video(channel)
    for words in ("first <i>words</i>", "second words"):
        _, reader = await world.person()
        await report(reader, "recording", video, text=words)
    # When an operator looks at the queue
    text = (await world.operator.get("/p/reports/queue")).text
    # Then it is one case with both, escaped
    assert text.count(f'id="recording-{video}"') == 1
    assert "2 reports" in text
    assert "first &lt;i&gt;words" in text
    assert "second words" in text


async def test_dismissing_needs_a_reason_and_is_audited(world: World) -> None:
    channel, _, _ = await world.channel()
    _, reader = await world.person()
    await report(reader, "channel", channel.id)
    refused = await close(world.operator, "channel", channel.id, "dismiss")
    assert refused.status == 422
    assert "Say why" in refused.text
    done = await close(world.operator, "channel", channel.id, "dismiss", "Not spam")
    assert done.status == 200
    world.site.platform.db.bind()
    subject = f"channel:{channel.id}"
    entry = await AuditEntry.get(action="reports.dismiss", subject=subject)
    assert entry.detail == {"reports": 1, "note": "Not spam", "title": channel.name}
    assert await Event.filter(type="reports.closed", subject=subject).count() == 1
    assert "Not spam" in (await world.operator.get("/p/reports/queue?state=closed")).text
    assert (await close(world.operator, "channel", channel.id, "noted")).status == 404


async def test_each_act_does_what_it_says(world: World) -> None:
    # Given reported things of four channels
    (unlisted, _, _), (filmed, _, _), (owned, bad, _), (live, _, _) = [await world.channel() for _ in range(4)]
    video, broadcast = await world.video(filmed), await world.broadcast(live)
    _, reader = await world.person()
    things = [
        ("channel", unlisted.id, "unlist"),
        ("recording", video, "delete"),
        ("channel", owned.id, "ban"),
        ("broadcast", broadcast, "end"),
    ]
    for kind, number, _ in things:
        await report(reader, kind, number)
    # When an operator acts on each
    for kind, number, act in things:
        assert (await close(world.operator, kind, number, act, "seen")).status == 200, act
    # Then it is done, and nothing is open
    world.site.platform.db.bind()
    held = await Channel.get(id=unlisted.id)
    assert (held.visibility, held.held_reason) == ("unlisted", "seen")
    assert (await Recording.get(id=video)).state == "deleted"
    assert (await User.get(id=bad.id)).state == "banned"
    assert await Report.filter(subject_id__in=[str(number) for _, number, _ in things], closed_at=None).count() == 0
    assert await Report.exclude(closed_at=None).exclude(guest_hash=None).count() == 0


async def test_acts_are_those_of_the_operators_own_pages_with_their_proof_and_audit(world: World) -> None:
    # Given a reported channel and a broadcast of it, and an operator whose proof is 20 minutes old
    world.site.platform.db.bind()
    domain, clock = world.site.platform.domain, world.site.platform.clock
    owner = await domain.accounts.register("bad_owner", "", PASSWORD)
    channel = await domain.channels.create(owner.id, "bad-owner", "Bad owner")
    broadcast = await world.broadcast(channel)
    _, reader = await world.person()
    boss = await User.get(username="boss")
    sessions = Session.filter(user_id=boss.id)
    await sessions.update(proven_at=clock.now() - timedelta(minutes=20))
    # When they unlist and end, Then nobody asks who they are
    for kind, number, act in (("channel", channel.id, "unlist"), ("broadcast", broadcast, "end")):
        await report(reader, kind, number)
        assert (await close(world.operator, kind, number, act, "seen")).url.endswith("/p/reports/queue")
    # When they ban, Then they are asked, and nothing is done before they proved it
    await report(reader, "channel", channel.id)
    assert "/confirm?next=/p/reports/queue" in (await close(world.operator, "channel", channel.id, "ban")).url
    assert (await User.get(id=owner.id)).state == "active"
    await sessions.update(proven_at=clock.now())
    await close(world.operator, "channel", channel.id, "ban")
    # Then the entries are those of the operators' own pages
    entries = {row.action: row for row in await AuditEntry.filter(action__in=OWN_ENTRIES).order_by("id")}
    assert entries.keys() == set(OWN_ENTRIES)
    assert entries["user.banned"].detail == {"username": "bad_owner", "reason": "Reported: spam."}
    assert entries["channel.unlisted"].channel_id == entries["broadcast.ended_by_operator"].channel_id == channel.id
    # and the same ban again is refused as it is there
    await report(reader, "channel", channel.id)
    again = await close(world.operator, "channel", channel.id, "ban")
    assert (again.status, "banned already" in again.text) == (409, True)


async def test_an_act_that_is_refused_leaves_the_reports_open(world: World) -> None:
    # Given a channel of an operator, and a chat message
    world.site.platform.db.bind()
    boss = await User.get(username="boss")
    own = await world.site.platform.domain.channels.create(boss.id, "bosses", "Bosses")
    _, reader = await world.person()
    await report(reader, "channel", own.id)
    # When somebody would ban the operator, or delete a channel as if it were a recording
    banned, deleted = [await close(world.operator, "channel", own.id, act) for act in ("ban", "delete")]
    # Then it is refused with a sentence, and the report waits
    assert (banned.status, deleted.status) == (409, 409)
    assert "runs the site" in banned.text
    assert await Report.filter(subject_id=str(own.id), closed_at=None).count() == 1


async def test_who_wants_to_hear_gets_a_mail_and_others_get_none(world: World) -> None:
    # Given two people who reported one video: one has an address and wants to hear
    channel, _, _ = await world.channel()
    video = await world.video(channel)
    _, eager = await world.person(email="eager@example.org")
    _, quiet = await world.person(email="quiet@example.org")
    await report(eager, "recording", video, wants_news=True)
    await report(quiet, "recording", video)
    # When the video is deleted for it
    assert (await close(world.operator, "recording", video, "delete")).status == 200
    world.site.platform.db.bind()
    await world.site.platform.jobs.settle()
    # Then the first got a mail that says so
    mails = await world.site.platform.services.get(KEPT_MAILS).page(limit=50)
    found = {mail.to: mail for mail in mails if mail.subject.startswith("Your report")}
    assert set(found) == {"eager@example.org"}
    assert "The recording was deleted." in found["eager@example.org"].text
    assert "was deleted" in (await eager.get("/p/reports/mine")).text


async def test_moderators_see_and_close_reports_of_their_chat_alone(world: World) -> None:
    # Given two channels with reported messages, one with a moderator; and a report of that channel itself
    (mine, _, owner), (other, _, _) = [await world.channel() for _ in range(2)]
    author, _ = await world.person()
    lines = [await world.line(channel, author, f"words {channel.slug}") for channel in (mine, other)]
    moderator, browser = await world.person()
    _, reader = await world.person()
    await ChannelModerator.create(id=uuid7(), channel_id=mine.id, user_id=moderator.id, rights=["chat"])
    for line in lines:
        await report(reader, "chat.line", line)
    await report(reader, "channel", mine.id)
    base = f"/p/reports/channels/{mine.slug}"
    # When the moderator looks
    text = (await browser.get(base)).text
    # Then their own chat's is there, with no power over accounts, and the channel's page leads there
    assert f"words {mine.slug}" in text
    assert f"words {other.slug}" not in text
    assert f"channel-{mine.id}" not in text
    assert 'value="ban"' not in text
    assert base in (await browser.get(f"/{mine.slug}")).text
    # And they can close theirs, and no other
    assert (await close(browser, "chat.line", lines[0], "ban", base=base)).status == 404
    assert (await close(browser, "channel", mine.id, "noted", base=base)).status == 404
    assert (await close(browser, "chat.line", lines[1], "noted", base=base)).status == 404
    assert (await close(browser, "chat.line", lines[0], "noted", base=base)).status == 200
    assert "Nothing waits" in (await owner.get(base)).text
    assert (await reader.get(base)).status == 403


async def test_the_queue_is_for_operators(world: World) -> None:
    _, reader = await world.person()
    guest = await world.site.browser()
    assert (await reader.get("/p/reports/queue")).status == 403
    assert (await reader.api("GET", "/reports")).status == 403
    assert (await reader.api("POST", "/reports/close", {})).status == 403
    assert "/sign-in" in (await guest.get("/p/reports/queue")).url
    assert "/p/reports/queue" in (await world.operator.get("/admin/plugins")).text


async def test_operators_read_reports_in_pages_over_the_api(world: World) -> None:
    channel, _, _ = await world.channel()
    for _ in range(3):
        _, reader = await world.person()
        await report(reader, "channel", channel.id)
    first = (await world.operator.api("GET", "/reports?limit=2")).json()
    rest = (await world.operator.api("GET", f"/reports?limit=100&before={first['next']}")).json()
    ids = [UUID(row["id"]) for row in first["items"] + rest["items"]]
    assert len(first["items"]) == 2
    assert ids == sorted(set(ids), reverse=True)
    assert first["items"][0]["said"] == ""


async def test_closed_reports_are_forgotten_in_time(world: World) -> None:
    channel, _, _ = await world.channel()
    _, reader = await world.person()
    await report(reader, "channel", channel.id)
    await close(world.operator, "channel", channel.id, "noted")
    world.site.platform.db.bind()
    plugin = world.site.platform.plugins.roster.entries["reports"].plugin
    assert await plugin._reports.tidy() == 0
    await Report.filter(subject_id=str(channel.id)).update(closed_at=datetime(2001, 1, 1, tzinfo=UTC))
    assert await plugin._reports.tidy() == 1
    assert not await Report.filter(subject_id=str(channel.id)).exists()
