"""Players in frames of other sites: framed there alone, by nobody's session, and nothing private in them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sites import OpenSite

sys.path.insert(0, str(Path(__file__).parent))

from sharing_support import URL, World, go_live, make_video, owner_of


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


@pytest.mark.parametrize("path", ["/embed/nobody-here", "/embed/videos/0190d3a4-0000-7000-8000-000000000000"])
async def test_what_is_not_there_is_not_found(world: World, path: str) -> None:
    assert (await world.visitor.get(path)).status == 404


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
    video = await make_video(late, "night")
    # When its player is framed
    gate = await world.visitor.get(f"/embed/videos/{video}?t=30")
    # Then there is no player until somebody says that they are grown up, and their wishes are kept
    assert "<ax-player" not in gate.text
    assert "?adult=1&amp;t=30" in gate.text
    agreed = await world.visitor.get(f"/embed/videos/{video}?adult=1&t=30")
    assert "<ax-player" in agreed.text
    assert "Set-Cookie" not in agreed.headers


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
