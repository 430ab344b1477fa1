"""Account settings: name and address, password, where one is signed in; plugins add sections."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint, Response, request

from aethex_live._web.cookies import THEME_COOKIE, add_flash
from aethex_live._web.views import SessionRow, SettingsView
from aethex_live._web.way_buttons import linked_rows
from aethex_live.actor import Actor
from aethex_live.domain.login_links import PROVIDER
from aethex_live.errors import NotFound, Refusal
from aethex_live.models import Session, User
from aethex_live.web import (
    Access,
    Form,
    allow,
    current_actor,
    is_proven,
    limit,
    note_proof,
    page,
    platform,
    read_form,
    redirect_to,
    require_proof,
)
from aethex_live.web.devices import device_of
from aethex_live.web.proof import ProofNeeded

blueprint = Blueprint("settings", __name__)


CONFIRM = "Your name is saved. Open the link that we sent to the new address: it counts from then on."


class Account(BaseModel):
    """The form of name and address."""

    display_name: str = Field(min_length=1, max_length=50)
    email: str = Field(default="", max_length=254)


class Password(BaseModel):
    """The form of a new password."""

    current_password: str = Field(default="", max_length=1024)
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
        user = await User.get(id=_user_id())
        if form.data.email.strip() != (user.email or ""):
            await require_proof("/settings")
        waits = await platform().domain.accounts.change(user.id, form.data.display_name, form.data.email)
    except ProofNeeded:
        raise
    except Refusal as refusal:
        form.refuse(refusal)
        return await _show(account_form=form, status=refusal.status)
    return _done(CONFIRM if waits else "Your name and address are saved.")


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
        if not await came_by_link():
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


@blueprint.post("/settings/sessions/end-others")
@allow(Access.SIGNED_IN)
async def end_others() -> Response:
    """Sign all other browsers out."""
    count = await platform().domain.sessions.close_others(_user_id(), current_actor().session_id)
    said = f"{count} other browser{'' if count == 1 else 's'} signed out."
    return _done(said if count else "Nobody else was signed in.")


async def prove(actor: Actor, password: str) -> None:
    """Raises Unauthenticated about `current_password` unless it is the actor's own; a right one counts as a proof."""
    try:
        await platform().domain.accounts.check_password(actor.username, password)
    except Refusal as refusal:
        refusal.field = "current_password"
        raise
    await note_proof()


async def came_by_link() -> bool:
    """Whether the actor has just come by a link of the operator's: who forgot the password can't type it."""
    session = await Session.get_or_none(id=current_actor().session_id)
    return session is not None and session.provider == PROVIDER and await is_proven()


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
    linked, linkable = await linked_rows(platform(), user.id)
    theme = request.cookies.get(THEME_COOKIE)
    view = SettingsView(
        account=account_form or Form[Any](values=typed),
        password=password_form or Form[Any](values={}),
        sessions=await _sessions(),
        username=user.username,
        by_link=await came_by_link(),
        local=await platform().domain.accounts.has_password(user.id),
        linked=linked,
        linkable=linkable,
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
