"""Signing in by a provider's component: its page, and the token that it is handed in with (decision 024)."""

from __future__ import annotations

import logging

from quart import Blueprint, Response, request

from aethex_live._web import elsewhere, embedded
from aethex_live._web.elsewhere import Begun
from aethex_live._web.pages.elsewhere import ARRIVALS, MOST, NOT_BEGUN, USED, WINDOW, failed, refused
from aethex_live.clock import Clock
from aethex_live.domain.linking import Way
from aethex_live.domain.sessions import PROVEN
from aethex_live.errors import Conflict, Refusal
from aethex_live.providers import AccessDenied, NotFound, ProviderError
from aethex_live.providers.auth import Embedding, ProvenIdentity, ProvenSession
from aethex_live.web import Access, allow, client_address, current_actor, limit, platform, redirect_to

blueprint = Blueprint("embedded", __name__)
log = logging.getLogger("aethex.web")
LONGEST_TOKEN = 16 * 1024
NO_TOKEN = "No sign-in was handed in. Begin anew."  # noqa: S105 - a sentence


@blueprint.get("/sign-in/with/<provider>/<issuer>/here")
@allow(Access.PUBLIC)
async def here(provider: str, issuer: str) -> Response:
    """The component, for who has begun; it comes back to this address when it had to leave it."""
    way, by = platform().domain.linking.embedding(provider, issuer)
    found = elsewhere.begun()
    if found is not None and found.act == "sign-in" and current_actor().signed_in:
        return redirect_to(found.next)
    if found is None or (found.provider, found.issuer) != (provider, issuer):
        return await refused(NOT_BEGUN, 400, None)
    return await embedded.show(found, way, by, over="over" in request.args)


@blueprint.post("/sign-in/with/<provider>/<issuer>/return")
@allow(Access.PUBLIC)
async def arrived(provider: str, issuer: str) -> Response:
    """A token is handed in: sign its person in, or say clearly that nothing happened."""
    await limit("sign-in-with-return", 2 * MOST, WINDOW, about=client_address())
    form, found = await request.form, elsewhere.begun()
    if (
        found is None
        or (provider, issuer) != (found.provider, found.issuer)
        or not elsewhere.same_state(found, form.get("state", ""))
    ):
        return await refused(NOT_BEGUN, 400, None)
    try:
        response = await _arrive(found, form.get("token", ""))
    except (Refusal, ProviderError) as error:
        return elsewhere.forget(await failed(error, found))
    return response


async def _arrive(found: Begun, token: str) -> Response:
    way, by = platform().domain.linking.embedding(found.provider, found.issuer)
    if not await elsewhere.take(found):
        raise Conflict(USED)
    headers = {"authorization": f"Bearer {token}"} if 0 < len(token) <= LONGEST_TOKEN else {}
    session = await by.read_token(headers, {})
    if session is None:
        raise AccessDenied(NO_TOKEN, provider=found.provider, operation="read_token", code="no-token")
    if await embedded.is_over(session):
        return _again(found, way)
    proven = session.identity if found.act == "link" else await _introduced(by, session.identity)
    fresh = _is_fresh(session, platform().clock)
    return elsewhere.forget(await ARRIVALS[found.act](found, way, proven, (session.session_id, fresh)))


def _again(found: Begun, way: Way) -> Response:
    """Somebody signed out here, and over there it is not known yet: the page signs out there first."""
    fresh = found.again(embedded.new_state())
    return elsewhere.keep(redirect_to(f"/sign-in/with/{way.path}/here?over=1"), fresh)


async def _introduced(by: Embedding, proven: ProvenIdentity) -> ProvenIdentity:
    """With name and address, where somebody has no account yet; who they are is proved without either."""
    if await platform().domain.linking.account_of(proven) is not None:
        return proven
    try:
        return await by.look_up(proven.subject)
    except NotFound:
        sentence = "This account was deleted meanwhile. Begin anew."
        raise AccessDenied(sentence, provider=proven.provider, operation="look_up", code="deleted") from None
    except ProviderError as error:
        log.warning("nothing is told about somebody new at %s: %s", proven.provider, error.code or error.operation)
        return proven


def _is_fresh(session: ProvenSession, clock: Clock) -> bool:
    """Whether what is sensitive may go without another proof for now."""
    return session.verified_at is None or clock.now() - session.verified_at < PROVEN
