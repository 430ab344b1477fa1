"""Who may call a view: a mark that every view must carry; the guard in front of all views reads it."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class Access(enum.StrEnum):
    """Who may call a view. The channel ones take the view's `slug` argument and find the channel by it."""

    PUBLIC = "public"
    SIGNED_IN = "signed in"
    OPERATOR = "operator"
    CHANNEL = "anyone, about an existing channel"
    CHANNEL_MEMBER = "signed in, about an existing channel"
    CHANNEL_MODERATOR = "moderator of the channel"
    CHANNEL_OWNER = "owner of the channel"

    @property
    def of_channel(self) -> bool:
        """Whether the view has a `slug` argument that names a channel."""
        return self.name.startswith("CHANNEL")


def allow(access: Access) -> Callable[[F], F]:
    """Mark a view with who may call it; a view without a mark stops the start of the site."""

    def mark(view: F) -> F:
        view.__aethex_access__ = access  # type: ignore[attr-defined]  # functions take attributes, their type doesn't say so
        return view

    return mark


def access_of(view: Callable[..., Any]) -> Access | None:
    """The mark of a view, or None when it has none."""
    mark = getattr(view, "__aethex_access__", None)
    return mark if isinstance(mark, Access) else None
