"""Pages of profiles: the section of the account settings and what its forms post to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint, Response, request
from werkzeug.datastructures import FileStorage

from aethex_live.errors import Refusal, Unavailable
from aethex_live.providers import ProviderError
from aethex_live.web import Access, Form, allow, current_actor, limit, page, read_form, redirect_to
from aethex_live.web.hot import remember

from .links import MOST, host_of
from .pictures import AVATAR, BANNER, LARGE, Pictures, Shape
from .service import LONGEST_ALT, Profiles
from .text import LONGEST, clean_line

SETTINGS = "/settings"
SAVED = {
    "bio": "Your bio is saved.",
    "avatar": "Your new picture is up.",
    "banner": "Your new banner is up.",
    "alt": "The words of the banner are saved.",
    "links": "Your links are saved.",
    "removed": "Your picture is gone.",
    "unbannered": "Your banner is gone.",
}
UPLOADS, WINDOW = 10, timedelta(minutes=10)


class BioForm(BaseModel):
    """The form of the bio; browsers count a line break as two characters, so its bound is checked later."""

    bio: str = Field(default="", max_length=4 * LONGEST)


class AltForm(BaseModel):
    """What the banner shows, in words."""

    banner_alt: str = Field(default="", max_length=4 * LONGEST_ALT)


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
        routes.add_url_rule("/banner", view_func=self.save_banner, methods=["POST"])
        routes.add_url_rule("/banner/words", view_func=self.save_alt, methods=["POST"])
        routes.add_url_rule("/banner/remove", view_func=self.remove_banner, methods=["POST"])
        routes.add_url_rule("/links", view_func=self.save_links, methods=["POST"])
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
        return await self._save_picture(AVATAR)

    @allow(Access.SIGNED_IN)
    async def remove_avatar(self) -> Response:
        """Take the picture away."""
        await self._profiles.remove_picture(_user_id(), AVATAR)
        return _done("removed")

    @allow(Access.SIGNED_IN)
    async def save_banner(self) -> Response:
        """Change the banner, and the words that say what it shows."""
        words = (await request.form).get("banner_alt")
        saved = await self._save_picture(BANNER)
        if saved.status_code == HTTPStatus.SEE_OTHER and words is not None:
            await self._profiles.change(_user_id(), banner_alt=clean_line(words)[:LONGEST_ALT])
        return saved

    @allow(Access.SIGNED_IN)
    async def save_alt(self) -> Response:
        """Change the words that say what the banner shows."""
        form = await read_form(AltForm)
        try:
            await self._profiles.change(_user_id(), banner_alt=form.data.banner_alt if form.data else "")
        except Refusal as refusal:
            form.refuse(refusal)
            return await self._show(form, refusal.status)
        return _done("alt")

    @allow(Access.SIGNED_IN)
    async def remove_banner(self) -> Response:
        """Take the banner away."""
        await self._profiles.remove_picture(_user_id(), BANNER)
        return _done("unbannered")

    @allow(Access.SIGNED_IN)
    async def save_links(self) -> Response:
        """Change the links: rows of words and an address."""
        posted = await request.form
        rows = list(zip(posted.getlist("label"), posted.getlist("url"), strict=False))[: 2 * MOST]
        form: Form[Any] = Form(values={})
        try:
            await self._profiles.change(_user_id(), links=[(label[:1000], url[:4000]) for label, url in rows])
        except Refusal as refusal:
            form.errors["links"] = str(refusal)
            return await self._show(form, refusal.status, rows)
        return _done("links")

    async def about(self, given: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What the slot beside a channel's words shows: the links of its owner."""
        owner = getattr(given.get("channel"), "owner_id", "")
        if not owner:
            return None
        links = (await remember(("profiles", owner), lambda: self._profiles.of(UUID(owner)))).links
        return {"links": [(link.label, link.url, host_of(link.url)) for link in links]} if links else None

    async def _save_picture(self, shape: Shape) -> Response:
        form: Form[Any] = Form(values={})
        try:
            await limit(f"profiles.{shape.field}", UPLOADS, WINDOW)
            await self._profiles.set_picture(_user_id(), await self._sent_picture(shape), shape)
        except (Refusal, ProviderError) as failure:
            refusal = failure if isinstance(failure, Refusal) else Unavailable(str(failure))
            form.errors[shape.field] = str(refusal)
            return await self._show(form, refusal.status)
        return _done(shape.field)

    async def section(self, _: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What the slot on the account settings shows."""
        if not current_actor().signed_in:
            return None
        return await self._context(Form(values={}), SAVED.get(request.args.get("profile", ""), ""))

    async def _sent_picture(self, shape: Shape) -> bytes:
        sent = (await request.files).get(shape.field)
        if not isinstance(sent, FileStorage):
            return b""
        sent.stream.seek(0, 2)
        self._pictures.check_size(sent.stream.tell(), shape)
        sent.stream.seek(0)
        return sent.stream.read()

    async def _show(self, form: Form[Any], status: int = 200, rows: Sequence[tuple[str, str]] = ()) -> Response:
        context = await self._context(form, "", rows)
        return await page("profiles/edit.html", status=status, sections=(), **context)

    async def _context(self, form: Form[Any], said: str, rows: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
        actor, user_id = current_actor(), _user_id()
        shown = await self._profiles.of(user_id)
        return {
            "profile": shown,
            "profile_form": Form(
                values={"bio": shown.bio, "banner_alt": shown.banner_alt} | dict(form.values), errors=form.errors
            ),
            "profile_links": _rows(rows or shown.links),
            "longest_alt": LONGEST_ALT,
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


def _rows(links: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """As many rows as there may be links, the empty ones last."""
    filled = [(label, url) for label, url in links][:MOST]
    return filled + [("", "")] * (MOST - len(filled))


def _done(what: str) -> Response:
    return redirect_to(f"{SETTINGS}?profile={what}#profile")
