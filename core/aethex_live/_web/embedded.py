"""Signing in by a provider's component in a page of ours: the page, and sessions over there that were ended here.

It begins as a sign-in elsewhere does (`_web.elsewhere`): a start belongs to one browser and is taken once.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from uuid import UUID

from quart import Response

from aethex_live._web import elsewhere
from aethex_live._web.elsewhere import Begun
from aethex_live._web.views import EmbeddedView
from aethex_live.domain.linking import Way
from aethex_live.models import Session
from aethex_live.providers.auth import Embedding, ProvenSession
from aethex_live.web import page, platform

OVER_S = 24 * 3600  # longer than any token lives, and than an outage that keeps a session over there alive
_TITLES: Mapping[str, str] = {"sign-in": "Welcome back", "link": "Link {label}", "setup": "Who runs this site?"}
_BACK: Mapping[str, str] = {"link": "/settings#ways"}
_BACK_LABELS: Mapping[str, str] = {"sign-in": "Other ways to sign in", "link": "To the settings", "setup": "Back"}


def only_way() -> tuple[Way, Embedding] | None:
    """The one way into this site, if it is an embedded one: then the sign-in page is its page."""
    domain = platform().domain
    ways = domain.linking.ways()
    if len(ways) != 1 or not ways[0].embedded or domain.accounts.takes_passwords():
        return None
    return domain.linking.embedding(ways[0].provider, ways[0].issuer)


def new_state() -> str:
    """What a token is handed in with."""
    return secrets.token_urlsafe(32)


async def begin(way: Way, by: Embedding, *, wanted: str) -> Response:
    """The page of signing in, with a start of its own."""
    found = Begun(
        act="sign-in",
        provider=way.provider,
        issuer=way.issuer,
        state=new_state(),
        next=elsewhere.local_or(wanted, "/"),
    )
    return elsewhere.keep(await show(found, way, by), found)


async def show(found: Begun, way: Way, by: Embedding, *, over: bool = False) -> Response:
    """The component of a start; no network: the browser fetches it."""
    front = by.frontend()
    view = EmbeddedView(
        label=way.label,
        title=_TITLES[found.act].format(label=way.label),
        action=f"/sign-in/with/{way.path}/return",
        state=found.state,
        module=front.module,
        scripts=[_script(attributes) for attributes in front.scripts],
        back=f"/setup/{found.ticket}" if found.act == "setup" else _BACK.get(found.act, "/sign-in"),
        back_label=_BACK_LABELS[found.act],
        over=over,
        alone=found.act == "sign-in" and only_way() is not None,
    )
    response = await page("sign_in_embedded.html", view=view, csp=front.csp)
    response.headers["Cache-Control"] = "no-store"
    return response


async def note_over(session_id: UUID) -> None:
    """Remember, before a session is closed, that its like over there opens nothing here any more.

    It is ended there too (`domain.provider_sessions`), but that takes a moment, or an outage of the provider.
    """
    row = await Session.get_or_none(id=session_id)
    if row is not None and row.provider_session:
        await platform().cache.set(_key(row.provider, row.provider_session), "1", ex=OVER_S)


async def is_over(session: ProvenSession) -> bool:
    """Whether somebody signed out of this session here."""
    return bool(await platform().cache.exists(_key(session.identity.provider, session.session_id)))


def _script(attributes: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
    return attributes["src"], {name: value for name, value in attributes.items() if name != "src"}


def _key(provider: str, session: str) -> str:
    return f"session-over:{provider}:{session}"
