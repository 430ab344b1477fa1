"""Players in frames of other sites: framed there alone, by nobody's session, and nothing private in them."""

from __future__ import annotations

import re
import sys
from html import unescape
from pathlib import Path

import pytest

from sites import OpenSite

sys.path.insert(0, str(Path(__file__).parent))

from sharing_support import URL, World, go_live, make_video, owner_of

CONSENT = re.compile(r'href="(\?adult=[^"]+)" rel="nofollow"')


def is_framed(headers: object) -> bool:
    assert hasattr(headers, "get")
    return "frame-ancestors *" in headers.get("Content-Security-Policy", "") and "X-Frame-Options" not in headers


async def test_a_player_may_be_framed_and_needs_no_cookie(world: World) -> None:
    for path in ("/embed/nova", f"/embed/videos/{world.public}", f"/embed/videos/{world.unlisted}"):
        answer = await world.visitor.get(path)
        assert answer.status == 200
        assert is_framed(answer.headers)
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert "<ax-player" in answer.text


async def test_no_other_page_may_be_framed(world: World) -> None:
    for path in ("/", "/nova", "/nova/live", f"/videos/{world.public}", "/sign-in", "/p/sharing/channels/nova"):
        answer = await world.visitor.get(path)
        assert not is_framed(answer.headers)
        assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


async def test_whoever_is_signed_in_is_a_guest_in_a_frame(open_site: OpenSite) -> None:
    # Given the owner of a private video, signed in
    site = await open_site()
    owner, channel = await owner_of(site, "eve", "eden")
    video = await make_video(channel, "mine alone", "private")
    assert (await owner.get(f"/videos/{video}")).status == 200
    # When another site frames it in her browser
    framed = await owner.get(f"/embed/videos/{video}")
    # Then it shows no more than to anyone
    assert framed.status == 404
    assert is_framed(framed.headers)
    assert "mine alone" not in framed.text


GONE = "0190d3a4-0000-7000-8000-000000000000"


@pytest.mark.parametrize("path", ["nobody-here", "No Such Name!", f"videos/{GONE}", "videos/none", "a/b/c"])
async def test_what_is_not_there_is_said_inside_the_frame(world: World, path: str) -> None:
    answer = await world.visitor.get(f"/embed/{path}")
    assert answer.status == 404
    assert is_framed(answer.headers)
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "sharing-frame" in answer.text


async def test_a_rehearsal_is_not_shown_in_a_frame(world: World) -> None:
    probe = await world.another("probe")
    await go_live(probe, "Secret plans", rehearsal=True)
    answer = await world.visitor.get("/embed/probe")
    assert "Secret plans" not in answer.text
    assert 'data-state="offline"' in answer.text


async def test_what_is_on_is_shown_with_the_way_back(world: World) -> None:
    noise = await world.another("noise")
    await go_live(noise, "Loud & clear")
    text = (await world.visitor.get("/embed/noise")).text
    assert 'data-state="live"' in text
    assert "Loud &amp; clear" in text
    assert f'href="{URL}/noise/live"' in text


async def test_a_channel_for_adults_asks_first_without_a_cookie(world: World) -> None:
    # Given a channel for adults
    late = await world.another("late", mature=True)
    video = await make_video(late, "What a night")
    # When its player is framed
    gate = await world.visitor.get(f"/embed/videos/{video}?t=30")
    # Then it asks as the watch page does, and tells and shows nothing before it is answered
    watch = await world.visitor.get(f"/videos/{video}")
    for said in ("This channel says its content is for adults", "marked this channel so", 'name="rating"', "Go on"):
        assert said in watch.text
        assert said in gate.text
    assert "<ax-player" not in gate.text
    assert "What a night" not in gate.text
    # and who goes on sees the player, with their wishes kept
    go_on = CONSENT.search(gate.text)
    assert go_on
    address = f"/embed/videos/{video}{unescape(go_on.group(1))}"
    assert address.endswith("&t=30")
    agreed = await world.visitor.get(address)
    assert "<ax-player" in agreed.text
    for answer in (gate, agreed):
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "private, no-store"


async def test_no_site_can_frame_a_player_past_the_gate(world: World) -> None:
    moon = await world.another("moon", mature=True)
    video = await make_video(moon, "night")
    # a word that was made up, the word of another visitor, an address that another site had signed
    other = world.site.platform.secrets.scoped("sharing").sign("adult", b"203.0.113.9")
    for word in ("1", "", "AAAA.BBBB", other):
        for path in ("moon", f"videos/{video}"):
            answer = await world.visitor.get(f"/embed/{path}?adult={word}")
            assert "<ax-player" not in answer.text, word


async def test_a_site_that_wants_no_frames_shows_none(open_site: OpenSite) -> None:
    site = await open_site(plugins={"sharing": {"embeds": False}}, providers={"streaming": "none"})
    creator, _ = await owner_of(site, "ada", "nova")
    visitor = await site.browser()
    assert (await visitor.get("/embed/nova")).status == 403
    assert (await visitor.get(f"/oembed?url={site.platform.site.url}/nova")).status == 404
    page = await creator.get("/nova/live")
    assert "iframe" not in page.text
    assert "oembed" not in page.text


async def test_sharing_works_as_a_page_with_a_place_in_the_video(world: World) -> None:
    watch = await world.visitor.get(f"/videos/{world.public}")
    assert f'href="/p/sharing/videos/{world.public}"' in watch.text
    page = await world.visitor.get(f"/p/sharing/videos/{world.public}?t=90")
    assert f'value="{URL}/videos/{world.public}?t=90"' in page.text
    assert f"{URL}/embed/videos/{world.public}?t=90" in page.text
    assert (await world.visitor.get(f"/p/sharing/videos/{world.private}")).status == 404
