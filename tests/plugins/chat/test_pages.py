"""Chat in a browser without JavaScript: reading, writing and every act of moderators as plain forms."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from html import unescape

import pytest
import pytest_asyncio

from aethex_live.models import ChannelModerator, User
from sites import Browser, LiveSite

LINE = re.compile(r'<li class="ax-msg" data-id="([^"]+)"(.*?)</li>', re.S)
CLIENT = re.compile(r'name="client_id" value="([^"]+)"')
_count = iter(range(1000))


@dataclass
class Stage:
    """A channel of its own for each test on the shared site."""

    site: LiveSite
    slug: str
    owner: Browser
    moderator: Browser
    viewer: Browser
    names: dict[str, str]

    @property
    def base(self) -> str:
        return f"/p/chat/{self.slug}"

    async def id_of(self, who: str) -> str:
        self.site.platform.db.bind()
        return str((await User.get(username=self.names[who])).id)

    async def say(self, browser: Browser, text: str, **more: str) -> str:
        """Write by the form; the id of the new line."""
        page = (await browser.get(self.base)).text
        client_id = CLIENT.search(page)
        assert client_id, page
        answer = await browser.submit(
            f"{self.base}/send", page=self.base, text=text, client_id=client_id.group(1), **more
        )
        assert answer.status == 200, answer.text
        return lines(answer.text)[-1][0]


def lines(html: str) -> list[tuple[str, str]]:
    """Id and text of each line in a page."""
    found = []
    for match in LINE.finditer(html):
        text = unescape(re.sub(r"<time.*?</time>|<svg.*?</svg>|<[^>]+>", "", match.group(0), flags=re.S))
        found.append((match.group(1), " ".join(text.split())))
    return found


@pytest_asyncio.fixture
async def stage(site: LiveSite) -> AsyncIterator[Stage]:
    await site.platform.cache.flushdb()  # this address signs up more often than people do
    number = next(_count)
    names = {who: f"{who}_{number}" for who in ("owner", "moderator", "viewer")}
    slug = f"chat-{number}"
    owner = await site.creator(names["owner"], slug)
    moderator, viewer = await site.member(names["moderator"]), await site.member(names["viewer"])
    added = await owner.submit(
        f"/studio/{slug}/moderators", page=f"/studio/{slug}/settings", username=names["moderator"]
    )
    assert added.status == 200, added.text
    yield Stage(site, slug, owner, moderator, viewer, names)


async def test_guests_read_and_are_asked_to_sign_in(stage: Stage) -> None:
    await stage.say(stage.viewer, "hello from a plain form")
    guest = await stage.site.browser()
    page = (await guest.get(stage.base)).text
    assert lines(page)[0][1] == f"{stage.names['viewer']}: hello from a plain form"
    assert f"/sign-in?next={stage.base}" in page.replace("%2F", "/")
    assert "data-composer" not in page


async def test_the_panel_stands_beside_the_player_and_in_the_stream_manager(stage: Stage) -> None:
    await stage.say(stage.viewer, "hi")
    watch = (await stage.viewer.get(f"/{stage.slug}/live")).text
    studio = (await stage.owner.get(f"/studio/{stage.slug}")).text
    assert f'name="next" value="/{stage.slug}/live"' in watch
    assert lines(watch) == lines(studio)
    assert f'name="next" value="/studio/{stage.slug}"' in studio
    assert 'data-moderator data-rights="chat.ban chat.delete chat.emotes chat.modes chat.timeout"' in studio
    assert "data-moderator" not in watch


async def test_text_is_escaped_and_links_are_plain(stage: Stage) -> None:
    await stage.say(stage.viewer, '<script>alert(1)</script> https://example.org/a?b=1&c="x" @owner_0')
    page = (await stage.owner.get(stage.base)).text
    assert "<script>alert(1)" not in page
    assert (
        '<a class="ax-link" href="https://example.org/a?b=1&amp;c=" rel="nofollow noopener ugc" target="_blank">'
        in page
    )


async def test_a_refused_message_keeps_its_text(stage: Stage) -> None:
    answer = await stage.viewer.submit(f"{stage.base}/send", page=stage.base, text="y" * 501, client_id="c1")
    assert answer.status == 422
    assert "this message has 501" in answer.text
    assert f">{'y' * 501}</textarea>" in answer.text


async def test_a_form_that_is_sent_twice_is_one_message(stage: Stage) -> None:
    for _ in range(2):
        answer = await stage.viewer.submit(f"{stage.base}/send", page=stage.base, text="once", client_id="c2")
    assert len(lines(answer.text)) == 1


async def test_forms_lead_back_to_the_page_they_stood_on_and_never_away(stage: Stage) -> None:
    for wanted, led in (
        (f"/{stage.slug}/live", f"/{stage.slug}/live"),
        ("https://evil.example/", stage.base),
    ):
        answer = await stage.viewer.submit(
            f"{stage.base}/send", page=stage.base, text="hi", client_id=led[-8:], next=wanted
        )
        assert answer.url.endswith(led)


async def test_a_moderator_deletes_times_out_and_lifts_by_forms(stage: Stage) -> None:
    bad = await stage.say(stage.viewer, "bad words")
    viewer_id = await stage.id_of("viewer")

    # Given the card that the name of the author leads to
    card = await stage.moderator.get(f"{stage.base}/people/{viewer_id}?line={bad}")
    assert "Delete this message" in card.text
    assert "1 message stands here" in card.text

    # When the line is deleted and its author timed out
    page = f"{stage.base}/people/{viewer_id}?line={bad}"
    answer = await stage.moderator.submit(f"{stage.base}/delete", page=page, line=bad)
    assert answer.status == 200
    await stage.moderator.submit(f"{stage.base}/timeout", page=page, user=viewer_id, seconds="600", reason="Swearing")

    # Then moderators see who did it, viewers nothing, and the author why and until when
    judged = (await stage.owner.get(stage.base)).text
    assert f"bad words Removed by {stage.names['moderator']}" in dict(lines(judged))[bad]
    assert any("was timed out for 10 minutes by" in text for _, text in lines(judged))
    guest = await stage.site.browser()
    assert "bad words" not in (await guest.get(stage.base)).text
    mine = (await stage.viewer.get(stage.base)).text
    assert "You are timed out in this chat until" in mine
    assert "Reason: Swearing" in mine

    # And the list lets them write again
    listed = await stage.owner.get(f"{stage.base}/restricted")
    assert f"@{stage.names['viewer']}" in listed.text
    lifted = await stage.owner.submit(f"{stage.base}/lift", page=f"{stage.base}/restricted", user=viewer_id)
    assert lifted.status == 200
    await stage.say(stage.viewer, "sorry")

    log = (await stage.moderator.get(f"{stage.base}/log")).text
    assert re.findall(r"<td>(Deleted a message|Timed out|Banned|Lifted)</td>", log) == [
        "Lifted",
        "Timed out",
        "Deleted a message",
    ]


async def test_authors_delete_their_own_message_from_their_card(stage: Stage) -> None:
    mine = await stage.say(stage.viewer, "oops")
    page = f"{stage.base}/people/{await stage.id_of('viewer')}?line={mine}"
    assert "Delete this message" in (await stage.viewer.get(page)).text
    await stage.viewer.submit(f"{stage.base}/delete", page=page, line=mine)
    assert lines((await stage.viewer.get(stage.base)).text) == [
        (mine, f"{stage.names['viewer']}: Your message was removed")
    ]


async def test_a_card_offers_only_what_the_person_may_do(stage: Stage) -> None:
    line = await stage.say(stage.owner, "my channel")
    owner_id = await stage.id_of("owner")
    for browser in (stage.moderator, stage.viewer, stage.owner):
        card = (await browser.get(f"{stage.base}/people/{owner_id}?line={line}")).text
        assert "Time out for" not in card
    assert "Delete this message" not in (await stage.moderator.get(f"{stage.base}/people/{owner_id}?line={line}")).text


@pytest.mark.parametrize("path", ["restricted", "log"])
async def test_lists_are_for_moderators(stage: Stage, path: str) -> None:
    assert (await stage.viewer.get(f"{stage.base}/{path}")).status == 403
    assert (await stage.moderator.get(f"{stage.base}/{path}")).status == 200
    guest = await stage.site.browser()
    assert "/sign-in" in (await guest.get(f"{stage.base}/{path}")).url


@pytest.mark.parametrize("act", ["timeout", "ban", "lift", "delete"])
async def test_acts_are_refused_to_viewers_and_without_a_token(stage: Stage, act: str) -> None:
    line = await stage.say(stage.owner, "hi")
    fields = {"user": await stage.id_of("moderator"), "line": line, "seconds": "60"}
    assert (await stage.viewer.submit(f"{stage.base}/{act}", page=stage.base, **fields)).status == 403
    assert (await stage.owner.ask("POST", f"{stage.base}/{act}", data=fields)).status == 403


async def test_bad_ids_are_sentences_not_failures(stage: Stage) -> None:
    answer = await stage.owner.submit(f"{stage.base}/delete", page=stage.base, line="nonsense")
    assert answer.status == 422
    assert (await stage.owner.get(f"{stage.base}/people/{await stage.id_of('viewer')}?line=x")).status == 422
    missing = "00000000-0000-7000-8000-000000000000"
    assert (await stage.owner.get(f"{stage.base}/people/{missing}")).status == 404
    assert (await stage.owner.get(f"{stage.base}/log?before=x")).status == 422
    assert (await stage.owner.get("/p/chat/no-such-channel")).status == 404


async def test_who_is_shut_out_has_a_button_for_who_may_lift_it(stage: Stage) -> None:
    # Given somebody who is timed out, and somebody who is banned
    other = await stage.site.member(f"other_{stage.slug[5:]}")
    for browser, act in ((stage.viewer, "timeout"), (other, "ban")):
        await stage.say(browser, f"about {act}")
        me = (await browser.api("GET", f"/channels/{stage.slug}/chat/me")).json()["id"]
        await stage.owner.submit(f"{stage.base}/{act}", page=stage.base, user=me, seconds="600")
    # When moderators with one right each look at the list
    for rights, count in ((["chat.delete"], 0), (["chat.timeout"], 1), (["chat.ban"], 1), (["chat"], 2)):
        moderator = ChannelModerator.filter(user_id=await stage.id_of("moderator"))
        await moderator.update(rights=rights)
        page = (await stage.moderator.get(f"{stage.base}/restricted")).text
        # Then each of them can lift what they could have done
        assert page.count('data-act="lift"') == count, rights
