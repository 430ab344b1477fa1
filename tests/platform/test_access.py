"""Every route × every role, enumerated from the app: who is let in is what the view's mark says, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from uuid import uuid4

import pytest
from quart import Quart

from aethex_live._web.guard import check_marks
from aethex_live.domain.rights import Right
from aethex_live.errors import StartError
from aethex_live.web import Access
from aethex_live.web.access import access_of
from sites import PASSWORD, Browser, LiveSite, OpenSite

ROLES = ("guest", "member", "moderator", "owner", "operator")
ALLOWED: Mapping[Access, frozenset[str]] = {
    Access.PUBLIC: frozenset(ROLES),
    Access.VENDOR: frozenset(ROLES),  # a signature lets in, and no role; without one it is 404 or 401 for everybody
    Access.CHANNEL: frozenset(ROLES),
    Access.SIGNED_IN: frozenset({"member", "moderator", "owner", "operator"}),
    Access.CHANNEL_MEMBER: frozenset({"member", "moderator", "owner", "operator"}),
    Access.OPERATOR: frozenset({"operator"}),
    Access.CHANNEL_OWNER: frozenset({"owner", "operator"}),
    Access.CHANNEL_MODERATOR: frozenset({"moderator", "owner", "operator"}),
}
# these end the caller's own session, so each call gets a session of its own
ENDING = {"accounts.sign_out", "api_accounts.sign_out"}
# these answer 401 or 403 by themselves, for reasons that have nothing to do with the role
OWN_REFUSALS = {"api_accounts.sign_in", "health.metrics"}


class Route(NamedTuple):
    """A route as it is called: method, address with example values, endpoint, mark."""

    method: str
    path: str
    endpoint: str
    access: Access


def routes(app: Quart) -> list[Route]:
    """All routes, with an existing channel and ids that lead to nothing."""
    found = []
    for rule in app.url_map.iter_rules():
        access = access_of(app.view_functions[rule.endpoint])
        assert access is not None, f"{rule.endpoint} says nothing about who may call it"
        path = re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda match: example(match.group(1)), rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            found.append(Route(method, path, rule.endpoint, access))
    return found


def example(name: str) -> str:
    """A value for a variable of an address."""
    return {"slug": "nova", "name": "chat", "username": "owner_one", "token": "nothing"}.get(name, str(uuid4()))


@pytest.fixture(scope="module")
def visitors() -> dict[str, Browser]:
    return {}


async def visitors_of(site: LiveSite, visitors: dict[str, Browser]) -> dict[str, Browser]:
    """One browser a role, made once."""
    if visitors:
        return visitors
    owner = await site.creator("owner_one", "nova")
    moderator = await site.member("mod_one")
    every = {"username": "mod_one", "rights": [right.value for right in Right]}
    assert (await owner.api("POST", "/channels/nova/moderators", every)).status == 201
    visitors |= {
        "guest": await site.browser(),
        "member": await site.member("member_one"),
        "moderator": moderator,
        "owner": owner,
        "operator": await site.operator(),
    }
    return visitors


async def call(browser: Browser, route: Route) -> int:
    """The status of a call that comes from our own pages and carries nothing."""
    body = {"json": {}} if route.path.startswith("/api/") and route.method != "GET" else {}
    answer = await browser.ask(
        route.method, route.path, allow_redirects=False, headers={"Origin": browser.base.rstrip("/")}, **body
    )
    if answer.status == 303 and answer.headers["Location"].startswith("/sign-in"):
        return 401
    return answer.status


@pytest.mark.parametrize("role", ROLES)
async def test_every_route_lets_in_exactly_whom_its_mark_names(
    site: LiveSite, visitors: dict[str, Browser], role: str
) -> None:
    browsers = await visitors_of(site, visitors)
    wrong = []
    for route in routes(site.app.quart):
        browser = browsers[role]
        if route.endpoint in ENDING and role != "guest":
            browser = await site.browser()
            name = {"owner": "owner_one", "moderator": "mod_one", "member": "member_one", "operator": "boss"}[role]
            await browser.submit("/sign-in", username=name, password=PASSWORD)
        status = await call(browser, route)
        let_in = status not in {401, 403}
        expected = role in ALLOWED[route.access]
        if let_in != expected and route.endpoint not in OWN_REFUSALS:
            wrong.append(f"{route.method} {route.path} ({route.access}) answered {role} with {status}")
        if status >= 500 and status != 503:
            wrong.append(f"{route.method} {route.path} failed with {status} for {role}")
    assert wrong == []


async def test_the_payment_sandbox_lets_in_exactly_whom_its_marks_name(open_site: OpenSite) -> None:
    """A site of its own, because by default there is no pretend money."""
    site = await open_site(providers={"payments": ["sandbox"]})
    browsers = await visitors_of(site, {})
    ours = [route for route in routes(site.app.quart) if route.path.startswith("/p/payments_sandbox")]
    assert len(ours) > 15
    wrong = []
    for role, browser in browsers.items():
        for route in ours:
            status = await call(browser, route)
            if (status not in {401, 403}) != (role in ALLOWED[route.access]) or status >= 500:
                wrong.append(f"{route.method} {route.path} ({route.access}) answered {role} with {status}")
    assert wrong == []


async def test_the_owner_of_another_channel_is_a_stranger_here(site: LiveSite, visitors: dict[str, Browser]) -> None:
    await visitors_of(site, visitors)
    other = await site.creator("owner_two", "other")
    guarded = [r for r in routes(site.app.quart) if r.access in (Access.CHANNEL_OWNER, Access.CHANNEL_MODERATOR)]
    assert len(guarded) > 10
    let_in = [route for route in guarded if await call(other, route) != 403]
    assert let_in == []


def test_a_view_without_a_mark_stops_the_start() -> None:
    app = Quart(__name__, static_folder=None)

    @app.get("/open-to-whom")
    async def forgotten() -> str:
        return ""

    with pytest.raises(StartError, match="forgotten"):
        check_marks(app)


async def test_no_address_of_the_platform_can_be_taken_by_a_channel(site: LiveSite) -> None:
    from aethex_live.domain.names import RESERVED

    first = {rule.rule.split("/")[1] for rule in site.app.quart.url_map.iter_rules()}
    taken = {segment for segment in first if segment and "<" not in segment and len(segment) >= 3}
    assert taken | {"static", "live", "vod", "socket.io"} <= RESERVED
