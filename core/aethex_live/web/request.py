"""What a view may ask of the request it serves: the actor, the channel, the address, the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from quart import current_app, g, request

from aethex_live.actor import GUEST, Actor

if TYPE_CHECKING:
    from aethex_live.models import Channel
    from aethex_live.platform import Platform


def current_actor() -> Actor:
    """Who is asking; GUEST for everyone who is not signed in."""
    return cast("Actor", g.get("actor", GUEST))


def current_channel() -> Channel:
    """The channel that the view's `slug` names; only in views whose access is one of the channel ones."""
    return cast("Channel", g.channel)


def current_channel_role() -> str | None:
    """The actor's role in `current_channel()`: owner, moderator or None."""
    return cast("str | None", g.get("channel_role"))


def platform() -> Platform:
    """The platform that serves this request, with all its parts."""
    return cast("Platform", current_app.config["PLATFORM"])


def client_address() -> str:
    """The visitor's address, behind trusted proxies as they report it."""
    return cast("str", g.get("address") or request.remote_addr or "")


def wants_json() -> bool:
    """Whether the answer should be JSON: below /api/, or asked for by the Accept header alone."""
    if request.path.startswith("/api/"):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html")
    return best == "application/json"


def is_fragment() -> bool:
    """Whether htmx asks for a part of the page."""
    return request.headers.get("HX-Request") == "true"
