"""What browsers ask for to show the site in tabs and on home screens: the icon and the web app manifest."""

from __future__ import annotations

import orjson
from quart import Blueprint, Response

from aethex_live.web import Access, allow, platform

blueprint = Blueprint("marks", __name__)
A_DAY = "public, max-age=86400"
# --ax-canvas of the dark theme, which is what an installed site begins with
DARK = "#080b10"


@blueprint.get("/favicon.ico")
@allow(Access.PUBLIC, as_guest=True)
async def favicon() -> Response:
    """The icon for who asks without having read a page."""
    assets = platform().assets
    found = assets.resolve(assets.asset("img/favicon.ico"))
    assert found is not None, "an asset with a name has a file"
    body, _ = found.body()
    return Response(body, content_type=found.content_type, headers={"Cache-Control": A_DAY})


@blueprint.get("/site.webmanifest")
@allow(Access.PUBLIC, as_guest=True)
async def manifest() -> Response:
    """Name, icons and colours of the site, for who puts it on a home screen."""
    body = orjson.dumps(_manifest())
    return Response(body, content_type="application/manifest+json", headers={"Cache-Control": A_DAY})


def _manifest() -> dict[str, object]:
    parts = platform()
    name = f"{parts.site.name} LIVE"
    icons = [
        {"src": parts.assets.asset(f"img/mark-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    icons.append({"src": parts.assets.asset("img/logo.svg"), "sizes": "any", "type": "image/svg+xml"})
    return {
        "id": "/",
        "name": name,
        "short_name": parts.site.name,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "lang": "en",
        "theme_color": DARK,
        "background_color": DARK,
        "icons": icons,
    }
