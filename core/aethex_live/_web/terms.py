"""The site's terms: where they stand, who has not accepted this version yet."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from quart import Response, request

from aethex_live.actor import Actor
from aethex_live.errors import Forbidden, StartError
from aethex_live.settings import Site
from aethex_live.web.pages import redirect_to
from aethex_live.web.request import is_fragment, wants_json

FILE = "terms.txt"
LONGEST = 200_000
# who does not accept can read, leave, sign out and change the colours
OPEN = (
    "/terms",
    "/sign-out",
    "/sign-in/with/",
    "/settings",
    "/confirm",
    "/leaving",
    "/preferences/",
    "/api/v1/session",
)
ASK = "The terms of this site changed: accept them on its pages first."


def text_file(site: Site) -> Path:
    """Where the operator writes the terms."""
    return site.data / FILE


def check(site: Site) -> None:
    """Raises StartError when terms are asked for that nobody can read."""
    if site.terms_version and not site.terms_url and not text_file(site).is_file():
        raise StartError(
            f"terms_version ({site.source('terms_version')}) is {site.terms_version}, but there are no terms: "
            f"write them into {text_file(site)}, or set terms_url to their address."
        )


def paragraphs(site: Site) -> list[str]:
    """The terms' own text, as paragraphs; empty where they stand elsewhere."""
    path = text_file(site)
    if site.terms_url or not path.is_file():
        return []
    text = path.read_text("utf-8", "replace")[:LONGEST]
    return [part.strip() for part in text.split("\n\n") if part.strip()]


def missing(site: Site, actor: Actor) -> bool:
    """Whether the account has yet to accept the terms of today."""
    return actor.signed_in and actor.terms < site.terms_version


def ask(site: Site, actor: Actor) -> Response | None:
    """Send a person to the terms once; raises Forbidden for what changes things. None: they may go on."""
    if not missing(site, actor) or request.path.startswith(OPEN):
        return None
    if request.method in {"GET", "HEAD"}:
        if wants_json() or is_fragment():
            return None
        return redirect_to(f"/terms?next={quote(request.full_path.rstrip('?'))}")
    raise Forbidden(ASK, code="terms-changed")
