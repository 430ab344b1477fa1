"""Sign in, sign up, sign out: the forms are the core's, the proof is the auth provider's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import BaseModel, Field
from quart import Blueprint, Response, request

from aethex_live._web.cookies import add_flash, clear_session, set_session
from aethex_live._web.views import SignInView
from aethex_live.errors import Refusal
from aethex_live.models import User
from aethex_live.providers.auth import AuthCap
from aethex_live.web import (
    Access,
    Form,
    allow,
    client_address,
    current_actor,
    limit,
    page,
    platform,
    read_form,
    redirect_to,
)
from aethex_live.web.pages import local_address, safe_next

blueprint = Blueprint("accounts", __name__)
WINDOW = timedelta(minutes=10)


class SignIn(BaseModel):
    """The sign-in form."""

    username: str = Field(min_length=1, max_length=254)
    password: str = Field(min_length=1, max_length=1024)
    next: str = ""


class SignUp(BaseModel):
    """The sign-up form."""

    username: str = Field(min_length=1, max_length=64)
    email: str = Field(default="", max_length=254)
    password: str = Field(min_length=1, max_length=1024)
    next: str = ""


@blueprint.get("/sign-in")
@allow(Access.PUBLIC)
async def sign_in() -> Response:
    """The form, or straight on for who is signed in."""
    if current_actor().signed_in:
        return redirect_to(safe_next())
    return await _show("sign_in.html", Form[Any](values={}), safe_next())


@blueprint.post("/sign-in")
@allow(Access.PUBLIC)
async def sign_in_posted() -> Response:
    """Open a session for a name and password that are right."""
    form = await read_form(SignIn)
    if form.data is not None:
        try:
            await limit("sign-in", 30, WINDOW, about=client_address())
            await limit("sign-in-name", 10, WINDOW, about=form.data.username.lower())
            user, provider = await platform().domain.accounts.check_password(form.data.username, form.data.password)
            return await signed_in(user, provider, form.data.next)
        except Refusal as refusal:
            form.refuse(refusal)
            return await _show("sign_in.html", form, form.data.next, refusal.status)
    return await _show("sign_in.html", form, "/", 422)


@blueprint.get("/sign-up")
@allow(Access.PUBLIC)
async def sign_up() -> Response:
    """The form, or straight on for who is signed in."""
    if current_actor().signed_in:
        return redirect_to(safe_next())
    return await _show("sign_up.html", Form[Any](values={}), safe_next())


@blueprint.post("/sign-up")
@allow(Access.PUBLIC)
async def sign_up_posted() -> Response:
    """Make an account and sign it in."""
    form = await read_form(SignUp)
    if form.data is None:
        return await _show("sign_up.html", form, "/", 422)
    accounts = platform().domain.accounts
    try:
        await limit("sign-up", 20, timedelta(hours=1), about=client_address())
        user = await accounts.register(form.data.username, form.data.email, form.data.password)
    except Refusal as refusal:
        form.refuse(refusal)
        return await _show("sign_up.html", form, form.data.next, refusal.status)
    provider = accounts.provider()
    return await signed_in(user, provider.name if provider else "", form.data.next)


@blueprint.post("/sign-out")
@allow(Access.PUBLIC)
async def sign_out() -> Response:
    """End the session of this browser."""
    parts, actor = platform(), current_actor()
    if actor.session_id is not None:
        await parts.domain.sessions.close(actor.session_id)
    response = redirect_to("/")
    clear_session(response, parts.site)
    add_flash(response, parts.secrets, parts.site, "You are signed out.")
    return response


async def signed_in(user: User, provider: str, wanted: str) -> Response:
    """A redirect that carries a fresh session; an old one of this browser ends."""
    parts, actor = platform(), current_actor()
    if actor.session_id is not None:
        await parts.domain.sessions.close(actor.session_id)
    agent = request.headers.get("User-Agent", "")
    token = await parts.domain.sessions.open(user, provider=provider, user_agent=agent, address=client_address())
    response = redirect_to(local_address(wanted) or "/")
    set_session(response, parts.site, token)
    return response


async def _show(template: str, form: Form[Any], wanted: str, status: int = 200) -> Response:
    provider = platform().domain.accounts.provider()
    able = provider.capabilities if provider else frozenset()
    view = SignInView(
        form=form,
        next=local_address(wanted) or "/",
        local=AuthCap.PASSWORD in able,
        registration=AuthCap.REGISTER in able,
    )
    return await page(template, status=status, view=view)
