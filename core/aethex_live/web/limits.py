"""Rate limits of views: so many of a kind per address or account, and when to come back."""

from __future__ import annotations

import math
from datetime import timedelta

from aethex_live.errors import TooMany
from aethex_live.web.request import client_address, current_actor, platform


async def limit(kind: str, most: int, per: timedelta, *, about: str | None = None) -> None:
    """Count one more of `kind`; raises TooMany above `most` in `per`.

    Counted per account, for guests per address; `about` counts for something else, such as a login name.
    """
    actor = current_actor()
    who = about if about is not None else str(actor.user_id or client_address())
    verdict = await platform().limiter.hit(f"{kind}:{who}", most, per)
    if not verdict.allowed:
        raise TooMany(
            f"That was too often. Try again in {waiting(verdict.retry_after_s)}.",
            retry_after=verdict.retry_after_s,
        )


def waiting(seconds: float) -> str:
    """`40 seconds`, `3 minutes`: how long to wait, in words."""
    if seconds < 90:
        count = max(1, math.ceil(seconds))
        return f"{count} second{'' if count == 1 else 's'}"
    return f"{math.ceil(seconds / 60)} minutes"
