"""In front of every view: who asks, from where, about which channel, and whether that is allowed."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from quart import Quart, Response, g, request, url_for

from aethex_live._web import bearer, csrf, terms
from aethex_live._web.cookies import session_name
from aethex_live.actor import GUEST
from aethex_live.errors import Forbidden, Invalid, NotFound, StartError, Unauthenticated
from aethex_live.web.access import Access, access_of, is_for_guests
from aethex_live.web.pages import redirect_to
from aethex_live.web.request import wants_json

if TYPE_CHECKING:
    from aethex_live.platform import Platform

STATIC_ENDPOINTS = frozenset({"static"})


def check_marks(app: Quart) -> None:
    """Raises StartError when a view says nothing about who may call it."""
    for endpoint, view in app.view_functions.items():
        if endpoint not in STATIC_ENDPOINTS and access_of(view) is None:
            raise StartError(
                f"The view “{endpoint}” does not say who may call it; put @allow(Access.…) from aethex_live.web on it."
            )


class Guard:
    """Runs before every view of the app."""

    def __init__(self, app: Quart, platform: Platform) -> None:
        self._app = app
        self._platform = platform

    async def __call__(self) -> Response | None:
        """Let the request through, send it to the sign-in page, or raise a Refusal."""
        g.request_id = request.scope.get("aethex.request_id") or uuid.uuid4().hex[:16]
        g.address = request.scope.get("aethex.address") or request.remote_addr or ""
        if request.url_rule is None:
            await self._identify()
            return None
        if self._is_for_vendors():
            g.actor = GUEST
            return None
        await _refuse_unreadable()
        await self._identify()
        if g.actor.by_token:
            bearer.check_scope(g.actor, self._app.view_functions.get(request.endpoint or ""))
        else:  # no other site can make a browser show a token
            await csrf.check(self._platform.secrets, self._platform.host, by_cookie=g.actor.signed_in)
        self._check_plugin()
        return await self._check_access() or terms.ask(self._platform.site, g.actor)

    def _is_for_vendors(self) -> bool:
        view = self._app.view_functions.get(request.endpoint or "")
        return view is not None and access_of(view) is Access.VENDOR

    async def _identify(self) -> None:
        view = self._app.view_functions.get(request.endpoint or "")
        if view is not None and is_for_guests(view):
            g.actor = GUEST
            return
        if (shown := bearer.shown_token(view)) is not None:
            g.actor = await self._platform.domain.tokens.identify(shown)
            return
        token = request.cookies.get(session_name(self._platform.site))
        actor = await self._platform.domain.sessions.identify(token) if token else None
        g.actor = actor or GUEST

    def _check_plugin(self) -> None:
        owner = self._app.config["BLUEPRINT_OWNERS"].get(request.blueprint)
        if owner is not None and not self._platform.plugins.is_on(owner):
            raise NotFound("This part of the site is switched off.")

    async def _check_access(self) -> Response | None:
        view = self._app.view_functions.get(request.endpoint or "")
        access = access_of(view) if view else None
        if access is None or access in {Access.PUBLIC, Access.VENDOR}:
            return None
        if access.of_channel:
            await self._find_channel(access)
            if (away := _moved(g.channel.slug)) is not None:
                return away
        if access is Access.CHANNEL:
            return None
        if not g.actor.signed_in:
            return _sign_in()
        self._check_role(access)
        return None

    def _check_role(self, access: Access) -> None:
        if access is Access.OPERATOR and not g.actor.is_operator:
            raise Forbidden("Only operators of this site may see this.")
        if access is Access.CHANNEL_OWNER and g.channel_role != "owner":
            raise Forbidden("Only the owner of the channel may do this.")
        if access is Access.CHANNEL_MODERATOR and g.channel_role is None:
            raise Forbidden("Only the owner and the moderators of the channel may do this.")

    async def _find_channel(self, access: Access) -> None:
        channels = self._platform.domain.channels
        slug = str((request.view_args or {})["slug"])
        if access is Access.CHANNEL and request.method in csrf.SAFE:
            g.channel = await self._platform.front.remember(("channel", slug), lambda: channels.by_slug(slug))
        else:
            g.channel = await channels.by_slug(slug)
        g.channel_role = await channels.role_of(g.channel, g.actor)


def _moved(slug: str) -> Response | None:
    """The way from an old address of a channel to the one of today, for what only reads; None when it is that."""
    arguments = request.view_args or {}
    if arguments["slug"] == slug or request.method not in csrf.SAFE:
        return None
    address = url_for(request.endpoint or "", **{**arguments, "slug": slug})
    query = request.query_string.decode("latin-1")
    status = 308 if request.path.startswith(bearer.API) else 301
    # asked anew each time: the channel may come back to this address
    headers = {"Location": f"{address}?{query}" if query else address, "Cache-Control": "no-cache"}
    return Response(b"", status=status, headers=headers, content_type="text/plain")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


async def _refuse_unreadable() -> None:
    """JSON is UTF-8, and PostgreSQL stores no NUL in text: refused here rather than failing there."""
    if "\x00" in request.path or "%00" in request.query_string.decode("latin-1"):
        raise NotFound("There is nothing at this address.")
    if request.mimetype != "application/json":
        return
    data = cast("bytes", await request.get_data())
    if not _is_utf8(data):
        raise Invalid("This JSON is not encoded in UTF-8.", code="not-utf-8")
    if b"\\u0000" in data:
        body = await request.get_json(silent=True)
        texts = body.items() if isinstance(body, dict) else ()
        field = next((name for name, text in texts if isinstance(text, str) and "\x00" in text), None)
        raise Invalid("This text has a NUL character; remove it.", field=field, code="nul-character")


def _sign_in() -> Response:
    """A person is sent to the sign-in page and back; a program gets a problem."""
    if wants_json() or request.method not in csrf.SAFE:
        raise Unauthenticated("Sign in to do this.")
    return redirect_to(f"/sign-in?next={quote(request.full_path.rstrip('?'))}")
