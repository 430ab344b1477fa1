"""Reporting: what can be reported, by whom how often, and what is kept of it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aethex_live.errors import Invalid
from aethex_live.models import Event
from aethex_plugins.reports.models import Report
from aethex_plugins.reports.service import LONGEST, check_text

sys.path.insert(0, str(Path(__file__).parent))

from reports_support import World


def about(kind: str, subject_id: object, reason: str = "spam", **more: object) -> dict[str, object]:
    return {"kind": kind, "subject_id": str(subject_id), "reason": reason, **more}


async def test_a_report_keeps_what_was_there_and_is_told_in_the_log(world: World) -> None:
    # Given a channel and somebody who looks at it
    channel, owner, _ = await world.channel()
    _, reader = await world.person()
    page = await reader.get(f"/{channel.slug}")
    form = f"/p/reports/new?kind=channel&id={channel.id}"
    assert form.replace("&", "&amp;") in page.text
    # When they report it by the form
    answer = await reader.submit(
        "/p/reports/new", page=form, kind="channel", id=str(channel.id), reason="hate", text="Listen\r\nto it"
    )
    # Then they are thanked, and name, text and owner are kept
    assert "Thank you" in answer.text
    world.site.platform.db.bind()
    report = await Report.get(subject_id=str(channel.id))
    assert (report.reason, report.text, report.accused_id) == ("hate", "Listen\nto it", owner.id)
    assert report.snapshot["title"] == channel.name
    assert await Event.filter(type="reports.filed", subject=f"report:{report.id}").count() == 1


async def test_one_person_has_one_open_report_of_a_thing(world: World) -> None:
    channel, _, _ = await world.channel()
    _, reader = await world.person()
    first = await reader.api("POST", "/reports", about("channel", channel.id))
    second = await reader.api("POST", "/reports", about("channel", channel.id, "hate"))
    assert (first.status, second.status) == (201, 409)
    await world.operator.api(
        "POST", "/reports/close", {"kind": "channel", "subject_id": str(channel.id), "act": "noted"}
    )
    assert (await reader.api("POST", "/reports", about("channel", channel.id))).status == 201


async def test_guests_may_report_a_little_and_are_known_by_a_hash_alone(world: World) -> None:
    # Given four things to report, and a guest
    things = [await world.channel() for _ in range(4)]
    guest = await world.site.browser()
    # When the guest reports all of them
    answers = [await guest.api("POST", "/reports", about("channel", channel.id)) for channel, _, _ in things]
    # Then three are taken, and no address is kept
    assert [answer.status for answer in answers] == [201, 201, 201, 429]
    assert answers[-1].headers["Retry-After"]
    world.site.platform.db.bind()
    report = await Report.get(subject_id=str(things[0][0].id))
    assert report.reporter_id is None
    assert len(report.guest_hash) == 64
    assert "127" not in report.guest_hash[:3]


async def test_a_chat_message_is_reported_from_its_author_s_card(world: World) -> None:
    # Given a message in a chat
    channel, _, _ = await world.channel()
    author, author_browser = await world.person()
    line = await world.line(channel, author, "rude <b>words</b>")
    _, reader = await world.person()
    card = f"/p/chat/{channel.slug}/people/{author.id}?line={line}"
    # When somebody looks at the card of its author, and the author at their own
    seen, own = await reader.get(card), await author_browser.get(card)
    # Then the first can report it, with its words kept
    form = f"/p/reports/new?kind=chat.line&id={line}"
    assert form.replace("&", "&amp;") in seen.text
    assert "/p/reports/new" not in own.text
    assert "rude &lt;b&gt;words" in (await reader.get(form)).text
    assert (await reader.api("POST", "/reports", about("chat.line", line))).status == 201
    world.site.platform.db.bind()
    report = await Report.get(subject_id=line)
    assert (report.snapshot["text"], report.channel_id, report.accused_id) == (
        "rude <b>words</b>",
        channel.id,
        author.id,
    )


async def test_a_report_of_a_message_keeps_what_was_said_beside_it(world: World) -> None:
    # Given a conversation
    channel, _, _ = await world.channel()
    author, _ = await world.person()
    other, reader = await world.person()
    said = [await world.line(channel, who, f"word {n}") for n, who in enumerate([author, other] * 8)]
    # When one message of it is reported, and everything is removed afterwards
    assert (await reader.api("POST", "/reports", about("chat.line", said[8]))).status == 201
    world.site.platform.db.bind()
    await world.site.platform.db.execute("delete from chat_line where channel_id = $1", [channel.id])
    # Then five before and five after it are kept, and which of them it is
    report = await Report.get(subject_id=said[8])
    around = report.snapshot["around"]
    assert [kept["text"] for kept in around] == [f"word {n}" for n in range(3, 14)]
    assert [kept["text"] for kept in around if kept["subject"]] == ["word 8"]
    assert "<mark>word 8</mark>" in (await world.operator.get("/p/reports/queue")).text


async def test_a_person_of_a_chat_is_reported_from_their_card(world: World) -> None:
    channel, _, _ = await world.channel()
    author, author_browser = await world.person()
    silent, reader = await world.person()
    await world.line(channel, author, "rude words")
    # Given their card, without a message that led there
    card = f"/p/chat/{channel.slug}/people/{author.id}"
    number = f"{channel.id.hex}{author.id.hex}"
    assert "Report this person" in (await reader.get(card)).text
    assert "Report this person" not in (await author_browser.get(card)).text
    # When they are reported
    assert f"id={number}" in (await reader.get(card)).text
    assert (await reader.api("POST", "/reports", about("chat.person", number))).status == 201
    # Then their last words are kept
    world.site.platform.db.bind()
    report = await Report.get(subject_id=number)
    assert (report.accused_id, report.channel_id) == (author.id, channel.id)
    assert [kept["text"] for kept in report.snapshot["around"]] == ["rude words"]
    # and who never wrote there, or is not there, can't be reported
    for wrong in (f"{channel.id.hex}{silent.id.hex}", number[::-1], "x" * 64, f"{author.id.hex}{author.id.hex}"):
        assert (await reader.api("POST", "/reports", about("chat.person", wrong))).status == 404


async def test_what_is_not_there_or_not_public_can_not_be_reported(world: World) -> None:
    channel, _, _ = await world.channel()
    _, reader = await world.person()
    private, rehearsal = await world.video(channel, "private"), await world.broadcast(channel, rehearsal=True)
    for kind, number in (
        ("recording", private),
        ("broadcast", rehearsal),
        ("channel", "not-an-id"),
        ("chat.line", "not-an-id"),
        ("toaster", channel.id),
    ):
        assert (await reader.api("POST", "/reports", about(kind, number))).status == 404, kind
        assert (await reader.get(f"/p/reports/new?kind={kind}&id={number}")).status == 404, kind


@pytest.mark.parametrize("body", [{}, {"kind": "channel", "subject_id": "x", "reason": "boring"}])
async def test_a_report_without_a_reason_is_not_taken(world: World, body: dict[str, str]) -> None:
    _, reader = await world.person()
    assert (await reader.api("POST", "/reports", body)).status == 422


async def test_a_refused_form_keeps_what_was_typed(world: World) -> None:
    channel, _, _ = await world.channel()
    _, reader = await world.person()
    form = f"/p/reports/new?kind=channel&id={channel.id}"
    answer = await reader.submit(
        "/p/reports/new", page=form, kind="channel", id=str(channel.id), reason="", text="my words"
    )
    assert answer.status == 422
    assert "my words" in answer.text
    assert "Choose what is wrong with it." in answer.text


async def test_people_see_their_own_reports_and_what_became_of_them(world: World) -> None:
    channel, _, _ = await world.channel()
    _, reader = await world.person()
    _, other = await world.person()
    await reader.api("POST", "/reports", about("channel", channel.id))
    assert channel.name in (await reader.get("/p/reports/mine")).text
    assert channel.name not in (await other.get("/p/reports/mine")).text
    (mine,) = (await reader.api("GET", "/me/reports")).json()["items"]
    assert (mine["state"], mine["outcome"]) == ("open", "")


async def test_a_site_without_guests_reports_asks_to_sign_in(open_site) -> None:
    from reports_support import SETTINGS

    plugins = SETTINGS["plugins"] | {"reports": {"guests": False}}
    site = await open_site(**(SETTINGS | {"plugins": plugins}))
    owner = await site.platform.domain.accounts.register("nova_owns", "", "correct horse 9 battery")
    channel = await site.platform.domain.channels.create(owner.id, "nova", "Nova")
    guest = await site.browser()
    assert (await guest.api("POST", "/reports", about("channel", channel.id))).status == 401


@given(st.text())
def test_any_text_is_cleaned_or_refused_and_cleaning_is_final(text: str) -> None:
    try:
        kept = check_text(text, LONGEST, "text")
    except Invalid as refusal:
        assert refusal.field == "text"
        return
    assert len(kept) <= LONGEST
    assert check_text(kept, LONGEST, "text") == kept
    assert "\x00" not in kept
