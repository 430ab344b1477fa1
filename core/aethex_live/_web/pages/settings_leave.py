"""Account settings: deleting the account, and the mail's link that calls it off."""

from __future__ import annotations

from datetime import UTC
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint, Response, request

from aethex_live._web.cookies import add_flash, clear_session
from aethex_live._web.views import LeaveView, StayView
from aethex_live.errors import Conflict, Refusal
from aethex_live.web import (
    Access,
    Form,
    allow,
    current_actor,
    page,
    platform,
    read_form,
    redirect_to,
    require_proof,
)

blueprint = Blueprint("settings_leave", __name__)
HERE = "/settings/leave"


class LeaveForm(BaseModel):
    """The user name, typed to say that it is meant."""

    username: str = Field(default="", max_length=64)


class StayForm(BaseModel):
    """The token of the mail's link."""

    t: str = Field(default="", max_length=400)


@blueprint.get(HERE)
@allow(Access.SIGNED_IN)
async def leave() -> Response:
    """What would go, and the form."""
    return await _show(Form[Any](values={}))


@blueprint.post(HERE)
@allow(Access.SIGNED_IN)
async def leave_posted() -> Response:
    """Close the account, and sign its browsers out; it is deleted some days later."""
    await require_proof(HERE)
    form, parts = await read_form(LeaveForm), platform()
    try:
        delete_at = await parts.domain.leaving.request(
            _user_id(), current_actor(), form.data.username if form.data else ""
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return await _show(form, refusal.status)
    response = redirect_to("/")
    clear_session(response, parts.site)
    day = f"{delete_at.astimezone(UTC):%d %B %Y}"
    said = f"Your account is closed. It will be deleted on {day}; until then you get it back by signing in."
    return add_flash(response, parts.secrets, parts.site, said)


@blueprint.get("/leaving")
@allow(Access.PUBLIC)
async def stay() -> Response:
    """Behind the mail's link: a button, because programs open links too."""
    token = request.args.get("t", "")[:400]
    user = await platform().domain.leaving.of_link(token)
    if user.delete_at is None:
        raise Conflict("This account is not to be deleted.")
    view = StayView(token=token, username=user.username, delete_at=user.delete_at)
    return await page("stay.html", view=view)


@blueprint.post("/leaving")
@allow(Access.PUBLIC)
async def stay_posted() -> Response:
    """Call the deletion off."""
    form, parts = await read_form(StayForm), platform()
    user = await parts.domain.leaving.of_link(form.data.t if form.data else "")
    await parts.domain.leaving.stay(user)
    said = "Your account stays. Sign in to use it."
    return add_flash(redirect_to("/sign-in"), parts.secrets, parts.site, said)


def _user_id() -> UUID:
    user_id = current_actor().user_id
    assert user_id is not None, "the guard lets signed-in people through only"
    return user_id


async def _show(form: Form[Any], status: int = 200) -> Response:
    parts = platform()
    channels = await parts.domain.channels.of_owner(_user_id())
    view = LeaveView(
        username=current_actor().username,
        days=parts.domain.leaving.days,
        channels=[channel.name for channel in channels],
        form=form,
    )
    return await page("settings_leave.html", status=status, view=view)
