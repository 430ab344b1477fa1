"""Channels through the site: their number and addresses, moderators' rights, their end, the gate for adults."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aethex_live.domain.rights import CHAT, SENTENCES, Right, check_rights, rights_of
from aethex_live.errors import Invalid
from aethex_live.ids import uuid7
from aethex_live.models import AuditEntry, Channel, ChannelModerator, Recording
from sites import Browser, LiveSite, OpenSite


async def test_an_old_address_leads_on_for_good_on_pages_and_in_the_api(site: LiveSite) -> None:
    owner = await site.creator("mover1", "mover-one")
    await owner.api("PATCH", "/channels/mover-one", {"slug": "mover-two"})
    visitor = await site.browser()
    for old, status, new in (
        ("/mover-one", 301, "/mover-two"),
        ("/mover-one/videos?before=x", 301, "/mover-two/videos?before=x"),
        ("/mover-one/live", 301, "/mover-two/live"),
        ("/api/v1/channels/mover-one", 308, "/api/v1/channels/mover-two"),
    ):
        answer = await visitor.ask("GET", old, allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (status, new)
        assert answer.headers["Cache-Control"] == "no-cache", "the channel may come back"
    assert (await owner.api("POST", "/channels/mover-one/broadcast/end")).status == 200
    # and back again, without a loop
    await owner.api("PATCH", "/channels/mover-two", {"slug": "mover-one"})
    assert (await visitor.get("/mover-two")).url.endswith("/mover-one")


async def test_an_address_changes_three_times_a_month_and_stays_its_owner_s(site: LiveSite) -> None:
    owner, other = await site.creator("mover2", "place-0"), await site.creator("mover3", "elsewhere")
    for index in range(1, 4):
        moved = await owner.api("PATCH", f"/channels/place-{index - 1}", {"slug": f"place-{index}"})
        assert moved.status == 200
    refused = await owner.api("PATCH", "/channels/place-3", {"slug": "place-4"})
    assert (refused.status, "at most 3 times in 30 days" in refused.json()["detail"]) == (429, True)
    assert (await owner.api("PATCH", "/channels/place-3", {"slug": "place-3", "title": "x"})).status == 200
    for index in range(4):
        assert (await other.api("PATCH", "/channels/elsewhere", {"slug": f"place-{index}"})).status == 409


async def test_the_number_of_channels_is_a_setting(open_site: OpenSite) -> None:
    site = await open_site(providers={"streaming": "none"}, channels_per_person=2)
    owner = await site.creator("collector", "first-one")
    assert (await owner.api("POST", "/channels", {"slug": "second-one", "name": "2"})).status == 201
    refused = await owner.api("POST", "/channels", {"slug": "third-one", "name": "3"})
    assert (refused.status, "at most 2 channels" in refused.json()["detail"]) == (409, True)
    page = await owner.get("/studio/first-one")
    assert 'href="/studio/second-one"' in page.text
    assert 'href="/studio?new"' in page.text


RIGHTS = st.sets(st.sampled_from(list(Right)))


@given(RIGHTS)
def test_rights_are_what_their_row_names_and_nothing_else(rights: set[Right]) -> None:
    assert rights_of([right.value for right in rights]) == rights
    assert rights_of([*rights, "of a later version", 5, None]) == rights
    assert rights_of([*rights, "chat"]) == rights | set(CHAT)


@given(st.lists(st.sampled_from([*(right.value for right in Right), "chat", "owner"])))
def test_rights_are_checked_and_put_in_order(names: list[str]) -> None:
    try:
        found = check_rights(names)
    except Invalid as refused:
        assert refused.field == "rights"
        assert not names or set(names) - set(Right)
        return
    assert [right.value for right in found] == [right.value for right in Right if right.value in names]


def test_every_right_has_its_sentence() -> None:
    assert set(SENTENCES) == set(Right)
    assert all(text.endswith(".") for text in SENTENCES.values())


async def acts(site: LiveSite, helper: Browser, slug: str, person: str, line: str, video: str) -> dict[Right, int]:
    """What becomes of each act that needs a right: its status."""
    chat = f"/channels/{slug}/chat"
    edit = {"title": "By a helper", "visibility": "public"}
    return {
        Right.STREAM_EDIT: (await helper.api("PATCH", f"/channels/{slug}", {"title": "By a helper"})).status,
        Right.STREAM_END: (await helper.api("POST", f"/channels/{slug}/broadcast/end")).status,
        Right.RECORDINGS_EDIT: (await helper.api("PATCH", f"/videos/{video}", edit)).status,
        Right.CHAT_DELETE: (await helper.api("DELETE", f"{chat}/messages/{line}")).status,
        Right.CHAT_TIMEOUT: (await helper.api("POST", f"{chat}/restrictions", {"user": person, "seconds": 60})).status,
        Right.CHAT_BAN: (await helper.api("POST", f"{chat}/restrictions", {"user": person, "seconds": None})).status,
    }


async def test_each_right_opens_its_own_act_and_no_other(site: LiveSite) -> None:
    """Every set of rights that hypothesis thinks of × every act."""
    owner, helper = await site.creator("matrix_owner", "matrix-rights"), await site.member("matrix_helper")
    fan = await site.member("matrix_fan")
    site.platform.db.bind()
    channel = await Channel.get(slug="matrix-rights")
    video = await Recording.create(id=uuid7(), channel=channel, provider="local", provider_id="mr", state="ready")
    person = (await fan.api("GET", "/me")).json()["id"]
    helper_id = (await helper.api("GET", "/me")).json()["id"]
    line = (await fan.api("POST", "/channels/matrix-rights/chat/messages", {"text": "a", "client_id": "1"})).json()[
        "id"
    ]
    assert (await owner.api("POST", "/channels/matrix-rights/moderators", {"username": "matrix_helper"})).status == 201
    tried: list[set[Right]] = []

    @settings(max_examples=12, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(RIGHTS)
    def choose(rights: set[Right]) -> None:
        tried.append(rights)

    choose()
    for rights in [*tried, *({right} for right in Right), set(Right)]:
        await ChannelModerator.filter(user_id=helper_id).update(rights=[right.value for right in rights])
        await owner.api("DELETE", f"/channels/matrix-rights/chat/restrictions/{person}")
        found = await acts(site, helper, "matrix-rights", person, line, str(video.id))
        allowed = {right for right, status in found.items() if status not in {401, 403}}
        # going live from a browser is tried where its tickets are
        assert allowed == rights & found.keys(), f"{rights}: {found}"
        for path, body in (
            ("/channels/matrix-rights", {"name": "Mine"}),
            ("/channels/matrix-rights", {"slug": "mine-now", "title": "x"}),
            ("/channels/matrix-rights", {"mature": True}),
        ):
            assert (await helper.api("PATCH", path, body)).status == 403


async def test_rights_are_given_changed_and_taken_on_the_page(site: LiveSite) -> None:
    owner, helper = await site.creator("giver", "giver-channel"), await site.member("taker")
    page = "/studio/giver-channel/settings"
    none = await owner.submit("/studio/giver-channel/moderators", page=page, username="taker", choose="1")
    assert (none.status, "Choose at least one right" in none.text) == (422, True)
    await owner.submit(
        "/studio/giver-channel/moderators", page=page, username="taker", choose="1", rights="stream.edit"
    )
    desk = await helper.get("/studio/giver-channel/desk")
    assert "What is it about?" in desk.text
    assert "End the stream" not in desk.text
    # whose links lead to no page that is the owner's alone
    assert 'href="/studio/giver-channel/desk"' in desk.text
    for closed in ("", "/videos", "/settings"):
        assert f'href="/studio/giver-channel{closed}"' not in desk.text
    await helper.submit("/studio/giver-channel/desk/details", page="/studio/giver-channel/desk", title="By taker")
    assert (await owner.api("GET", "/channels/giver-channel")).json()["title"] == "By taker"
    moderators = (await owner.api("GET", "/channels/giver-channel/moderators")).json()["items"]
    assert moderators[0]["rights"] == ["stream.edit"]
    helper_id = moderators[0]["user_id"]
    changed = await owner.submit(
        f"/studio/giver-channel/moderators/{helper_id}/rights", page=page, rights="chat.delete"
    )
    assert "The rights are saved." in changed.text
    refused = await helper.submit(
        "/studio/giver-channel/desk/details", page="/studio/giver-channel/desk", title="Again"
    )
    assert refused.status == 403
    site.platform.db.bind()
    actions = [entry.action for entry in await AuditEntry.filter(subject=f"user:{helper_id}").order_by("at")]
    assert actions == ["moderator.added", "moderator.changed"]


async def adult(site: LiveSite, name: str) -> Browser:
    """The owner of a channel for adults at /<name>."""
    owner = await site.creator(name, name)
    assert (await owner.api("PATCH", f"/channels/{name}", {"mature": True})).json()["mature"]
    return owner


async def test_a_channel_for_adults_asks_first_and_remembers_the_answer(site: LiveSite) -> None:
    owner = await adult(site, "adult1")
    site.platform.db.bind()
    channel = await Channel.get(slug="adult1")
    video = await Recording.create(id=uuid7(), channel=channel, provider="local", provider_id="a1", state="ready")
    guest = await site.browser()
    # Every page of it asks, and shows nothing of it
    for path in ("/adult1", "/adult1/videos", "/adult1/live", f"/videos/{video.id}"):
        asked = await guest.get(path)
        assert "This channel says its content is for adults" in asked.text
        assert '<meta name="rating" content="adult">' in asked.text
        assert "<ax-player" not in asked.text
        assert "Back to the home page" in asked.text
    # The answer leads on to what was asked for, and holds for the rest
    on = await guest.submit("/mature", page="/adult1/live", next="/adult1/live")
    assert on.url.endswith("/adult1/live")
    assert "<ax-player" in on.text
    assert '<meta name="rating" content="adult">' in on.text
    cookie = next(cookie for cookie in guest.session.cookie_jar if cookie.key == "aethex-adult")
    assert cookie["max-age"] == ""
    # Its owner is never asked; another guest is
    assert "is for adults" not in (await owner.get("/adult1")).text
    assert "is for adults" in (await (await site.browser()).get("/adult1")).text


async def test_a_person_s_answer_is_theirs_and_a_forged_one_is_none(site: LiveSite) -> None:
    await adult(site, "adult2")
    ada, eve = await site.member("adult_ada"), await site.member("adult_eve")
    await ada.submit("/mature", page="/adult2", next="/adult2")
    cookie = next(cookie for cookie in ada.session.cookie_jar if cookie.key == "aethex-adult")
    assert int(cookie["max-age"]) > 100 * 86400
    assert "is for adults" not in (await ada.get("/adult2")).text
    for value in (cookie.value, "1", "true"):
        eve.session.cookie_jar.update_cookies({"aethex-adult": value})
        assert "is for adults" in (await eve.get("/adult2")).text


async def test_lists_show_no_picture_of_a_channel_for_adults(site: LiveSite) -> None:
    await adult(site, "adult3")
    site.platform.db.bind()
    channel = await Channel.get(slug="adult3")
    playback = {"provider": "local", "id": f"{uuid7()}/{uuid7()}", "live": False}
    await Recording.create(
        id=uuid7(), channel=channel, provider="local", provider_id="a3", state="ready", title="Night", playback=playback
    )
    site.platform.front.drop()
    home = (await (await site.browser()).get("/")).text
    card = home[home.rindex("<article", 0, home.index(">Night<")) : home.index(">Night<")]
    assert "For adults" in card
    assert "<img" not in card.partition("ax-card__body")[0]
