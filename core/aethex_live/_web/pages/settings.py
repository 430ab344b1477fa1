"""Account settings: name and address, password, where one is signed in; plugins add sections."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint, Response, request

from aethex_live._web.cookies import THEME_COOKIE, add_flash
from aethex_live._web.views import SessionRow, SettingsView
from aethex_live._web.words import device_of
from aethex_live.actor import Actor
from aethex_live.errors import NotFound, Refusal
from aethex_live.models import Session, User
from aethex_live.providers.auth import AuthCap
from aethex_live.web import Access, Form, allow, current_actor, limit, page, platform, read_form, redirect_to

blueprint = Blueprint("settings", __name__)


class Account(BaseModel):
    """The form of name and address."""

    display_name: str = Field(min_length=1, max_length=50)
    email: str = Field(default="", max_length=254)


class Password(BaseModel):
    """The form of a new password."""

    current_password: str = Field(min_length=1, max_length=1024)
    new_password: str = Field(min_length=1, max_length=1024)


@blueprint.get("/settings")
@allow(Access.SIGNED_IN)
async def settings() -> Response:
    """All sections."""
    return await _show()


@blueprint.post("/settings")
@allow(Access.SIGNED_IN)
async def account() -> Response:
    """Change the shown name and the e-mail address."""
    form = await read_form(Account)
    if form.data is None:
        return await _show(account_form=form, status=422)
    try:
        await platform().domain.accounts.change(_user_id(), form.data.display_name, form.data.email)
    except Refusal as refusal:
        form.refuse(refusal)
        return await _show(account_form=form, status=refusal.status)
    return _done("Your name and address are saved.")


@blueprint.post("/settings/password")
@allow(Access.SIGNED_IN)
async def password() -> Response:
    """Change the password; all other sessions of the account end."""
    form = await read_form(Password)
    if form.data is None:
        return await _show(password_form=form, status=422)
    parts, actor = platform(), current_actor()
    try:
        await limit("password", 10, timedelta(minutes=10))
        await prove(actor, form.data.current_password)
        await parts.domain.accounts.set_password(_user_id(), form.data.new_password)
    except Refusal as refusal:
        form.refuse(refusal)
        return await _show(password_form=form, status=refusal.status)
    await parts.domain.sessions.close_others(_user_id(), actor.session_id)
    return _done("Your password is changed. You are signed out everywhere else.")


@blueprint.post("/settings/sessions/<uuid:session_id>/end")
@allow(Access.SIGNED_IN)
async def end_session(session_id: UUID) -> Response:
    """Sign another browser out."""
    if not await Session.filter(id=session_id, user_id=_user_id()).exists():
        raise NotFound("This session is over already.")
    await platform().domain.sessions.close(session_id)
    return _done("That browser is signed out.")


async def prove(actor: Actor, password: str) -> None:
    """Raises Unauthenticated about `current_password` unless it is the actor's own."""
    try:
        await platform().domain.accounts.check_password(actor.username, password)
    except Refusal as refusal:
        refusal.field = "current_password"
        raise


def _user_id() -> UUID:
    user_id = current_actor().user_id
    assert user_id is not None, "the guard lets signed-in people through only"
    return user_id


def _done(text: str) -> Response:
    parts = platform()
    return add_flash(redirect_to("/settings"), parts.secrets, parts.site, text)


async def _show(
    *, account_form: Form[Any] | None = None, password_form: Form[Any] | None = None, status: int = 200
) -> Response:
    user = await User.get(id=_user_id())
    typed = {"display_name": user.display_name, "email": user.email or ""}
    provider = platform().domain.accounts.provider()
    theme = request.cookies.get(THEME_COOKIE)
    view = SettingsView(
        account=account_form or Form[Any](values=typed),
        password=password_form or Form[Any](values={}),
        sessions=await _sessions(),
        username=user.username,
        local=provider is not None and AuthCap.SET_PASSWORD in provider.capabilities,
        theme="dark" if theme == "dark" else "light" if theme == "light" else "auto",
    )
    return await page("settings.html", status=status, view=view)


async def _sessions() -> list[SessionRow]:
    mine = current_actor().session_id
    rows = await Session.filter(user_id=_user_id()).order_by("-seen_at").limit(50)
    return [
        SessionRow(
            id=str(row.id),
            device=device_of(row.user_agent),
            address=row.address,
            seen_at=row.seen_at,
            current=row.id == mine,
        )
        for row in rows
    ]
