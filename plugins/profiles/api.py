"""The API of profiles: one's own, and those of others."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from quart import Blueprint, request
from quart_schema import tag, validate_request, validate_response

from aethex_live.domain import Domain
from aethex_live.errors import NotFound
from aethex_live.models import User
from aethex_live.scopes import Scope
from aethex_live.web import Access, allow, current_actor, limit
from aethex_live.web.api import refuses

from .pictures import AVATAR, BANNER, Pictures, Shape
from .service import Profiles
from .views import UPLOADS, WINDOW


class LinkIn(BaseModel):
    """A link to be shown: an https address, and the words that stand for it."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field(default="", max_length=200, description="empty: the address's host")
    url: str = Field(max_length=2000)


class LinkOut(BaseModel):
    """A link as it is shown."""

    label: str
    url: str


class PersonOut(BaseModel):
    """What everyone may see of a person."""

    username: str
    display_name: str
    bio: str
    avatar: str | None = Field(description="address of a square picture of 96 pixels")
    avatar_large: str | None = Field(description="address of a square picture of 512 pixels")
    banner: str | None = Field(description="address of a picture of 1600 x 400 pixels")
    banner_small: str | None = Field(description="address of a picture of 800 x 200 pixels")
    banner_alt: str = Field(description="what the banner shows, in words")
    links: list[LinkOut]


class ProfileChange(BaseModel):
    """What is to change; fields that are left out stay."""

    model_config = ConfigDict(extra="forbid")

    display_name: str | None = Field(default=None, max_length=200)
    bio: str | None = Field(default=None, max_length=2000)
    banner_alt: str | None = Field(default=None, max_length=1000)
    links: list[LinkIn] | None = Field(default=None, max_length=50)


class Api:
    """Views; each is marked with who may call it."""

    def __init__(self, profiles: Profiles, pictures: Pictures, domain: Domain) -> None:
        self._profiles = profiles
        self._pictures = pictures
        self._domain = domain

    def blueprint(self) -> Blueprint:
        """The routes."""
        routes = Blueprint("profiles_api", __name__, url_prefix="/api/v1")
        routes.add_url_rule("/me/profile", view_func=self.mine, methods=["GET"])
        routes.add_url_rule("/me/profile", view_func=self.change, methods=["PATCH"])
        routes.add_url_rule("/me/profile/avatar", view_func=self.put_avatar, methods=["PUT"])
        routes.add_url_rule("/me/profile/avatar", view_func=self.delete_avatar, methods=["DELETE"])
        routes.add_url_rule("/me/profile/banner", view_func=self.put_banner, methods=["PUT"])
        routes.add_url_rule("/me/profile/banner", view_func=self.delete_banner, methods=["DELETE"])
        routes.add_url_rule("/people/<username>", view_func=self.person, methods=["GET"])
        return routes

    @tag(["profiles"])
    @allow(Access.SIGNED_IN)
    @validate_response(PersonOut)
    @refuses(401)
    async def mine(self) -> PersonOut:
        """The profile of the account that asks."""
        return await self._out(await User.get(id=_user_id()))

    @tag(["profiles"])
    @allow(Access.SIGNED_IN, scope=Scope.ACCOUNT_WRITE)
    @validate_request(ProfileChange)
    @validate_response(PersonOut)
    @refuses(401, 422)
    async def change(self, data: ProfileChange) -> PersonOut:
        """Change the shown name, the bio, the links, or the words of the banner."""
        user_id = _user_id()
        links = [(link.label, link.url) for link in data.links] if data.links is not None else None
        await self._profiles.change(
            user_id, display_name=data.display_name, bio=data.bio, banner_alt=data.banner_alt, links=links
        )
        return await self._out(await User.get(id=user_id))

    @tag(["profiles"])
    @allow(Access.SIGNED_IN, scope=Scope.ACCOUNT_WRITE)
    @validate_response(PersonOut)
    @refuses(401, 413, 422, 429, 503)
    async def put_avatar(self) -> PersonOut:
        """Change the picture. The body is the file itself: PNG, JPEG, WebP or GIF, 5 MB at most."""
        return await self._put(AVATAR)

    @tag(["profiles"])
    @allow(Access.SIGNED_IN, scope=Scope.ACCOUNT_WRITE)
    @validate_response(PersonOut)
    @refuses(401)
    async def delete_avatar(self) -> PersonOut:
        """Take the picture away."""
        return await self._remove(AVATAR)

    @tag(["profiles"])
    @allow(Access.SIGNED_IN, scope=Scope.ACCOUNT_WRITE)
    @validate_response(PersonOut)
    @refuses(401, 413, 422, 429, 503)
    async def put_banner(self) -> PersonOut:
        """Change the banner. The body is the file itself: PNG, JPEG, WebP or GIF, 5 MB at most."""
        return await self._put(BANNER)

    @tag(["profiles"])
    @allow(Access.SIGNED_IN, scope=Scope.ACCOUNT_WRITE)
    @validate_response(PersonOut)
    @refuses(401)
    async def delete_banner(self) -> PersonOut:
        """Take the banner away."""
        return await self._remove(BANNER)

    @tag(["profiles"])
    @allow(Access.PUBLIC)
    @validate_response(PersonOut)
    @refuses(404)
    async def person(self, username: str) -> PersonOut:
        """The profile of anyone."""
        user = await self._domain.accounts.get(username)
        if user.state != "active":
            raise NotFound(f"There is no account “{username}”.")
        return await self._out(user)

    async def _put(self, shape: Shape) -> PersonOut:
        await limit(f"profiles.{shape.field}", UPLOADS, WINDOW)
        self._pictures.check_size(request.content_length or 0, shape)
        data = await request.get_data(cache=False, as_text=False, parse_form_data=False)
        await self._profiles.set_picture(_user_id(), data, shape)
        return await self._out(await User.get(id=_user_id()))

    async def _remove(self, shape: Shape) -> PersonOut:
        await self._profiles.remove_picture(_user_id(), shape)
        return await self._out(await User.get(id=_user_id()))

    async def _out(self, user: User) -> PersonOut:
        shown = await self._profiles.of(user.id)
        return PersonOut(
            username=user.username,
            display_name=user.display_name,
            bio=shown.bio,
            avatar=shown.avatar,
            avatar_large=shown.avatar_large,
            banner=shown.banner,
            banner_small=shown.banner_small,
            banner_alt=shown.banner_alt,
            links=[LinkOut(label=link.label, url=link.url) for link in shown.links],
        )


def _user_id() -> UUID:
    user_id = current_actor().user_id
    assert user_id is not None, "the guard lets signed-in people through only"
    return user_id
