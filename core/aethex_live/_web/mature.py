"""The gate before channels that say their content is for adults: asked once, remembered by a cookie."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from quart import Response, g, request

from aethex_live._web.views import GateView
from aethex_live.secrets import BadSignature
from aethex_live.web.pages import page
from aethex_live.web.request import current_actor, platform

if TYPE_CHECKING:
    from aethex_live.models import Channel

COOKIE = "aethex-adult"
# a guest's answer ends with the browser; a person's is theirs alone and holds for half a year
LIFE = timedelta(days=180)
_PURPOSE = "adult"
_GUEST = b"guest"


def is_asked(channel: Channel) -> bool:
    """Whether the visitor has yet to say that they want to see this channel; its own people are never asked."""
    if not channel.mature:
        return False
    actor = current_actor()
    if actor.user_id is not None and (actor.user_id == channel.owner_id or g.get("channel_role")):
        return False
    return not _agreed()


async def gate(channel: Channel) -> Response | None:
    """The page that asks, in place of the one that was wanted; None when there is nothing to ask."""
    if not is_asked(channel):
        return None
    g.pop("subject", None)
    view = GateView(channel_name=channel.name, slug=channel.slug, hue=channel.hue, next=request.full_path.rstrip("?"))
    return await page("mature.html", view=view)


def agree(response: Response) -> Response:
    """Remember the answer: for a guest until the browser is closed, for a person half a year."""
    site, actor = platform().site, current_actor()
    who = actor.user_id.bytes if actor.user_id else _GUEST
    response.set_cookie(
        COOKIE,
        platform().secrets.sign(_PURPOSE, who, LIFE),
        max_age=LIFE if actor.signed_in else None,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=site.https,
    )
    return response


def _agreed() -> bool:
    value, actor = request.cookies.get(COOKIE), current_actor()
    if not value:
        return False
    try:
        who = platform().secrets.unsign(_PURPOSE, value)
    except BadSignature:
        return False
    return who in {_GUEST, actor.user_id.bytes if actor.user_id else _GUEST}
