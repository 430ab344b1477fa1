"""Which of our pages an address names: the watch page of a channel, or a recording."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from uuid import UUID

LONGEST = 2000
_CHANNEL = re.compile(r"/(?:embed/)?(?P<slug>[a-z0-9_-]{3,32})(?:/live)?/?", re.IGNORECASE)
_VIDEO = re.compile(r"/(?:embed/)?videos/(?P<id>[0-9a-f-]{36})/?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """What an address names: a channel by its slug, or a recording by its id."""

    slug: str = ""
    recording_id: UUID | None = None


def target_of(address: str, site_url: str) -> Target | None:
    """What `address` names on the site at `site_url`; None for addresses of others and for other pages."""
    if len(address) > LONGEST or not address.isprintable():
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    own = urlsplit(site_url)
    if parts.scheme not in {"http", "https"} or parts.netloc.lower() != own.netloc:
        return None
    path = unquote(parts.path)
    if match := _VIDEO.fullmatch(path):
        return _recording(match["id"])
    match = _CHANNEL.fullmatch(path)
    return Target(slug=match["slug"].lower()) if match else None


def _recording(text: str) -> Target | None:
    try:
        return Target(recording_id=UUID(text))
    except ValueError:
        return None
