"""The name of a new account, for somebody whom another site has proved."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import BaseModel, Field
from quart import Blueprint, Response

from aethex_live._web import elsewhere
from aethex_live._web.elsewhere import Newcomer
from aethex_live._web.pages.accounts import signed_in
from aethex_live._web.views import NameView, ReturnView
from aethex_live.errors import NotFound, Refusal
from aethex_live.models import User
from aethex_live.web import Access, Form, allow, client_address, limit, page, platform, read_form, say

blueprint = Blueprint("sign_up_with", __name__)
GONE = "That took too long, or the account is made already. Nothing was changed; sign in again."


class NameForm(BaseModel):
    """The form of the name."""

    username: str = Field(min_length=1, max_length=64)
    email: str = Field(default="", max_length=254)
    accept: bool = False


@blueprint.get("/sign-up/with")
@allow(Access.PUBLIC)
async def choose() -> Response:
    """The form, filled in with a name that would do."""
    who = await elsewhere.newcomer()
    if who is None:
        return await _gone()
    typed = {"username": await platform().domain.joining.suggest(who.proven), "email": who.proven.email or ""}
    return await _show(who, Form[Any](values=typed))


@blueprint.post("/sign-up/with")
@allow(Access.PUBLIC)
async def chosen() -> Response:
    """Make the account and sign it in."""
    who, form = await elsewhere.newcomer(), await read_form(NameForm)
    if who is None:
        return await _gone()
    version = 0 if who.setup else platform().site.terms_version
    if form.data is None or (version and not form.data.accept):
        if form.data is not None:
            form.errors["accept"] = "Tick the box to accept the terms."
        return await _show(who, form, 422)
    try:
        await limit("sign-up", 20, timedelta(hours=1), about=client_address())
        user = await _made(who, form.data)
        await platform().domain.accounts.accept_terms(user.id, version)
    except NotFound:
        raise
    except Refusal as refusal:
        form.refuse(refusal)
        return await _show(who, form, refusal.status)
    if user.state != "active":
        return await elsewhere.forget_newcomer(await _show(who, Form[Any](values={}), waiting=True))
    response = await signed_in(user, who.proven.provider, who.next, provider_session=who.session)
    if who.setup:
        say(response, f"Welcome, {user.username}. You run this site now.")
    return await elsewhere.forget_newcomer(response)


async def _made(who: Newcomer, typed: NameForm) -> User:
    domain = platform().domain
    if who.setup:
        return await domain.setup.complete_by(who.ticket, who.proven, typed.username, typed.email)
    return await domain.joining.register(who.proven, typed.username, typed.email, invite=who.ticket)


async def _gone() -> Response:
    view = ReturnView(title="You are not signed in", text=GONE, again="/sign-in", again_label="To the sign-in page")
    return await page("sign_in_with_refused.html", status=404, view=view)


async def _show(who: Newcomer, form: Form[Any], status: int = 200, *, waiting: bool = False) -> Response:
    policy = platform().domain.accounts.policy()
    view = NameView(
        label=who.label,
        form=form,
        next=who.next,
        address=(who.proven.email or "") if who.proven.email_verified else "",
        email_needed=policy.verify_email == "required" and not who.setup,
        approval=policy.registration == "approval" and not who.setup,
        terms=platform().site.terms_version > 0 and not who.setup,
        setup=who.setup,
        waiting=waiting,
    )
    return await page("sign_up_with.html", status=status, view=view)
