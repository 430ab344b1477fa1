"""API of accounts: sign up, sign in and out, oneself."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from pydantic import BaseModel
from quart import Blueprint, Response, make_response, request
from quart_schema import tag, validate_request, validate_response

from aethex_live._web.api.models import Credentials, Me, MeChange, PasswordChange, Registration, SessionOut
from aethex_live._web.cookies import clear_session, set_session
from aethex_live._web.pages.settings import prove
from aethex_live._web.words import device_of
from aethex_live.actor import Actor
from aethex_live.errors import NotFound
from aethex_live.models import Session, User
from aethex_live.web import Access, allow, client_address, current_actor, limit, platform
from aethex_live.web.api import Done, refuses

blueprint = Blueprint("api_accounts", __name__, url_prefix="/api/v1")
WINDOW = timedelta(minutes=10)


class Sessions(BaseModel):
    """Where the account is signed in."""

    items: list[SessionOut]


@blueprint.post("/users")
@tag(["accounts"])
@allow(Access.PUBLIC)
@validate_request(Registration)
@validate_response(Me, 201)
@refuses(409, 422, 429)
async def register(data: Registration) -> tuple[Me, int]:
    """Make an account. Signs nobody in."""
    await limit("sign-up", 20, timedelta(hours=1), about=client_address())
    user = await platform().domain.accounts.register(data.username, data.email, data.password)
    return me_of(user), 201


@blueprint.post("/session")
@tag(["accounts"])
@allow(Access.PUBLIC)
@validate_request(Credentials)
@refuses(401, 403, 422, 429)
async def sign_in(data: Credentials) -> Response:
    """Sign in: the answer sets the session cookie."""
    parts = platform()
    await limit("sign-in", 30, WINDOW, about=client_address())
    await limit("sign-in-name", 10, WINDOW, about=data.username.lower())
    user, provider = await parts.domain.accounts.check_password(data.username, data.password)
    agent = request.headers.get("User-Agent", "")
    token = await parts.domain.sessions.open(user, provider=provider, user_agent=agent, address=client_address())
    response: Response = await make_response(me_of(user).model_dump(mode="json"), 201)  # type: ignore[assignment]  # a dict gives Quart's own
    set_session(response, parts.site, token)
    return response


@blueprint.delete("/session")
@tag(["accounts"])
@allow(Access.SIGNED_IN)
@refuses(401)
async def sign_out() -> Response:
    """Sign out: the session ends everywhere."""
    parts, actor = platform(), current_actor()
    if actor.session_id is not None:
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
    return me_of(await User.get(id=user_id(current_actor())))


@blueprint.patch("/me")
@tag(["accounts"])
@allow(Access.SIGNED_IN)
@validate_request(MeChange)
@validate_response(Me)
@refuses(401, 409, 422)
async def change_me(data: MeChange) -> Me:
    """Change the shown name and the e-mail address."""
    who = user_id(current_actor())
    await platform().domain.accounts.change(who, data.display_name, data.email)
    return me_of(await User.get(id=who))


@blueprint.post("/me/password")
@tag(["accounts"])
@allow(Access.SIGNED_IN)
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


@blueprint.get("/me/sessions")
@tag(["accounts"])
@allow(Access.SIGNED_IN)
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


@blueprint.delete("/me/sessions/<uuid:session_id>")
@tag(["accounts"])
@allow(Access.SIGNED_IN)
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


def me_of(user: User) -> Me:
    """An account as it sees itself."""
    return Me(
        id=user.id,
        username=user.username,
        display_name=user.display_name,
        email=user.email,
        role="operator" if user.role == "operator" else "member",
        created_at=user.created_at,
    )
