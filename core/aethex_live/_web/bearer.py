"""Programs at the API: the token that a request shows, and what it may be used for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from quart import request

from aethex_live.actor import Actor
from aethex_live.errors import Forbidden
from aethex_live.web.access import CLOSED, declared_scope, scope_needed

API = "/api/v1/"


def shown_token(view: Callable[..., Any] | None) -> str | None:
    """The token of `Authorization: Bearer …`, below /api/v1 and for pages whose mark names a scope.

    Other schemes, and tokens elsewhere, are a proxy's own affair.
    """
    if not request.path.startswith(API) and not _takes_tokens(view):
        return None
    kind, _, value = request.headers.get("Authorization", "").strip().partition(" ")
    return value.strip() if kind.lower() == "bearer" else None


def _takes_tokens(view: Callable[..., Any] | None) -> bool:
    return view is not None and declared_scope(view) not in (None, CLOSED)


def check_scope(actor: Actor, view: Callable[..., Any] | None) -> None:
    """Raises Forbidden when a token is used for what it was not made for."""
    if not actor.by_token or view is None:
        return
    needed = scope_needed(view, request.method)
    if needed is None:
        raise Forbidden("This can't be done with a token: sign in with a browser.", code="token-refused")
    if not actor.has_scope(needed):
        raise Forbidden(f"This token lacks the scope “{needed}”: make one that has it.", code="scope-missing")
