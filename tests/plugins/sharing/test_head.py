"""The head of public pages: what search engines and previews read, and what they do not get to know."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sites import OpenSite

sys.path.insert(0, str(Path(__file__).parent))

from sharing_support import SPITEFUL, URL, World, go_live, make_video, owner_of


class Head(HTMLParser):
    """Metas by name or property, links by rel and type."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.metas: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self.feed(html.partition("</head>")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "meta" and "content" in values:
            self.metas[values.get("property") or values.get("name", "")] = values["content"]
        if tag == "link":
            self.links[values.get("type") or values["rel"]] = values["href"]


async def head_of(world: World, path: str) -> Head:
    answer = await world.visitor.get(path, headers={"Host": "evil.example"})
    assert answer.status == 200, answer.text
    assert "evil.example" not in answer.text
    return Head(answer.text)


async def test_the_home_page_names_its_one_address_whatever_the_host_header_says(world: World) -> None:
    head = await head_of(world, "/?category=Music")
    assert head.links["canonical"] == f"{URL}/"
    assert head.metas["og:url"] == f"{URL}/"
    assert "robots" not in head.metas


async def test_a_public_video_has_its_title_escaped_and_its_player_and_oembed_named(world: World) -> None:
    head = await head_of(world, f"/videos/{world.public}?t=5")
    assert head.metas["og:title"].replace("\ufffd", "\x07") == SPITEFUL
    assert head.links["canonical"] == f"{URL}/videos/{world.public}"
    assert head.metas["og:video"] == f"{URL}/embed/videos/{world.public}"
    assert head.metas["video:duration"] == "3725"
    found = await world.visitor.get(head.links["application/json+oembed"].removeprefix(URL))
    assert found.status == 200
    assert (await world.visitor.get(head.links["application/rss+xml"].removeprefix(URL))).status == 200


async def test_an_unlisted_video_can_be_previewed_but_not_indexed(world: World) -> None:
    head = await head_of(world, f"/videos/{world.unlisted}")
    assert head.metas["robots"] == "noindex"
    assert head.metas["og:title"] == "unlisted"


async def test_an_unlisted_channel_keeps_its_public_videos_out_of_indexes_too(world: World) -> None:
    hidden = await world.another("hidden", visibility="unlisted")
    video = await make_video(hidden, "seen by few")
    for path in ("/hidden", "/hidden/live", "/hidden/videos", f"/videos/{video}"):
        assert (await head_of(world, path)).metas["robots"] == "noindex", path


async def test_a_live_channel_says_what_is_on_and_a_rehearsal_says_nothing(world: World) -> None:
    # Given a channel that is live and one that rehearses
    loud = await world.another("loud")
    quiet = await world.another("quiet")
    await go_live(loud, "The big show")
    await go_live(quiet, "Secret plans", rehearsal=True)
    # When somebody looks at their heads
    shown, rehearsed = await head_of(world, "/loud/live"), await head_of(world, "/quiet/live")
    # Then only the first tells of a show
    assert shown.metas["og:title"] == "The big show · Loud"
    assert rehearsed.metas["og:title"] == "Quiet"
    assert "video:release_date" not in rehearsed.metas


async def test_a_channel_for_adults_has_no_picture(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a provider that has a picture of everything
    provider = world.site.platform.providers.streaming("local")
    monkeypatch.setattr(type(provider), "image", lambda self, ref: f"/picture/{ref.id}.jpg")
    grown = await world.another("grown", mature=True)
    video = await make_video(grown, "night")
    # When the heads of a channel for all and of one for adults are read
    plain, adult = await head_of(world, f"/videos/{world.public}"), await head_of(world, f"/videos/{video}")
    # Then the picture of the first alone is named, with a whole address
    assert plain.metas["og:image"] == f"{URL}/picture/{world.public}.jpg"
    assert plain.metas["twitter:card"] == "summary_large_image"
    assert "og:image" not in adult.metas


async def test_the_owner_of_a_private_video_sees_no_tags_of_it(open_site: OpenSite) -> None:
    site = await open_site(providers={"streaming": "local"})
    owner, channel = await owner_of(site, "eve", "eden")
    video = await make_video(channel, "mine alone", "private")
    answer = await owner.get(f"/videos/{video}")
    assert answer.status == 200
    assert "og:title" not in answer.text
    assert "canonical" not in answer.text
    assert "data-sharing-open" not in answer.text


async def test_pages_without_a_public_subject_carry_no_tags(world: World) -> None:
    for path in ("/sign-in", "/nothing-here"):
        assert "og:" not in (await world.visitor.get(path)).text
