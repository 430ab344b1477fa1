"""Pages of profiles: the section of the account settings and what its forms post to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint, Response, request
from werkzeug.datastructures import FileStorage

from aethex_live.errors import Refusal, Unavailable
from aethex_live.providers import ProviderError
from aethex_live.web import Access, Form, allow, current_actor, limit, page, read_form, redirect_to

from .pictures import LARGE, Pictures
from .service import Profiles
from .text import LONGEST

SETTINGS = "/settings"
SAVED = {
    "bio": "Your bio is saved.",
    "avatar": "Your new picture is up.",
    "removed": "Your picture is gone.",
}
UPLOADS, WINDOW = 10, timedelta(minutes=10)


class BioForm(BaseModel):
    """The form of the bio; browsers count a line break as two characters, so its bound is checked later."""

    bio: str = Field(default="", max_length=4 * LONGEST)


class Pages:
    """Views; each is marked with who may call it."""

    def __init__(self, profiles: Profiles, pictures: Pictures) -> None:
        self._profiles = profiles
        self._pictures = pictures

    def blueprint(self) -> Blueprint:
        """The routes."""
        routes = Blueprint("profiles", __name__, url_prefix="/p/profiles")
        routes.add_url_rule("/edit", view_func=self.edit, methods=["GET"])
        routes.add_url_rule("/bio", view_func=self.save_bio, methods=["POST"])
        routes.add_url_rule("/avatar", view_func=self.save_avatar, methods=["POST"])
        routes.add_url_rule("/avatar/remove", view_func=self.remove_avatar, methods=["POST"])
        return routes

    @allow(Access.SIGNED_IN)
    async def edit(self) -> Response:
        """The section as a page of its own."""
        return await self._show(Form(values={}))

    @allow(Access.SIGNED_IN)
    async def save_bio(self) -> Response:
        """Change the bio."""
        form = await read_form(BioForm)
        if form.data is None:
            return await self._show(form, 422)
        try:
            await self._profiles.set_bio(_user_id(), form.data.bio)
        except Refusal as refusal:
            form.refuse(refusal)
            return await self._show(form, refusal.status)
        return _done("bio")

    @allow(Access.SIGNED_IN)
    async def save_avatar(self) -> Response:
        """Change the picture."""
        form: Form[Any] = Form(values={})
        try:
            await limit("profiles.avatar", UPLOADS, WINDOW)
            await self._profiles.set_avatar(_user_id(), await self._sent_picture())
        except (Refusal, ProviderError) as failure:
            refusal = failure if isinstance(failure, Refusal) else Unavailable(str(failure))
            form.errors["avatar"] = str(refusal)
            return await self._show(form, refusal.status)
        return _done("avatar")

    @allow(Access.SIGNED_IN)
    async def remove_avatar(self) -> Response:
        """Take the picture away."""
        await self._profiles.remove_avatar(_user_id())
        return _done("removed")

    async def section(self, _: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What the slot on the account settings shows."""
        if not current_actor().signed_in:
            return None
        return await self._context(Form(values={}), SAVED.get(request.args.get("profile", ""), ""))

    async def _sent_picture(self) -> bytes:
        sent = (await request.files).get("avatar")
        if not isinstance(sent, FileStorage):
            return b""
        sent.stream.seek(0, 2)
        self._pictures.check_size(sent.stream.tell())
        sent.stream.seek(0)
        return sent.stream.read()

    async def _show(self, form: Form[Any], status: int = 200) -> Response:
        return await page("profiles/edit.html", status=status, sections=(), **await self._context(form, ""))

    async def _context(self, form: Form[Any], said: str) -> dict[str, Any]:
        actor, user_id = current_actor(), _user_id()
        shown = await self._profiles.of(user_id)
        return {
            "profile": shown,
            "profile_form": Form(values={"bio": shown.bio} | dict(form.values), errors=form.errors),
            "profile_said": said,
            "name": actor.name,
            "hue": user_id.int % 360,
            "takes_pictures": self._profiles.takes_pictures,
            "largest_mb": self._pictures.most_bytes / (1024 * 1024),
            "side": LARGE,
            "longest_bio": LONGEST,
        }


def _user_id() -> UUID:
    user_id = current_actor().user_id
    assert user_id is not None, "the guard lets signed-in people through only"
    return user_id


def _done(what: str) -> Response:
    return redirect_to(f"{SETTINGS}?profile={what}#profile")
