"""The API of profiles: one's own, and those of others."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from quart import Blueprint, request
from quart_schema import tag, validate_request, validate_response

from aethex_live.domain import Domain
from aethex_live.errors import NotFound
from aethex_live.models import User
from aethex_live.web import Access, allow, current_actor, limit
from aethex_live.web.api import refuses

from .pictures import Pictures
from .service import Profiles
from .views import UPLOADS, WINDOW


class PersonOut(BaseModel):
    """What everyone may see of a person."""

    username: str
    display_name: str
    bio: str
    avatar: str | None = Field(description="address of a square picture of 96 pixels")
    avatar_large: str | None = Field(description="address of a square picture of 512 pixels")


class ProfileChange(BaseModel):
    """What is to change; fields that are left out stay."""

    model_config = ConfigDict(extra="forbid")

    display_name: str | None = Field(default=None, max_length=200)
    bio: str | None = Field(default=None, max_length=2000)


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
    @allow(Access.SIGNED_IN)
    @validate_request(ProfileChange)
    @validate_response(PersonOut)
    @refuses(401, 422)
    async def change(self, data: ProfileChange) -> PersonOut:
        """Change the shown name, the bio, or both."""
        user_id = _user_id()
        await self._profiles.change(user_id, display_name=data.display_name, bio=data.bio)
        return await self._out(await User.get(id=user_id))

    @tag(["profiles"])
    @allow(Access.SIGNED_IN)
    @validate_response(PersonOut)
    @refuses(401, 413, 422, 429, 503)
    async def put_avatar(self) -> PersonOut:
        """Change the picture. The body is the file itself: PNG, JPEG, WebP or GIF, 5 MB at most."""
        await limit("profiles.avatar", UPLOADS, WINDOW)
        self._pictures.check_size(request.content_length or 0)
        await self._profiles.set_avatar(
            _user_id(), await request.get_data(cache=False, as_text=False, parse_form_data=False)
        )
        return await self._out(await User.get(id=_user_id()))

    @tag(["profiles"])
    @allow(Access.SIGNED_IN)
    @validate_response(PersonOut)
    @refuses(401)
    async def delete_avatar(self) -> PersonOut:
        """Take the picture away."""
        await self._profiles.remove_avatar(_user_id())
        return await self._out(await User.get(id=_user_id()))

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

    async def _out(self, user: User) -> PersonOut:
        shown = await self._profiles.of(user.id)
        return PersonOut(
            username=user.username,
            display_name=user.display_name,
            bio=shown.bio,
            avatar=shown.avatar,
            avatar_large=shown.avatar_large,
        )


def _user_id() -> UUID:
    user_id = current_actor().user_id
    assert user_id is not None, "the guard lets signed-in people through only"
    return user_id
