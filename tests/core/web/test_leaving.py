"""Leaving: an account closes, can come back, and is deleted for good when its time has come."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from aethex_live.ids import uuid7
from aethex_live.models import ApiToken, AuditEntry, Channel, Event, Identity, Outbox, Recording, Session, User
from sites import PASSWORD, Browser, LiveSite


async def leave(browser: Browser, name: str) -> str:
    """Ask for the deletion of the browser's account; returns what the page says."""
    answer = await browser.submit("/settings/leave", username=name)
    return answer.text


async def gone(site: LiveSite, name: str) -> User:
    """The account, after its time has come."""
    site.platform.db.bind()
    user = await User.get(username=name)
    await User.filter(id=user.id).update(delete_at=site.platform.clock.now() - timedelta(seconds=1))
    await site.platform.domain.leaving.delete_due()
    return user


async def mail_to(site: LiveSite, address: str) -> str:
    await site.platform.jobs.settle()
    rows = await site.platform.db.fetch('select text from email_outbox_mail where "to" = $1 order by id', [address])
    return str(rows[-1]["text"]) if rows else ""


async def test_leaving_signs_out_everywhere_and_hides_the_channels(site: LiveSite) -> None:
    # Given a creator who is signed in twice
    here = await site.creator("leaver1", "leaver1")
    there = await site.browser()
    await there.submit("/sign-in", username="leaver1", password=PASSWORD)
    token = (await here.api("POST", "/me/tokens", {"name": "x", "scopes": ["read"]})).json()["token"]
    # When they ask for the deletion of their account
    said = await leave(here, "leaver1")
    # Then they are told until when they can come back, and nothing of theirs opens any more
    assert "you get it back by signing in" in said
    for browser in (here, there):
        assert (await browser.api("GET", "/me")).status == 401
    program = await site.browser()
    assert (await program.ask("GET", "/api/v1/me", headers={"Authorization": f"Bearer {token}"})).status == 401
    for path in ("/leaver1", "/leaver1/live", "/api/v1/channels/leaver1"):
        assert (await program.get(path)).status == 404
    assert (await program.api("GET", "/people/leaver1")).status == 404


async def test_signing_in_calls_it_off(site: LiveSite) -> None:
    browser = await site.creator("leaver2", "leaver2")
    await leave(browser, "leaver2")
    back = await browser.submit("/sign-in", username="leaver2", password=PASSWORD)
    assert "your account stays" in back.text
    assert (await browser.get("/leaver2")).status == 200
    site.platform.db.bind()
    user = await User.get(username="leaver2")
    assert (user.state, user.delete_at) == ("active", None)
    types = [event.type for event in await Event.filter(subject=f"user:{user.id}").order_by("recorded_at")]
    assert [kind for kind in types if kind in {"user.leaving", "user.stayed"}] == ["user.leaving", "user.stayed"]


async def test_the_mail_s_link_calls_it_off_once_and_for_its_own_account(site: LiveSite) -> None:
    # Given somebody with an address who leaves
    browser = await site.member("leaver3")
    site.platform.db.bind()
    await User.filter(username="leaver3").update(email="leaver3@example.org", email_key="leaver3@example.org")
    await leave(browser, "leaver3")
    link = re.search(r"http\S+/leaving\?t=(\S+)", await mail_to(site, "leaver3@example.org"))
    assert link is not None
    rows = await Outbox.filter(topic="core.leaving_mail").values("payload")
    assert not any(link.group(1) in str(row["payload"]) for row in rows), "what waits is seen by operators"
    # When a program opens the link, nothing happens; when the person presses the button, they stay
    stranger = await site.browser()
    assert "Keep your account?" in (await stranger.get(f"/leaving?t={link.group(1)}")).text
    assert (await User.get(username="leaver3")).state == "leaving"
    kept = await stranger.submit("/leaving", page=f"/leaving?t={link.group(1)}", t=link.group(1))
    assert "Your account stays." in kept.text
    assert (await User.get(username="leaver3")).state == "active"
    # Then the link is used up, also for a second request
    assert (await stranger.get(f"/leaving?t={link.group(1)}")).status == 404
    await browser.submit("/sign-in", username="leaver3", password=PASSWORD)
    await leave(browser, "leaver3")
    await User.filter(username="leaver3").update(delete_at=site.platform.clock.now() + timedelta(days=15))
    assert (await stranger.get(f"/leaving?t={link.group(1)}")).status == 404


@pytest.mark.parametrize("token", ["", "x", "A" * 200, "%00"])
async def test_a_link_that_is_none_is_refused_without_a_word_about_anybody(site: LiveSite, token: str) -> None:
    assert (await (await site.browser()).get(f"/leaving?t={token}")).status == 404


async def test_the_name_has_to_be_typed_and_the_proof_to_be_fresh(site: LiveSite) -> None:
    browser = await site.member("leaver4")
    wrong = await browser.submit("/settings/leave", username="somebody")
    assert (wrong.status, "Type the user name" in wrong.text) == (422, True)
    await site.platform.db.execute("update core_session set proven_at = now() - interval '1 hour'")
    assert "/confirm" in (await browser.submit("/settings/leave", username="leaver4")).url
    site.platform.db.bind()
    assert (await User.get(username="leaver4")).state == "active"


async def test_when_the_time_has_come_nothing_of_the_person_is_left(site: LiveSite) -> None:
    # Given a creator with a recording and a token who left
    browser = await site.creator("leaver5", "leaver5")
    await browser.api("POST", "/me/tokens", {"name": "x", "scopes": ["read"]})
    site.platform.db.bind()
    channel = await Channel.get(slug="leaver5")
    media = str(uuid7())
    await Recording.create(id=uuid7(), channel=channel, provider="local", provider_id=media, title="Old", state="ready")
    await leave(browser, "leaver5")
    # When fourteen days are over
    user = await gone(site, "leaver5")
    # Then rows and proofs are gone, the media follow, and the row that stays has no name
    left = await User.get(id=user.id)
    assert (left.state, left.display_name, left.email, left.delete_at) == ("deleted", "Deleted person", None, None)
    assert "leaver5" not in left.username
    for rows in (Channel.filter(owner_id=user.id), Session.filter(user_id=user.id), ApiToken.filter(user_id=user.id)):
        assert not await rows.exists()
    assert not await Identity.filter(user_id=user.id).exists()
    assert not await Recording.filter(channel_id=channel.id).exists()
    wanted = await Outbox.filter(topic="core.delete_recording_media").values("payload")
    assert media in {row["payload"]["provider_id"] for row in wanted}
    assert await Event.filter(type="user.deleted", subject=f"user:{user.id}").count() == 1
    assert await AuditEntry.filter(action="account.deleted", subject=f"user:{user.id}").count() == 1
    # and the password is forgotten, the name free
    await site.platform.jobs.settle()
    assert (await (await site.browser()).submit("/sign-in", username="leaver5", password=PASSWORD)).status == 401
    assert (await (await site.browser()).sign_up("leaver5")) is not None


async def test_deleting_twice_or_too_early_does_nothing(site: LiveSite) -> None:
    browser = await site.member("leaver6")
    await leave(browser, "leaver6")
    site.platform.db.bind()
    await site.platform.domain.leaving.delete_due()
    assert (await User.get(username="leaver6")).state == "leaving"
    user = await gone(site, "leaver6")
    await site.platform.domain.leaving.delete_due()
    assert await Event.filter(type="user.deleted", subject=f"user:{user.id}").count() == 1


async def test_an_operator_deletes_and_only_an_operator_calls_that_off(site: LiveSite) -> None:
    # Given two operators and a member
    boss, member = await site.operator("boss_leaving"), await site.member("leaver7")
    stranger = await site.member("leaver8")
    body = {"typed": "leaver7"}
    assert (await stranger.api("DELETE", "/users/leaver7", body)).status == 403
    assert (await boss.api("DELETE", "/users/leaver7", {"typed": "wrong"})).status == 422
    # When one deletes the member's account
    assert (await boss.api("DELETE", "/users/leaver7", body)).status == 200
    assert (await boss.api("DELETE", "/users/leaver7", body)).status == 409
    # Then signing in does not bring it back, an operator does
    assert (await member.submit("/sign-in", username="leaver7", password=PASSWORD)).status == 403
    assert (await stranger.api("POST", "/users/leaver7/stay")).status == 403
    assert (await boss.api("POST", "/users/leaver7/stay")).status == 200
    assert (await member.submit("/sign-in", username="leaver7", password=PASSWORD)).status == 200


async def test_the_last_operator_stays(site: LiveSite) -> None:
    boss = await site.operator("last_boss")
    site.platform.db.bind()
    await User.filter(role="operator").exclude(username="last_boss").update(role="member")
    refused = await boss.api("DELETE", "/me", {"typed": "last_boss"})
    assert (refused.status, "last operator" in refused.json()["detail"]) == (409, True)
    await site.operator("next_boss")
    assert (await boss.api("DELETE", "/me", {"typed": "last_boss"})).status == 200
