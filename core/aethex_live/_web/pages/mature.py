"""The answer to the gate before content for adults."""

from __future__ import annotations

from pydantic import BaseModel
from quart import Blueprint, Response

from aethex_live._web.mature import agree
from aethex_live.web import Access, allow, read_form, redirect_to
from aethex_live.web.pages import local_address

blueprint = Blueprint("mature", __name__)


class GateForm(BaseModel):
    """Where to go on."""

    next: str = "/"


@blueprint.post("/mature")
@allow(Access.PUBLIC)
async def go_on() -> Response:
    """Remember that this visitor wants to see such channels, and go on to the one that was asked for."""
    form = await read_form(GateForm)
    wanted = local_address(form.data.next) if form.data else None
    return agree(redirect_to(wanted or "/"))
