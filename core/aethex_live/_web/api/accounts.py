"""API of accounts: sign up, sign in and out, oneself."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel
from quart import Blueprint, Response, make_response, request
from quart_schema import document_response, tag, validate_request, validate_response

from aethex_live._web.api.models import (
    Credentials,
    Me,
    MeChange,
    PasswordChange,
    Proof,
    Registration,
    SessionOut,
    Typed,
)
from aethex_live._web.cookies import clear_session, set_session
from aethex_live._web.embedded import note_over
from aethex_live._web.pages.confirm import prove_by
from aethex_live._web.pages.settings import prove
from aethex_live._web.second_step import take_code
from aethex_live.actor import Actor
from aethex_live.errors import Invalid, NotFound, Unauthenticated
from aethex_live.models import Session, User
from aethex_live.providers.auth import AuthCap
from aethex_live.web import Access, allow, client_address, current_actor, limit, platform, require_proof
from aethex_live.web.access import CLOSED
from aethex_live.web.api import Done, refuses
from aethex_live.web.devices import device_of

blueprint = Blueprint("api_accounts", __name__, url_prefix="/api/v1")
WINDOW = timedelta(minutes=10)


class Sessions(BaseModel):
    """Where the account is signed in."""

    items: list[SessionOut]


class Leaving(BaseModel):
    """When the account is deleted for good."""

    delete_at: datetime


@blueprint.post("/users")
@tag(["accounts"])
@allow(Access.PUBLIC, scope=CLOSED)
@validate_request(Registration)
@validate_response(Me, 201)
@refuses(403, 409, 422, 429)
async def register(data: Registration) -> tuple[Me, int]:
    """Make an account. Signs nobody in."""
    await limit("sign-up", 20, timedelta(hours=1), about=client_address())
    accounts, site = platform().domain.accounts, platform().site
    if data.accept_terms != site.terms_version:
        sentence = f"Send accept_terms: {site.terms_version} once the person accepted the terms."
        raise Invalid(sentence, field="accept_terms")
    user = await accounts.register(data.username, data.email, data.password, invite=data.invite)
    await accounts.accept_terms(user.id, data.accept_terms)
    return await whole_me(user), 201


@blueprint.post("/session")
@tag(["accounts"])
@allow(Access.PUBLIC, scope=CLOSED)
@validate_request(Credentials)
@refuses(401, 403, 422, 429)
async def sign_in(data: Credentials) -> Response:
    """Sign in: the answer sets the session cookie.

    401 with the type `second-step-needed` asks for the same again with `code`.
    """
    parts = platform()
    await limit("sign-in", 30, WINDOW, about=client_address())
    await limit("sign-in-name", 10, WINDOW, about=data.username.lower())
    user, provider = await parts.domain.accounts.check_password(data.username, data.password)
    if await parts.domain.accounts.needs_second_step(user):
        if not data.code:
            raise Unauthenticated("This account asks for a code too.", field="code", code="second-step-needed")
        await take_code(user.id, data.code)
    agent = request.headers.get("User-Agent", "")
    if user.state == "leaving":
        await parts.domain.leaving.stay(user)
    token = await parts.domain.sessions.open(user, provider=provider, user_agent=agent, address=client_address())
    response: Response = await make_response((await whole_me(user)).model_dump(mode="json"), 201)  # type: ignore[assignment]  # a dict gives Quart's own
    set_session(response, parts.site, token)
    return response


@blueprint.delete("/session")
@tag(["accounts"])
@allow(Access.SIGNED_IN, scope=CLOSED)
@document_response(Done)
@refuses(401)
async def sign_out() -> Response:
    """Sign out: the session ends everywhere."""
    parts, actor = platform(), current_actor()
    if actor.session_id is not None:
        await note_over(actor.session_id)
        await parts.domain.sessions.close(actor.session_id)
    response: Response = await make_response({"ok": True})  # type: ignore[assignment]  # a dict gives Quart's own
    clear_session(response, parts.site)
    return response


@blueprint.get("/me")
@tag(["accounts"])
@allow(Access.SIGNED_IN)
@validate_response(Me)
@refuses(401)
async def me() -> Me:
    """The account that asks."""
    return await whole_me(await User.get(id=user_id(current_actor())))


@blueprint.patch("/me")
@tag(["accounts"])
@allow(Access.SIGNED_IN, scope=CLOSED)
@validate_request(MeChange)
@validate_response(Me)
@refuses(401, 403, 409, 422)
async def change_me(data: MeChange) -> Me:
    """Change the shown name and the e-mail address; an address wants a recent proof (POST /me/proof)."""
    user = await User.get(id=user_id(current_actor()))
    if data.email.strip() != (user.email or ""):
        await require_proof()
    await platform().domain.accounts.change(user.id, data.display_name, data.email)
    return await whole_me(await User.get(id=user.id))


@blueprint.post("/me/password")
@tag(["accounts"])
@allow(Access.SIGNED_IN, scope=CLOSED)
@validate_request(PasswordChange)
@validate_response(Done)
@refuses(401, 409, 422, 429)
async def password(data: PasswordChange) -> Done:
    """Change the password; all other sessions end."""
    parts, actor = platform(), current_actor()
    await limit("password", 10, WINDOW)
    await prove(actor, data.current_password)
    await parts.domain.accounts.set_password(user_id(actor), data.new_password)
    await parts.domain.sessions.close_others(user_id(actor), actor.session_id)
    return Done()


@blueprint.post("/me/proof")
@tag(["accounts"])
@allow(Access.SIGNED_IN, scope=CLOSED)
@validate_request(Proof)
@validate_response(Done)
@refuses(401, 422, 429)
async def proof(data: Proof) -> Done:
    """Prove again who one is, by password or code; what is sensitive is open for 15 minutes then."""
    if not data.password and not data.code:
        raise Invalid("Give the password or a code.", field="password")
    await prove_by(data.password, data.code)
    return Done()


@blueprint.get("/me/sessions")
@tag(["accounts"])
@allow(Access.SIGNED_IN, scope=CLOSED)
@validate_response(Sessions)
@refuses(401)
async def sessions() -> Sessions:
    """Where the account is signed in, newest use first."""
    actor = current_actor()
    rows = await Session.filter(user_id=user_id(actor)).order_by("-seen_at").limit(100)
    items = [
        SessionOut(
            id=row.id,
            device=device_of(row.user_agent),
            address=row.address,
            created_at=row.created_at,
            seen_at=row.seen_at,
            current=row.id == actor.session_id,
        )
        for row in rows
    ]
    return Sessions(items=items)


@blueprint.delete("/me/sessions")
@tag(["accounts"])
@allow(Access.SIGNED_IN, scope=CLOSED)
@validate_response(Done)
@refuses(401)
async def end_others() -> Done:
    """Sign all other browsers out."""
    actor = current_actor()
    await platform().domain.sessions.close_others(user_id(actor), actor.session_id)
    return Done()


@blueprint.delete("/me")
@tag(["accounts"])
@allow(Access.SIGNED_IN, scope=CLOSED)
@validate_request(Typed)
@validate_response(Leaving)
@refuses(401, 403, 409, 422)
async def leave(data: Typed) -> Leaving:
    """Close the account now; it is deleted for good some days later. `typed` is the user name; needs a recent proof."""
    await require_proof()
    actor = current_actor()
    return Leaving(delete_at=await platform().domain.leaving.request(user_id(actor), actor, data.typed))


@blueprint.delete("/users/<username>")
@tag(["operator"])
@allow(Access.OPERATOR, scope=CLOSED)
@validate_request(Typed)
@validate_response(Leaving)
@refuses(401, 403, 404, 409, 422)
async def delete_user(username: str, data: Typed) -> Leaving:
    """Close somebody's account and have it deleted; only an operator can call that off."""
    await require_proof()
    user = await platform().domain.accounts.get(username)
    return Leaving(delete_at=await platform().domain.leaving.request(user.id, current_actor(), data.typed))


@blueprint.post("/users/<username>/stay")
@tag(["operator"])
@allow(Access.OPERATOR, scope=CLOSED)
@validate_response(Done)
@refuses(401, 403, 404, 409)
async def stay(username: str) -> Done:
    """Call the deletion of an account off, whoever asked for it. Needs a recent proof."""
    await require_proof()
    await platform().domain.leaving.stay(await platform().domain.accounts.get(username), current_actor())
    return Done()


@blueprint.delete("/me/sessions/<uuid:session_id>")
@tag(["accounts"])
@allow(Access.SIGNED_IN, scope=CLOSED)
@validate_response(Done)
@refuses(401, 404)
async def end_session(session_id: UUID) -> Done:
    """Sign another browser out."""
    if not await Session.filter(id=session_id, user_id=user_id(current_actor())).exists():
        raise NotFound("This session is over already.")
    await platform().domain.sessions.close(session_id)
    return Done()


def user_id(actor: Actor) -> UUID:
    """The account's id, behind a guard that lets signed-in people through only."""
    assert actor.user_id is not None, "the guard lets signed-in people through only"
    return actor.user_id


async def whole_me(user: User) -> Me:
    """An account as it sees itself, with the address that waits."""
    accounts = platform().domain.accounts
    provider = accounts.provider() if accounts.can(AuthCap.ADDRESSES) else None
    return me_of(user, await provider.pending_address(user.id) if provider else None)


def me_of(user: User, pending: str | None = None) -> Me:
    """An account as it sees itself; `pending` is an address that waits for its confirmation."""
    return Me(
        id=user.id,
        username=user.username,
        display_name=user.display_name,
        email=user.email,
        email_verified=user.email_verified_at is not None,
        email_pending=pending,
        state=user.state,
        role="operator" if user.role == "operator" else "member",
        created_at=user.created_at,
        bot=user.bot_of_id is not None,
    )
