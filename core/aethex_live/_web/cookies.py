"""Cookies: the session, the one that ties form tokens to a browser, and news for the next page."""

from __future__ import annotations

import secrets
from datetime import timedelta

from quart import Response, g, request

from aethex_live.secrets import BadSignature, Secrets
from aethex_live.settings import Site

SESSION_DAYS = 30
CSRF_COOKIE = "aethex-form"
FLASH_COOKIE = "aethex-news"
THEME_COOKIE = "theme"
FLASH_LIFE = timedelta(seconds=60)


def session_name(site: Site) -> str:
    """`__Host-` binds the cookie to this very host, but browsers take it over https alone."""
    return "__Host-aethex" if site.https else "aethex"


def set_session(response: Response, site: Site, token: str) -> None:
    """Sign the browser in."""
    response.set_cookie(
        session_name(site),
        token,
        max_age=SESSION_DAYS * 86400,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=site.https,
    )


def clear_session(response: Response, site: Site) -> None:
    """Sign the browser out."""
    response.delete_cookie(session_name(site), path="/", secure=site.https, httponly=True, samesite="Lax")


def form_secret() -> str:
    """The browser's own random value that form tokens are tied to; made when a page first needs it."""
    if "form_secret" not in g:
        g.form_secret = request.cookies.get(CSRF_COOKIE) or ""
        if len(g.form_secret) < 20:
            g.form_secret = g.new_form_secret = secrets.token_urlsafe(18)
    return str(g.form_secret)


def keep_form_secret(response: Response, site: Site) -> None:
    """Send the value to a browser that had none."""
    if value := g.get("new_form_secret"):
        response.set_cookie(CSRF_COOKIE, value, path="/", httponly=True, samesite="Lax", secure=site.https)


def add_flash(response: Response, keys: Secrets, site: Site, text: str, tone: str = "ok") -> Response:
    """Let the next page show a sentence once; returns the response."""
    value = keys.sign("flash", f"{tone}:{text}".encode(), FLASH_LIFE)
    response.set_cookie(
        FLASH_COOKIE, value, max_age=FLASH_LIFE, path="/", httponly=True, samesite="Lax", secure=site.https
    )
    return response


def take_flash(keys: Secrets) -> tuple[str, str] | None:
    """The waiting sentence as (tone, text); the answer of this request clears it."""
    value = request.cookies.get(FLASH_COOKIE)
    if not value:
        return None
    g.flash_taken = True
    try:
        opened = keys.unsign("flash", value)
    except BadSignature:
        return None
    tone, _, text = opened.decode().partition(":")
    return tone, text
