"""Rendering a page or a fragment, and sending a browser on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from quart import Response, g, make_response, request

from aethex_live.web.request import platform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aethex_live.web.subject import Subject


async def page(
    template: str,
    *,
    status: int = 200,
    player: bool = False,
    framed: bool = False,
    area: str | None = None,
    subject: Subject | None = None,
    csp: Mapping[str, Sequence[str]] | None = None,
    **context: Any,
) -> Response:
    """Render `template`; `player=True` widens the style policy, because media-chrome styles its shadow roots.

    `framed=True` lets other sites show the page in a frame: only for views that know nobody (`allow(as_guest=True)`).
    `area` puts a plugin's page into the navigation of the "studio" or "admin", or takes all of it away with "plain";
    else its address decides.
    `csp` is what this page's policy allows besides, by directive: for a component of a provider.
    `subject` is what the page is about, for what plugins write into its head.
    """
    g.player_page, g.framed_page, g.subject = player, framed, subject
    g.area, g.more_csp = area, csp or {}
    body = await platform().page(template, context)
    response: Response = await make_response(body, status)  # type: ignore[assignment]  # text gives Quart's own Response
    response.headers.setdefault("Vary", "HX-Request, Cookie")
    return response


def redirect_to(address: str) -> Response:
    """Send the browser to a page of this site, after a form (303)."""
    return Response(b"", status=303, headers={"Location": address}, content_type="text/plain")


def safe_next(default: str = "/") -> str:
    """The page to go on to, from `next`; addresses of other sites are not taken."""
    wanted = request.args.get("next", "")
    return local_address(wanted) or default


def local_address(address: str) -> str | None:
    """The address when it is a path of this site, else None."""
    parts = urlsplit(address)
    rooted = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if rooted and not parts.scheme and not parts.netloc else None
