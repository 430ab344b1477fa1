"""Cross-site requests: refused by where they come from, and by a token in every form."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from markupsafe import Markup
from quart import request

from aethex_live._web.cookies import form_secret
from aethex_live.errors import Forbidden
from aethex_live.secrets import Secrets

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
FOREIGN = "This request came from another site and was not carried out. Open the page here and try again."
STALE = "This form is too old, or its page was opened before cookies were cleared. Reload the page and send it again."


def token(keys: Secrets) -> str:
    """The token of this browser's forms."""
    key = keys.derive("csrf")
    return hmac.digest(key, form_secret().encode(), "sha256").hex()


def field(keys: Secrets) -> Markup:
    """The hidden input that every form carries."""
    return Markup('<input type="hidden" name="csrf" value="{}">').format(token(keys))


async def check(keys: Secrets, host: str, *, by_cookie: bool) -> None:
    """Raises Forbidden for an unsafe request that another site may have caused.

    A request that carries no cookie can't be forged by another site, so only its origin is looked at.
    """
    if request.method in SAFE:
        return
    vouched = _origin_is_ours(host)
    if vouched is False:
        raise Forbidden(FOREIGN, code="cross-site")
    if request.mimetype in FORM_TYPES:
        await _check_token(keys)
    elif by_cookie and vouched is None and not _header_token_ok(keys):
        raise Forbidden(FOREIGN, code="cross-site")


def _origin_is_ours(host: str) -> bool | None:
    """Whether the browser vouches for the request's origin; None when it says nothing."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    if origin is None:
        return None
    return urlsplit(origin).netloc.lower() in {request.host.lower(), host}


def _header_token_ok(keys: Secrets) -> bool:
    return hmac.compare_digest(request.headers.get("X-CSRF-Token", ""), token(keys))


async def _check_token(keys: Secrets) -> None:
    if _header_token_ok(keys):
        return
    sent = (await request.form).get("csrf", "")
    if not hmac.compare_digest(sent, token(keys)):
        raise Forbidden(STALE, code="stale-form")
