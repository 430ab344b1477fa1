"""robots.txt, sitemap, feeds and oEmbed: valid for any text, only what is public, cached by fingerprint."""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aethex_live.models import Channel
from aethex_plugins.sharing import xml
from aethex_plugins.sharing.addresses import Target, target_of
from aethex_plugins.sharing.oembed import box_within, frame
from aethex_plugins.sharing.sitemap import Sitemap
from sites import OpenSite

sys.path.insert(0, str(Path(__file__).parent))

from sharing_support import SPITEFUL, URL, World, go_live, make_video

MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
MEDIA = "{http://search.yahoo.com/mrss/}"
ATOM = "{http://www.w3.org/2005/Atom}"


def addresses(text: str) -> list[str]:
    """The <loc> of a sitemap or its index."""
    return [found.text or "" for found in ElementTree.fromstring(text).iter(f"{MAP}loc")]


# --- robots.txt and the sitemap


async def test_robots_names_the_sitemap_and_what_is_no_page_for_searchers(world: World) -> None:
    text = (await world.visitor.get("/robots.txt")).text
    assert f"Sitemap: {URL}/sitemap.xml" in text
    for path in ("/admin/", "/studio$", "/settings/", "/api/"):
        assert f"Disallow: {path}\n" in text
    assert "Disallow: /studio\n" not in text  # it would mean /studio-nine too


async def test_a_site_that_wants_no_searchers_says_so(open_site: OpenSite) -> None:
    site = await open_site(plugins={"sharing": {"index": False}}, providers={"streaming": "none"})
    visitor = await site.browser()
    assert (await visitor.get("/robots.txt")).text == "User-agent: *\nDisallow: /\n"
    assert 'content="noindex"' in (await visitor.get("/")).text


async def test_the_sitemap_lists_public_things_of_public_channels_of_open_accounts_only(world: World) -> None:
    # Given a public channel, an unlisted one, and one whose owner was banned
    hidden = await world.another("veiled", visibility="unlisted")
    gone = await world.another("gone")
    left_out = [await make_video(hidden, "hidden"), await make_video(gone, "gone"), world.unlisted, world.private]
    await world.site.platform.domain.accounts.ban(gone.owner_id, reason="spam", by=None)
    # When the whole sitemap is read
    index = addresses((await world.visitor.get("/sitemap.xml")).text)
    found = [one for page in index for one in addresses((await world.visitor.get(page.removeprefix(URL))).text)]
    # Then it has the public ones, by the site's own address
    assert {f"{URL}/nova", f"{URL}/nova/live", f"{URL}/videos/{world.public}"} <= set(found)
    assert not any("veiled" in one or "/gone" in one for one in found)
    assert not {f"{URL}/videos/{number}" for number in left_out} & set(found)


async def test_the_sitemap_is_paged_and_each_entry_stands_on_one_page(world: World) -> None:
    world.site.platform.db.bind()
    for number in range(3):
        await world.another(f"page-{number}")
    sitemap = Sitemap(world.site.platform.db, URL, page=2)
    count = await Channel.filter(visibility="public", owner__state="active").count()
    pages = [await sitemap.page("channels", number) for number in range(1, count // 2 + 3)]
    found = [one for page in pages if page for one in addresses(page.decode())]
    assert len(found) == len(set(found)) == 2 * count
    assert len(addresses((await sitemap.index()).decode())) >= count // 2
    assert pages[-1] is None


@pytest.mark.parametrize("path", ["/sitemap/channels-0.xml", "/sitemap/videos-999.xml", "/sitemap/people-1.xml"])
async def test_pages_that_the_sitemap_has_not_are_not_found(world: World, path: str) -> None:
    assert (await world.visitor.get(path)).status == 404


@pytest.mark.parametrize("path", ["/robots.txt", "/sitemap.xml", "/feeds/nova.xml", f"/oembed?url={URL}/nova"])
async def test_who_has_the_document_already_gets_it_not_again(world: World, path: str) -> None:
    first = await world.visitor.get(path)
    assert first.headers["Cache-Control"].startswith("public, max-age=")
    again = await world.visitor.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.text) == (304, "")
    assert "Set-Cookie" not in first.headers


# --- feeds


async def test_a_feed_has_what_is_on_and_the_public_videos(world: World) -> None:
    # Given a channel that is live, with videos that are public, unlisted and private
    waves = await world.another("waves", about="Sea & sound", language="de")
    public = await make_video(waves, SPITEFUL)
    for visibility in ("unlisted", "private"):
        await make_video(waves, visibility, visibility)
    broadcast = await go_live(waves, "On air")
    # When its feed is read
    answer = await world.visitor.get("/feeds/waves.xml")
    feed = ElementTree.fromstring(answer.text).find("channel")
    assert feed is not None
    # Then both are there, and nothing else
    assert answer.headers["Content-Type"].startswith("application/rss+xml")
    assert [item.findtext("guid") for item in feed.iter("item")] == [str(broadcast.id), f"{URL}/videos/{public}"]
    assert feed.find(f"{ATOM}link").get("href") == f"{URL}/feeds/waves.xml"
    assert (feed.findtext("description"), feed.findtext("language")) == ("Sea & sound", "de")
    assert [item.findtext("title") for item in feed.iter("item")][1] == SPITEFUL.replace("\x07", "")


async def test_a_video_that_can_be_fetched_as_one_file_is_an_enclosure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aethex_live.providers.streaming import PlaySource

    provider = world.site.platform.providers.streaming("local")
    source = PlaySource(url="https://media.example/a.mp4?a=1&b=2", kind="mp4")
    monkeypatch.setattr(type(provider), "playback", lambda self, ref: [source])
    feed = ElementTree.fromstring((await world.visitor.get("/feeds/nova.xml")).text)
    enclosure = feed.find("channel/item/enclosure")
    assert enclosure.attrib == {"url": source.url, "length": "1000", "type": "video/mp4"}


async def test_neither_rehearsals_nor_their_recordings_are_in_a_feed(world: World) -> None:
    calm = await world.another("calm")
    rehearsal = await go_live(calm, "Test", rehearsal=True)
    await make_video(calm, "Test", broadcast=rehearsal)
    feed = ElementTree.fromstring((await world.visitor.get("/feeds/calm.xml")).text)
    assert list(feed.iter("item")) == []


async def test_a_feed_at_an_old_address_leads_to_the_new_one(world: World) -> None:
    moved = await world.another("oldname")
    actor_free = world.site.platform.domain.channels
    from aethex_live.actor import Actor

    await actor_free.update(moved, Actor(user_id=moved.owner_id), {"slug": "newname"})
    answer = await world.visitor.get("/feeds/oldname.xml", allow_redirects=False)
    assert answer.headers["Location"] == "/feeds/newname.xml"


@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)))
def test_any_text_makes_valid_xml_that_says_the_same(text: str, value: str) -> None:
    root = xml.element("root", text, at=value)
    parsed = ElementTree.fromstring(xml.document(root))
    flat = str.maketrans({"\n": " ", "\t": " ", "\r": " "})
    assert (parsed.text or "").replace("\r\n", "\n").replace("\r", "\n") == xml.storable(text).replace(
        "\r\n", "\n"
    ).replace("\r", "\n")
    assert parsed.attrib["at"].translate(flat) == xml.storable(value).translate(flat)


# --- oEmbed


async def test_oembed_describes_a_player_in_json_and_xml(world: World) -> None:
    asked = f"/oembed?url={quote(f'{URL}/videos/{world.public}?t=3')}&maxwidth=640"
    found = (await world.visitor.get(asked)).json()
    assert (found["type"], found["width"], found["height"]) == ("video", 640, 360)
    assert found["html"] == frame(f"{URL}/embed/videos/{world.public}", SPITEFUL, box_within(640, None))
    as_xml = ElementTree.fromstring((await world.visitor.get(f"{asked}&format=xml")).text)
    assert as_xml.findtext("html") == found["html"].replace("\x07", "")
    assert as_xml.findtext("width") == "640"


async def test_oembed_knows_channels_by_all_their_addresses(world: World) -> None:
    for address in (f"{URL}/nova", f"{URL}/nova/live", f"{URL}/Nova/live/", f"{URL}/embed/nova"):
        assert (await world.visitor.get(f"/oembed?url={quote(address)}")).json()["author_name"] == "Ada"


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/nova",
        "https://live.example.evil.example/nova",
        "https://live.example@evil.example/nova",
        "javascript:alert(1)//live.example/nova",
        f"{URL}/admin/plugins",
        f"{URL}/nobody-here",
        f"{URL}/videos/not-an-id",
        f"{URL}/",
        "nova",
        "https://[",
    ],
)
async def test_oembed_knows_our_own_public_pages_only(world: World, address: str) -> None:
    assert (await world.visitor.get(f"/oembed?url={quote(address, safe='')}")).status == 404


async def test_oembed_does_not_give_private_videos_away(world: World) -> None:
    private = await world.visitor.get(f"/oembed?url={quote(f'{URL}/videos/{world.private}')}")
    unlisted = await world.visitor.get(f"/oembed?url={quote(f'{URL}/videos/{world.unlisted}')}")
    assert (private.status, unlisted.status) == (404, 200)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        (f"url={URL}/nova&maxwidth=wide", 400),
        (f"url={URL}/nova&maxheight=0", 400),
        (f"url={URL}/nova&format=yaml", 501),
    ],
)
async def test_a_wrong_question_is_answered_with_what_is_wrong(world: World, query: str, status: int) -> None:
    assert (await world.visitor.get(f"/oembed?{query}")).status == status


@given(st.none() | st.integers(1, 5000), st.none() | st.integers(1, 5000))
def test_a_frame_keeps_within_its_bounds_and_in_shape(wide: int | None, high: int | None) -> None:
    box = box_within(wide, high)
    if box.width > 80:  # below that nothing can be seen
        assert box.width <= (wide or 1280)
        assert box.height <= (high or 720)
    assert abs(box.width * 9 - box.height * 16) < 16


@given(st.text())
def test_no_address_whatever_breaks_the_reading_of_it(address: str) -> None:
    assert target_of(address, URL) is None or address.startswith("http")


@given(st.from_regex(r"[a-z0-9_-]{3,32}", fullmatch=True))
def test_every_channel_has_an_address_that_is_understood(slug: str) -> None:
    assert target_of(f"{URL}/{slug}/live", URL) == Target(slug=slug)
