"""Sign in, sign up, sign out: the forms are the core's, the proof is the auth provider's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import BaseModel, Field
from quart import Blueprint, Response, request

from aethex_live._web import embedded, second_step
from aethex_live._web.cookies import add_flash, clear_session
from aethex_live._web.views import SecondStepView, SignInView
from aethex_live._web.way_buttons import way_buttons
from aethex_live.domain.accounts import check_open
from aethex_live.domain.login_links import PROVIDER
from aethex_live.errors import NotFound, Refusal
from aethex_live.models import User
from aethex_live.providers.auth import AuthCap
from aethex_live.web import (
    Access,
    Form,
    allow,
    client_address,
    current_actor,
    limit,
    open_session,
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
    invite: str = Field(default="", max_length=100)
    accept: bool = False
    next: str = ""


class Code(BaseModel):
    """The form of the second step."""

    code: str = Field(min_length=1, max_length=40)


class LinkForm(BaseModel):
    """The form behind a link that signs in."""

    t: str = Field(default="", max_length=200)


@blueprint.get("/sign-in")
@allow(Access.PUBLIC)
async def sign_in() -> Response:
    """The form, or straight on for who is signed in."""
    if current_actor().signed_in:
        return redirect_to(safe_next())
    if (way := embedded.only_way()) is not None:
        return await embedded.begin(*way, wanted=safe_next())
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
            accounts = platform().domain.accounts
            user, provider = await accounts.check_password(form.data.username, form.data.password)
            if await accounts.needs_second_step(user):
                return await second_step.begin(redirect_to("/sign-in/code"), user, provider, form.data.next)
            return await signed_in(user, provider, form.data.next)
        except Refusal as refusal:
            form.refuse(refusal)
            return await _show("sign_in.html", form, form.data.next, refusal.status)
    return await _show("sign_in.html", form, "/", 422)


@blueprint.get("/sign-in/code")
@allow(Access.PUBLIC)
async def code() -> Response:
    """The second step of a sign-in that this browser has begun."""
    if await second_step.pending() is None:
        raise NotFound(second_step.GONE)
    return await _show_code(Form[Any](values={}))


@blueprint.post("/sign-in/code")
@allow(Access.PUBLIC)
async def code_posted() -> Response:
    """Open the session when the code is right."""
    form = await read_form(Code)
    if form.data is None:
        return await _show_code(form, 422)
    try:
        user, begun = await second_step.finish(form.data.code)
        check_open(user)
    except NotFound as gone:
        return add_flash(redirect_to("/sign-in"), platform().secrets, platform().site, str(gone), "warn")
    except Refusal as refusal:
        form.refuse(refusal)
        return await _show_code(form, refusal.status)
    response = await signed_in(user, begun.provider, begun.next, provider_session=begun.provider_session)
    return second_step.forget(response)


@blueprint.get("/sign-in/link")
@allow(Access.PUBLIC)
async def link() -> Response:
    """Behind a link of `aethex user login-link`: a button, because programs open links too."""
    token = request.args.get("t", "")
    await platform().domain.login_links.check(token)
    return await page("sign_in_link.html", token=token)


@blueprint.post("/sign-in/link")
@allow(Access.PUBLIC)
async def link_posted() -> Response:
    """Sign in by the link, which is used up then."""
    await limit("sign-in-link", 30, WINDOW, about=client_address())
    form = await read_form(LinkForm)
    user = await platform().domain.login_links.take(form.data.t if form.data else "")
    return await signed_in(user, PROVIDER, "/settings")


@blueprint.get("/sign-up")
@allow(Access.PUBLIC)
async def sign_up() -> Response:
    """The form, or straight on for who is signed in."""
    if current_actor().signed_in:
        return redirect_to(safe_next())
    invite = request.args.get("invite", "")[:100]
    return await _show("sign_up.html", Form[Any](values={"invite": invite} if invite else {}), safe_next())


@blueprint.post("/sign-up")
@allow(Access.PUBLIC)
async def sign_up_posted() -> Response:
    """Make an account and sign it in."""
    form = await read_form(SignUp)
    if form.data is None:
        return await _show("sign_up.html", form, "/", 422)
    accounts = platform().domain.accounts
    version = platform().site.terms_version
    if version and not form.data.accept:
        form.errors["accept"] = "Tick the box to accept the terms."
        return await _show("sign_up.html", form, form.data.next, 422)
    try:
        await limit("sign-up", 20, timedelta(hours=1), about=client_address())
        typed = form.data
        user = await accounts.register(typed.username, typed.email, typed.password, invite=typed.invite)
        await accounts.accept_terms(user.id, version)
    except Refusal as refusal:
        form.refuse(refusal)
        return await _show("sign_up.html", form, form.data.next, refusal.status)
    if user.state != "active":
        return await _show("sign_up.html", Form[Any](values={}), form.data.next, waiting=True)
    provider = accounts.provider()
    return await signed_in(user, provider.name if provider else "", form.data.next)


@blueprint.post("/sign-out")
@allow(Access.PUBLIC)
async def sign_out() -> Response:
    """End the session of this browser."""
    parts, actor = platform(), current_actor()
    if actor.session_id is not None:
        await embedded.note_over(actor.session_id)
        await parts.domain.sessions.close(actor.session_id)
    response = redirect_to("/")
    clear_session(response, parts.site)
    add_flash(response, parts.secrets, parts.site, "You are signed out.")
    return response


async def signed_in(
    user: User, provider: str, wanted: str, *, provider_session: str | None = None, proven: bool = True
) -> Response:
    """A redirect that carries a fresh session; an old one of this browser ends. As `open_session`."""
    response = redirect_to(local_address(wanted) or "/")
    return await open_session(response, user, provider, provider_session=provider_session, proven=proven)


async def _show(template: str, form: Form[Any], wanted: str, status: int = 200, *, waiting: bool = False) -> Response:
    accounts = platform().domain.accounts
    policy = accounts.policy()
    able = accounts.takes_accounts()
    # a form for passwords: to sign in all who have one, to sign up where one can be made
    local = accounts.takes_passwords() if template == "sign_in.html" else accounts.can(AuthCap.REGISTER)
    view = SignInView(
        form=form,
        next=local_address(wanted) or "/",
        local=local,
        registration=able and policy.registration in {"open", "approval"},
        mode=policy.registration if able else "closed",
        email_needed=policy.verify_email == "required",
        forgot=policy.forgot_href,
        waiting=waiting,
        terms=platform().site.terms_version > 0,
        ways=way_buttons(platform()),
    )
    return await page(template, status=status, view=view)


async def _show_code(form: Form[Any], status: int = 200) -> Response:
    begun = await second_step.pending()
    view = SecondStepView(form=form, next=local_address(begun.next if begun else "") or "/")
    return await page("sign_in_code.html", status=status, view=view)
