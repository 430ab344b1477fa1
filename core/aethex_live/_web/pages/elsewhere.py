"""Signing in with an account elsewhere: leave for it, come back, and be somebody here (decision 020)."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from quart import Blueprint, Response, request

from aethex_live._web import elsewhere, embedded, second_step
from aethex_live._web.elsewhere import Begun, Newcomer
from aethex_live._web.pages.accounts import signed_in
from aethex_live._web.views import ReturnView, WithView
from aethex_live.domain.linking import Way
from aethex_live.errors import Conflict, Forbidden, Refusal
from aethex_live.models import User
from aethex_live.providers import AccessDenied, NotConfigured, ProviderError
from aethex_live.providers.auth import ProvenIdentity
from aethex_live.web import (
    Access,
    allow,
    client_address,
    current_actor,
    limit,
    note_proof,
    page,
    platform,
    redirect_to,
    require_proof,
    say,
)
from aethex_live.web.pages import safe_next

blueprint = Blueprint("elsewhere", __name__)
log = logging.getLogger("aethex.web")
WINDOW = timedelta(minutes=10)
MOST = 120  # from an address, behind which a whole office may sit
WAYS = "/settings#ways"
LONGEST = 4096  # of what a return carries
# the provider's own session, where it has one, and whether it says that the person proved themselves just now
AtProvider = tuple[str | None, bool]
NO_SESSION: AtProvider = (None, True)

NOT_BEGUN = (
    "This sign-in was not begun in this browser, or more than ten minutes ago, or another one was begun since. "
    "Nothing was changed; begin anew."
)
USED = "This sign-in was used already. Nothing was changed; begin anew if you need to."
CHANGED = "You signed out or in as somebody else meanwhile. Nothing was changed; begin anew."
ANOTHER = "That sign-in is not one of this account: nothing was confirmed."
UNPROVEN = "{label} can't confirm this moment. Sign out and in again: that is a proof too."
MEMBER = "This sign-in is a member's already: sign in with it, and have the operator's command make them an operator."
KNOWN = (
    "An account of this site has the e-mail address that {label} tells of you. If it is yours, sign in as you do "
    "otherwise, then link {label} in your settings: an address alone opens no account."
)
NOBODY = (
    "No account of this site is linked with this sign-in. {why} If you have one, sign in to it and link {label} there."
)


@blueprint.get("/sign-in/with/<provider>/<issuer>")
@allow(Access.PUBLIC)
async def offered(provider: str, issuer: str) -> Response:
    """The button alone, for links from elsewhere: a link begins nothing by itself."""
    if current_actor().signed_in:
        return redirect_to(safe_next())
    way, _ = platform().domain.linking.way(provider, issuer)
    view = WithView(label=way.label, action=f"/sign-in/with/{way.path}", next=safe_next(), healthy=way.healthy)
    return await page("sign_in_with.html", view=view)


@blueprint.post("/sign-in/with/<provider>/<issuer>")
@allow(Access.PUBLIC)
async def begin(provider: str, issuer: str) -> Response:
    """Leave to sign in, or to make an account."""
    form = await request.form
    wanted = elsewhere.local_or(form.get("next", ""), "/")
    if current_actor().signed_in:
        return redirect_to(wanted)
    invite = form.get("invite", "")[:100]
    return await _leave(Begun(act="sign-in", provider=provider, issuer=issuer, next=wanted, ticket=invite), "/sign-in")


@blueprint.post("/confirm/with/<provider>/<issuer>")
@allow(Access.SIGNED_IN)
async def prove(provider: str, issuer: str) -> Response:
    """Leave to prove again who one is."""
    wanted = elsewhere.local_or((await request.form).get("next", ""), "/settings")
    return await _leave(Begun(act="prove", provider=provider, issuer=issuer, next=wanted), "/confirm", fresh=True)


@blueprint.post("/settings/ways/<provider>/<issuer>")
@allow(Access.SIGNED_IN)
async def link(provider: str, issuer: str) -> Response:
    """Leave to link one more way into one's account."""
    await require_proof("/settings")
    return await _leave(Begun(act="link", provider=provider, issuer=issuer, next=WAYS), WAYS)


@blueprint.post("/settings/identities/<uuid:identity_id>/remove")
@allow(Access.SIGNED_IN)
async def unlink(identity_id: UUID) -> Response:
    """Take a way off one's account."""
    await require_proof("/settings")
    actor = current_actor()
    assert actor.user_id is not None, "the guard lets signed-in people through only"
    try:
        label = await platform().domain.linking.unlink(actor.user_id, identity_id, actor)
    except Refusal as refusal:
        return say(redirect_to(WAYS), str(refusal), "danger")
    return say(redirect_to(WAYS), f"{label} opens your account no more.")


@blueprint.post("/setup/<token>/with/<provider>/<issuer>")
@allow(Access.PUBLIC)
async def set_up(token: str, provider: str, issuer: str) -> Response:
    """Leave to be this site's first operator."""
    await platform().domain.setup.check(token)
    start = Begun(act="setup", provider=provider, issuer=issuer, next="/setup", ticket=token)
    return await _leave(start, f"/setup/{token}")


@blueprint.get("/sign-in/with/<provider>/<issuer>/return")
@allow(Access.PUBLIC)
async def returned(provider: str, issuer: str) -> Response:
    """Somebody comes back: sign them in, or say clearly that nothing happened."""
    await limit("sign-in-with-return", 2 * MOST, WINDOW, about=client_address())
    found = elsewhere.begun()
    asked = (provider, issuer, request.args.get("state", ""))
    if found is None or asked[:2] != (found.provider, found.issuer) or not elsewhere.same_state(found, asked[2]):
        return await refused(NOT_BEGUN, 400, None)
    try:
        response = await _arrive(found)
    except (Refusal, ProviderError) as error:
        response = await failed(error, found)
    return elsewhere.forget(response)


async def _leave(start: Begun, back: str, *, fresh: bool = False) -> Response:
    """Send the browser to the issuer.

    By a page that goes on by itself: `form-action` of our policy holds for redirects after a form too, and an issuer
    may redirect to hosts that nobody here knows of.
    """
    await limit("sign-in-with", MOST, WINDOW, about=client_address())
    linking = platform().domain.linking
    way, _ = linking.way(start.provider, start.issuer)
    if way.embedded:
        return _stay(start, way)
    way, by = linking.redirecting(start.provider, start.issuer)
    try:
        begun = await by.begin_sign_in(start.issuer, return_url=start.return_url, fresh=fresh)
    except NotConfigured:
        raise
    except ProviderError as error:
        log.warning("no sign-in with %s/%s: %s", start.provider, start.issuer, error.code or error.operation)
        return say(redirect_to(back), str(error), "danger")
    response = await page("sign_in_with.html", view=WithView(label=way.label, url=begun.url))
    response.headers["Refresh"] = f"0;url={begun.url}"
    response.headers["Cache-Control"] = "no-store"
    kept = replace(start, state=begun.state, kept=begun.kept, session=_session())
    return elsewhere.keep(response, kept)


def _stay(start: Begun, way: Way) -> Response:
    """To the page of ours with the provider's component."""
    if start.act == "prove":
        raise Conflict(UNPROVEN.format(label=way.label))
    kept = replace(start, state=embedded.new_state(), session=_session())
    return elsewhere.keep(redirect_to(f"/sign-in/with/{way.path}/here"), kept)


def _session() -> str:
    return str(current_actor().session_id or "")


async def _arrive(found: Begun) -> Response:
    way, by = platform().domain.linking.redirecting(found.provider, found.issuer)
    if not await elsewhere.take(found):
        raise Conflict(USED)
    query: Mapping[str, str] = {name: value[:LONGEST] for name, value in request.args.items()}
    proven = await by.finish_sign_in(found.issuer, return_url=found.return_url, query=query, kept=found.kept)
    return await ARRIVALS[found.act](found, way, proven, NO_SESSION)


async def _sign_in(found: Begun, way: Way, proven: ProvenIdentity, session: AtProvider) -> Response:
    domain = platform().domain
    user = await domain.linking.account_of(proven)
    if user is None:
        return await _newcomer(found, way, proven, session)
    session_id, fresh = session
    if await domain.accounts.needs_second_step(user):
        response = redirect_to("/sign-in/code")
        return await second_step.begin(response, user, proven.provider, found.next, provider_session=session_id)
    return await signed_in(user, proven.provider, found.next, provider_session=session_id, proven=fresh)


async def _newcomer(found: Begun, way: Way, proven: ProvenIdentity, session: AtProvider) -> Response:
    domain = platform().domain
    if await domain.linking.known_address(proven):
        raise Conflict(KNOWN.format(label=way.label))
    try:
        domain.joining.check_open(found.ticket)
    except Forbidden as closed:
        raise Forbidden(NOBODY.format(why=closed, label=way.label), code=closed.code) from None
    return await _to_name(found, way, proven, session)


async def _to_name(found: Begun, way: Way, proven: ProvenIdentity, session: AtProvider) -> Response:
    setup = found.act == "setup"
    who = Newcomer(
        proven=proven, label=way.label, next=found.next, ticket=found.ticket, setup=setup, session=session[0]
    )
    return await elsewhere.keep_newcomer(redirect_to("/sign-up/with"), who)


async def _set_up(found: Begun, way: Way, proven: ProvenIdentity, session: AtProvider) -> Response:
    await platform().domain.setup.check(found.ticket)
    if await platform().domain.linking.account_of(proven) is not None:
        raise Conflict(MEMBER)
    return await _to_name(found, way, proven, session)


async def _link(found: Begun, way: Way, proven: ProvenIdentity, session: AtProvider) -> Response:
    user = await _same_person(found)
    await platform().domain.linking.link(user.id, proven, current_actor())
    return say(redirect_to(WAYS), f"You can sign in with {way.label} from now on.")


async def _prove(found: Begun, way: Way, proven: ProvenIdentity, session: AtProvider) -> Response:
    user = await _same_person(found)
    if not await platform().domain.linking.is_of(user.id, proven):
        raise Forbidden(ANOTHER)
    await note_proof()
    return redirect_to(found.next)


async def _same_person(found: Begun) -> User:
    """Who began it, in the very session. Raises Conflict."""
    actor = current_actor()
    if actor.user_id is None or not found.session or str(actor.session_id) != found.session:
        raise Conflict(CHANGED)
    return await User.get(id=actor.user_id)


async def failed(error: Refusal | ProviderError, found: Begun) -> Response:
    """The page about a sign-in that came to nothing."""
    if isinstance(error, Refusal):
        return await refused(str(error), error.status, found)
    word = error.code or error.operation
    log.warning("a sign-in with %s/%s came to nothing: %s", found.provider, found.issuer, word)
    return await refused(str(error), 400 if isinstance(error, AccessDenied) else 503, found)


async def refused(text: str, status: int, found: Begun | None) -> Response:
    """Why nothing happened, and where to begin anew."""
    act = found.act if found else "sign-in"
    view = ReturnView(title=TITLES[act], text=text, again=_again(found), again_label=AGAIN[act])
    return await page("sign_in_with_refused.html", status=status, view=view)


def _again(found: Begun | None) -> str:
    if found is None or found.act == "sign-in":
        return "/sign-in"
    if found.act == "setup":
        return f"/setup/{found.ticket}"
    return found.next


TITLES: Mapping[str, str] = {
    "sign-in": "You are not signed in",
    "link": "Nothing was linked",
    "prove": "Nothing was confirmed",
    "setup": "This site has no operator yet",
}
AGAIN: Mapping[str, str] = {
    "sign-in": "To the sign-in page",
    "link": "To the settings",
    "prove": "Back",
    "setup": "To the set-up",
}
ARRIVALS: Mapping[str, Callable[[Begun, Way, ProvenIdentity, AtProvider], Awaitable[Response]]] = {
    "sign-in": _sign_in,
    "link": _link,
    "prove": _prove,
    "setup": _set_up,
}
