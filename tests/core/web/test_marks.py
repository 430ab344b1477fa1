"""How the site shows itself in tabs and on home screens."""

from __future__ import annotations

import re

from sites import LiveSite, OpenSite

SHOWN = {"icon", "apple-touch-icon", "manifest"}
LINKED = re.compile(r'<link rel="([\w -]+)"[^>]* href="([^"]+)"')


async def test_pages_name_icons_and_manifest_that_are_there(site: LiveSite) -> None:
    visitor = await site.browser()
    links = [(rel, href) for rel, href in LINKED.findall((await visitor.get("/")).text) if rel in SHOWN]
    kinds = {}
    for rel, href in links:
        async with visitor.session.get(site.url + href.lstrip("/")) as answer:
            assert answer.status == 200, href
            kinds.setdefault(rel, set()).add(answer.content_type)
    assert kinds["icon"] == {"image/svg+xml", "image/png"}
    assert kinds["apple-touch-icon"] == {"image/png"}
    assert kinds["manifest"] == {"application/manifest+json"}


async def test_the_icon_answers_who_asks_without_a_page(site: LiveSite) -> None:
    visitor = await site.browser()
    async with visitor.session.get(f"{site.url}favicon.ico") as answer:
        assert (answer.status, answer.content_type) == (200, "image/x-icon")
        assert (await answer.read())[:4] == b"\0\0\1\0"
        assert answer.headers["Cache-Control"] == "public, max-age=86400"
        assert "Set-Cookie" not in answer.headers


async def test_the_manifest_has_the_sites_name_and_icons_that_are_there(open_site: OpenSite) -> None:
    site = await open_site(name="Nordlicht", providers={"streaming": "none"})
    visitor = await site.browser()
    manifest = (await visitor.get("/site.webmanifest")).json()
    assert (manifest["name"], manifest["short_name"]) == ("Nordlicht LIVE", "Nordlicht")
    assert manifest["theme_color"] == manifest["background_color"] == "#080b10"
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
    for icon in manifest["icons"]:
        async with visitor.session.get(site.url + icon["src"].lstrip("/")) as answer:
            assert (answer.status, answer.content_type) == (200, icon["type"])
