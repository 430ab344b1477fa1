"""Who may call a view: a mark that every view must carry; the guard in front of all views reads it."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, Final, Literal, TypeVar

from aethex_live.scopes import Scope

F = TypeVar("F", bound=Callable[..., Any])
Closed = Literal["closed"]
CLOSED: Final[Closed] = "closed"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Access(enum.StrEnum):
    """Who may call a view. The channel ones take the view's `slug` argument and find the channel by it.

    VENDOR is for the webhooks of vendors alone: no session, no cookie and no form is looked at, and the view itself
    lets in whom a signature over the raw request proves.
    """

    PUBLIC = "public"
    SIGNED_IN = "signed in"
    OPERATOR = "operator"
    VENDOR = "anyone whose request is signed"
    CHANNEL = "anyone, about an existing channel"
    CHANNEL_MEMBER = "signed in, about an existing channel"
    CHANNEL_MODERATOR = "moderator of the channel"
    CHANNEL_OWNER = "owner of the channel"

    @property
    def of_channel(self) -> bool:
        """Whether the view has a `slug` argument that names a channel."""
        return self.name.startswith("CHANNEL")


def allow(access: Access, *, scope: Scope | Closed | None = None, as_guest: bool = False) -> Callable[[F], F]:
    """Mark a view with who may call it; a view without a mark stops the start of the site.

    `scope` is what an API token needs for it, CLOSED lets no token in. Without one a token needs READ for what only
    reads (OPERATE where that is for operators), and can't call what changes things. Outside of the API tokens count
    only for views that name a scope. `as_guest`: whoever asks, the view sees a guest.
    """

    def mark(view: F) -> F:
        view.__aethex_access__ = access  # type: ignore[attr-defined]  # functions take attributes, their type doesn't say so
        view.__aethex_scope__ = scope  # type: ignore[attr-defined]  # as above
        view.__aethex_as_guest__ = as_guest  # type: ignore[attr-defined]  # as above
        return view

    return mark


def access_of(view: Callable[..., Any]) -> Access | None:
    """The mark of a view, or None when it has none."""
    mark = getattr(view, "__aethex_access__", None)
    return mark if isinstance(mark, Access) else None


def is_for_guests(view: Callable[..., Any]) -> bool:
    """Whether the view never learns who asks."""
    return bool(getattr(view, "__aethex_as_guest__", False))


def declared_scope(view: Callable[..., Any]) -> Scope | Closed | None:
    """What the view's mark says of tokens, None when it says nothing."""
    declared: Scope | Closed | None = getattr(view, "__aethex_scope__", None)
    return declared


def scope_needed(view: Callable[..., Any], method: str) -> Scope | None:
    """The scope that a token needs for this call, or None when no token may make it."""
    declared = declared_scope(view)
    if declared == CLOSED:
        return None
    if declared is not None:
        return Scope(declared)
    if method not in SAFE:
        return None
    return Scope.OPERATE if access_of(view) is Access.OPERATOR else Scope.READ
