"""Programs with a token at the API: what they may, and that cookies and tokens never add up."""

from __future__ import annotations

import asyncio
import re
from uuid import uuid4

import pytest
import socketio

from aethex_live.domain.rights import Right
from aethex_live.scopes import Scope
from aethex_live.web.access import scope_needed
from sites import PASSWORD, Answer, Browser, LiveSite

# what no token may do, whatever its scopes: a route that changes things and is not named here needs a scope
CLOSED = {
    "POST /api/v1/users",
    "POST /api/v1/session",
    "DELETE /api/v1/session",
    "PATCH /api/v1/me",
    "DELETE /api/v1/me",
    "POST /api/v1/me/password",
    "GET /api/v1/me/sessions",
    "DELETE /api/v1/me/sessions",
    "DELETE /api/v1/me/sessions/<uuid:session_id>",
    "GET /api/v1/me/tokens",
    "POST /api/v1/me/tokens",
    "DELETE /api/v1/me/tokens/<uuid:token_id>",
    "GET /api/v1/me/bots",
    "POST /api/v1/me/bots",
    "DELETE /api/v1/me/bots/<uuid:bot_id>",
    "POST /api/v1/me/bots/<uuid:bot_id>/tokens",
    "DELETE /api/v1/me/bots/<uuid:bot_id>/tokens/<uuid:token_id>",
    "DELETE /api/v1/users/<username>",
    "POST /api/v1/users/<username>/stay",
    "DELETE /api/v1/channels/<slug>",
}


async def token_of(browser: Browser, *scopes: str) -> str:
    """A token of the browser's person with these scopes."""
    made = await browser.api("POST", "/me/tokens", {"name": "test", "scopes": list(scopes), "days": 1})
    assert made.status == 201, made.text
    return str(made.json()["token"])


async def call(site: LiveSite, token: str, method: str, path: str, body: object = None, **headers: str) -> Answer:
    """A program's call: no cookies, no origin."""
    program = await site.browser()
    return await program.ask(
        method, f"/api/v1{path}", json=body, headers={"Authorization": f"Bearer {token}", **headers}
    )


async def test_a_program_reads_and_changes_with_a_token_alone(site: LiveSite) -> None:
    creator = await site.creator("tokencreator", "token-channel")
    token = await token_of(creator, "read", "channel:write")
    assert (await call(site, token, "GET", "/me")).json()["username"] == "tokencreator"
    changed = await call(site, token, "PATCH", "/channels/token-channel", {"title": "By a program"})
    assert (changed.status, changed.json()["title"]) == (200, "By a program")


async def test_a_scope_that_is_missing_is_named(site: LiveSite) -> None:
    token = await token_of(await site.creator("scopeless", "scopeless"), "read")
    refused = await call(site, token, "PATCH", "/channels/scopeless", {"title": "x"})
    assert (refused.status, refused.json()["type"]) == (403, "urn:aethex:problem:scope-missing")
    assert "“channel:write”" in refused.json()["detail"]


@pytest.mark.parametrize("shown", ["aex_" + "x" * 43, "nonsense", "aex_"])
async def test_a_token_that_is_none_is_refused_even_where_everybody_may(site: LiveSite, shown: str) -> None:
    refused = await call(site, shown, "GET", "/live")
    assert (refused.status, refused.json()["type"]) == (401, "urn:aethex:problem:token-unknown")
    assert refused.headers["WWW-Authenticate"] == "Bearer"


async def test_a_cookie_adds_nothing_to_a_token(site: LiveSite) -> None:
    # Given a browser that is signed in, and a token that may only read
    owner = await site.creator("bothways", "bothways")
    token = await token_of(owner, "read")
    headers = {"Authorization": f"Bearer {token}", "Origin": site.url.rstrip("/")}
    # When both come in one request
    changed = await owner.ask("PATCH", "/api/v1/channels/bothways", json={"title": "x"}, headers=headers)
    unknown = await owner.ask("GET", "/api/v1/me", headers=headers | {"Authorization": "Bearer aex_no"})
    # Then the token alone counts
    assert (changed.status, unknown.status) == (403, 401)


async def test_a_token_is_none_on_pages_and_other_schemes_are_a_proxy_s_affair(site: LiveSite) -> None:
    owner = await site.member("pagesonly")
    token = await token_of(owner, "read")
    page = await (await site.browser()).get("/settings", headers={"Authorization": f"Bearer {token}"})
    basic = await owner.get("/api/v1/me", headers={"Authorization": "Basic dTpw"})
    assert "/sign-in" in page.url
    assert basic.status == 200


async def test_others_tokens_are_neither_seen_nor_revoked(site: LiveSite) -> None:
    ada, eve = await site.member("tokenada"), await site.member("tokeneve")
    token = await token_of(ada, "read")
    token_id = (await ada.api("GET", "/me/tokens")).json()["items"][0]["id"]
    assert (await eve.api("GET", "/me/tokens")).json()["items"] == []
    assert (await eve.api("DELETE", f"/me/tokens/{token_id}")).status == 404
    assert (await eve.submit(f"/settings/tokens/{token_id}/revoke", page="/settings/tokens")).status == 404
    assert (await call(site, token, "GET", "/me")).status == 200
    assert (await ada.api("DELETE", f"/me/tokens/{token_id}")).status == 200
    assert (await call(site, token, "GET", "/me")).status == 401


async def test_a_token_is_made_on_the_page_and_shown_once(site: LiveSite) -> None:
    ada = await site.member("pageada")
    made = await ada.submit("/settings/tokens", name="My bot", days="", scopes="read")
    shown = re.search(r"aex_[\w-]{43}", made.text)
    assert shown is not None
    assert made.headers["Cache-Control"] == "no-store"
    again = await ada.get("/settings/tokens")
    assert shown.group() not in again.text
    assert shown.group()[:10] in again.text
    assert "without an end" in again.text
    none = await ada.submit("/settings/tokens", name="x", days="7")
    assert (none.status, "Choose at least one scope." in none.text) == (422, True)


async def test_every_call_that_changes_things_has_its_scope_or_is_closed_on_purpose(site: LiveSite) -> None:
    app, closed = site.app.quart, set()
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/api/v1/"):
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            if scope_needed(app.view_functions[rule.endpoint], method) is None:
                closed.add(f"{method} {rule.rule}")
    ours = {route for route in closed if route in CLOSED}
    assert ours == CLOSED, "a route is gone, or tokens may call it now"


async def test_no_token_reaches_what_is_closed_and_each_scope_what_it_names(site: LiveSite) -> None:
    """Every route below /api/v1 with a token of every single scope: only its own opens."""
    owner = await site.creator("matrixowner", "matrix")
    tokens = {scope: await token_of(owner, scope) for scope in Scope if scope is not Scope.OPERATE}
    app, wrong = site.app.quart, []
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/api/v1/"):
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            needed = scope_needed(app.view_functions[rule.endpoint], method)
            path = re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda m: "matrix" if m[1] == "slug" else str(uuid4()), rule.rule)
            for scope, token in tokens.items():
                # who may read all may read chats
                if scope is needed or (scope, needed) == (Scope.READ, Scope.CHAT_READ):
                    continue
                answer = await call(site, token, method, path.removeprefix("/api/v1"), {} if method != "GET" else None)
                kind = answer.json().get("type", "") if answer.status == 403 else ""
                if not kind.endswith(("scope-missing", "token-refused")):
                    wrong.append(f"{method} {path} with {scope}: {answer.status}")
    assert wrong == []


async def test_a_moderator_s_token_has_the_moderator_s_rights(site: LiveSite) -> None:
    owner, helper = await site.creator("rightsowner", "rights-channel"), await site.member("rightshelper")
    given = {"username": "rightshelper", "rights": [Right.STREAM_EDIT]}
    assert (await owner.api("POST", "/channels/rights-channel/moderators", given)).status == 201
    token = await token_of(helper, "channel:write")
    assert (await call(site, token, "PATCH", "/channels/rights-channel", {"title": "x"})).status == 200
    assert (await call(site, token, "PATCH", "/channels/rights-channel", {"name": "x"})).status == 403
    ended = await call(site, token, "POST", "/channels/rights-channel/broadcast/end")
    assert (ended.status, ended.json()["type"]) == (403, "urn:aethex:problem:right-missing")


async def test_making_a_token_asks_for_a_proof_that_is_not_old(site: LiveSite) -> None:
    ada = await site.member("oldproof")
    await site.platform.db.execute("update core_session set proven_at = now() - interval '1 hour'")
    refused = await ada.api("POST", "/me/tokens", {"name": "x", "scopes": ["read"]})
    assert (refused.status, refused.json()["type"]) == (403, "urn:aethex:problem:proof-needed")
    assert "/confirm" in (await ada.submit("/settings/tokens", name="x", scopes="read")).url


async def test_a_socket_opens_with_a_token_and_closes_when_it_is_revoked(site: LiveSite) -> None:
    # Given a program that connects with a token for reading
    ada = await site.creator("socketada", "socketada")
    token = await token_of(ada, "read")
    channel = (await ada.api("GET", "/channels/socketada")).json()["id"]
    client = socketio.AsyncClient(reconnection=False)
    closed = asyncio.Event()
    client.on("disconnect", lambda *_: closed.set())
    await client.connect(site.url, auth={"token": token}, transports=["websocket"], wait_timeout=10)
    # Then it hears the studio of its maker, and can't write without that scope
    assert (await client.call("subscribe", {"topic": f"studio:{channel}"}, timeout=10))["ok"]
    said = await client.call("chat.send", {"channel": channel, "text": "hi", "client_id": "1"}, timeout=10)
    assert said["problem"]["type"].endswith("scope-missing")
    # And when the token is revoked, the socket closes within two seconds
    token_id = (await ada.api("GET", "/me/tokens")).json()["items"][0]["id"]
    await ada.api("DELETE", f"/me/tokens/{token_id}")
    async with asyncio.timeout(2):
        await closed.wait()


async def test_a_socket_with_a_wrong_token_is_turned_away(site: LiveSite) -> None:
    client = socketio.AsyncClient(reconnection=False)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(site.url, auth={"token": "aex_no"}, transports=["websocket"], wait_timeout=10)


async def test_sessions_are_listed_and_ended_by_their_person_alone(site: LiveSite) -> None:
    here, eve = await site.member("manysessions"), await site.member("sessioneve")
    others = [await site.browser() for _ in range(2)]
    for other in others:
        headers = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
        other.session.headers.update(headers)
        await other.submit("/sign-in", username="manysessions", password=PASSWORD)
    items = (await here.api("GET", "/me/sessions")).json()["items"]
    assert [item["current"] for item in items].count(True) == 1
    assert sum(item["device"].startswith("Firefox on Linux") for item in items) == 2
    assert all(item["address"] == "127.0.0.1" for item in items)
    other_id = next(item["id"] for item in items if not item["current"])
    assert (await eve.api("DELETE", f"/me/sessions/{other_id}")).status == 404
    said = await here.submit("/settings/sessions/end-others", page="/settings")
    assert "2 other browsers signed out." in said.text
    assert [(await other.api("GET", "/me")).status for other in others] == [401, 401]
    assert (await here.api("GET", "/me")).status == 200
