"""Proving again who one is, before what is sensitive: by password, code or what plugins add, and back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint, Response

from aethex_live._web import second_step
from aethex_live._web.views import ConfirmView
from aethex_live._web.way_buttons import confirm_buttons
from aethex_live.errors import Refusal, Unauthenticated
from aethex_live.models import User
from aethex_live.web import (
    Access,
    Form,
    allow,
    current_actor,
    limit,
    note_proof,
    page,
    platform,
    read_form,
    redirect_to,
)
from aethex_live.web.pages import local_address, safe_next

blueprint = Blueprint("confirm", __name__)


class Proof(BaseModel):
    """The form: a password, or a code."""

    password: str = Field(default="", max_length=1024)
    code: str = Field(default="", max_length=40)
    next: str = "/settings"


@blueprint.get("/confirm")
@allow(Access.SIGNED_IN)
async def confirm() -> Response:
    """The page with all ways that the account has."""
    return await _show(Form[Any](values={}), safe_next("/settings"))


@blueprint.post("/confirm")
@allow(Access.SIGNED_IN)
async def confirm_posted() -> Response:
    """Note the proof and go back to where it was missing."""
    form = await read_form(Proof)
    if form.data is None:
        return await _show(form, "/settings", 422)
    try:
        await prove_by(form.data.password, form.data.code)
    except Refusal as refusal:
        form.refuse(refusal)
        return await _show(form, form.data.next, 422 if refusal.status == 401 else refusal.status)
    return redirect_to(local_address(form.data.next) or "/settings")


async def prove_by(password: str, code: str) -> None:
    """Note that the actor proved who they are. Raises Unauthenticated about `password` or `code`, TooMany."""
    actor = current_actor()
    assert actor.user_id is not None, "the guard lets signed-in people through only"
    if code:
        await second_step.take_code(actor.user_id, code.strip())
    else:
        await prove_password(actor.user_id, password, field="password")
    await note_proof()


async def prove_password(user_id: UUID, password: str, *, field: str) -> None:
    """Raises Unauthenticated about `field` unless it is the account's own password; TooMany after many tries."""
    await limit("password", 10, timedelta(minutes=10))
    user = await User.get(id=user_id)
    try:
        await platform().domain.accounts.check_password(user.username, password)
    except Unauthenticated:
        raise Unauthenticated("This password is not right.", field=field, code="wrong-password") from None
    except Refusal as refusal:
        refusal.field = field
        raise


async def _show(form: Form[Any], wanted: str, status: int = 200) -> Response:
    accounts, actor = platform().domain.accounts, current_actor()
    assert actor.user_id is not None, "the guard lets signed-in people through only"
    user = await User.get(id=actor.user_id)
    view = ConfirmView(
        form=form,
        next=local_address(wanted) or "/settings",
        password=await accounts.has_password(user.id),
        code=await accounts.needs_second_step(user),
        ways=await confirm_buttons(platform(), user.id),
    )
    return await page("confirm.html", status=status, view=view)
