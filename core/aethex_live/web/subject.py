"""What a page is about: plugins in the document's head read it (`head.meta`), whichever view answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from aethex_live.models import Broadcast, Channel, Recording


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A page's subject in rows. `path` is its one lasting address on this site, without query.

    `broadcast` is what is on now: on a channel's pages and its watch page. `recording` is that of a video's page.
    """

    kind: Literal["home", "channel", "live", "recording"]
    path: str
    channel: Channel | None = None
    broadcast: Broadcast | None = None
    recording: Recording | None = None
