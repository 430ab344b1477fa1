"""Signing a browser in, once somebody has proved who they are: for the core's forms and for auth plugins alike."""

from __future__ import annotations

from quart import Response, request

from aethex_live._web.cookies import add_flash, set_session
from aethex_live.models import User
from aethex_live.providers.auth import ProvenIdentity
from aethex_live.web.request import client_address, current_actor, platform


async def sign_in(response: Response, proven: ProvenIdentity) -> Response:
    """Let the answer sign the browser in as the account of a proven identity.

    Raises Unauthenticated when no account has this identity, Forbidden when the account is closed or waits.
    """
    user = await platform().domain.accounts.proven(proven.provider, proven.subject)
    return await open_session(response, user, proven.provider)


async def open_session(
    response: Response, user: User, provider: str, *, provider_session: str | None = None, proven: bool = True
) -> Response:
    """Let the answer carry a fresh session of the account; an old one of this browser ends.

    `provider_session` is the provider's own id of the session, where it may end it and tell (`session.revoked`).
    `proven`: the person proved just now who they are, so that what is sensitive does not ask again.
    """
    parts, actor = platform(), current_actor()
    if actor.session_id is not None:
        await parts.domain.sessions.close(actor.session_id)
    agent = request.headers.get("User-Agent", "")
    if user.state == "leaving":
        await parts.domain.leaving.stay(user)
        say(response, "Welcome back: your account stays, nothing is deleted.")
    token = await parts.domain.sessions.open(
        user,
        provider=provider,
        user_agent=agent,
        address=client_address(),
        provider_session=provider_session,
        proven=proven,
    )
    set_session(response, parts.site, token)
    return response


def say(response: Response, text: str, tone: str = "ok") -> Response:
    """Let the next page show a sentence once; `tone` is ok, warn, danger, accent or neutral. Returns the response."""
    parts = platform()
    return add_flash(response, parts.secrets, parts.site, text, tone)
