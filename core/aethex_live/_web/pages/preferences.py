"""Preferences that live in a cookie: the theme."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel
from quart import Blueprint, Response

from aethex_live._web.cookies import THEME_COOKIE
from aethex_live.errors import Invalid
from aethex_live.web import Access, allow, platform, read_form, redirect_to
from aethex_live.web.pages import local_address

blueprint = Blueprint("preferences", __name__)
YEAR_S = 365 * 86400


class Theme(BaseModel):
    """The theme form."""

    theme: Literal["dark", "light", "auto"]
    next: str = "/"


@blueprint.post("/preferences/theme")
@allow(Access.PUBLIC)
async def theme() -> Response:
    """Remember the theme in this browser and go back to the page."""
    form = await read_form(Theme)
    if form.data is None:
        raise Invalid("Choose dark, light or auto.", field="theme")
    response = redirect_to(local_address(form.data.next) or "/")
    site = platform().site
    if form.data.theme == "auto":
        response.delete_cookie(THEME_COOKIE, path="/")
    else:
        # the page's own module reads it, so it is not HttpOnly; it holds no secret
        response.set_cookie(THEME_COOKIE, form.data.theme, max_age=YEAR_S, path="/", samesite="Lax", secure=site.https)
    return response
