"""The blueprint of the operator's pages, and what they share: cursors, and the way back with a sentence."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from quart import Blueprint, Response, request

from aethex_live._web.views import Pager
from aethex_live.web import redirect_to, say
from aethex_live.web.api import uuid_of

blueprint = Blueprint("admin", __name__)


def cursor(name: str = "before") -> UUID | None:
    """The cursor of the address. Raises Invalid for one that is none."""
    wanted = request.args.get(name)
    return uuid_of(wanted, name) if wanted else None


def older(path: str, after: str | None, values: dict[str, str]) -> Pager:
    """The link to older entries, with the filter kept."""
    if after is None:
        return Pager()
    query = {name: value for name, value in values.items() if value} | {"before": after}
    return Pager(older=f"{path}?{urlencode(query)}")


def back(path: str, said: str, tone: str = "ok") -> Response:
    """To a page that shows the sentence once."""
    return say(redirect_to(path), said, tone)
