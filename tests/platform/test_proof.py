"""Which acts of operators ask again who they are: enumerated from the app, so that a new one has to be decided on."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from quart import Quart

from aethex_live.domain.operators import PROVEN
from aethex_live.models import AuditEntry, Session, SiteFact, User
from aethex_live.web import Access
from aethex_live.web.access import access_of
from sites import CSRF, Browser, LiveSite

NOBODY = str(UUID(int=7))
# what a call needs to get as far as the question; a page's act with the fields of its form
ASKED: dict[str, list[dict[str, str]]] = {
    "api_admin.switch": [{"switch": "resume"}],
    "api_operator.choose": [{"name": "Stolen"}],
    "api_operator_people.act_on_person": [{"act": "ban", "reason": "x"}, {"act": "unban"}],
    "api_accounts.delete_user": [{"typed": "victim"}],
    "api_accounts.stay": [{}],
    "auth_local_api_admin.decline": [{}],
    "auth_local_admin.decline": [{}],
    "reports_api.close": [{"kind": "channel", "subject_id": NOBODY, "act": "ban"}],
    "reports.close": [{"kind": "channel", "id": NOBODY, "act": "ban"}],
    "admin.act_on": [{"act": act} for act in sorted(PROVEN)],
    "admin.save": [{"name": "Stolen"}],
    "admin.switch": [{"switch": "resume"}],
    "setup_steps.site_posted": [{"go": "on", "name": "Stolen"}],
}
# why the others ask for none
FREE = {
    "api_operator.act_on_job": "work that failed: begun anew or forgotten",
    "api_operator.act_on_letter": "as above",
    "api_operator.try_out": "changes nothing",
    "api_operator_people.act_on_channel": "what is shown must be stopped at once, and can be undone",
    "auth_local_api_admin.admit": "lets in who asked for it",
    "auth_local_api_admin.invite": "as above",
    "auth_local_api_admin.revoke": "closes a way in",
    "auth_local_admin.admit": "as in the API",
    "auth_local_admin.invite": "as in the API",
    "auth_local_admin.revoke": "as in the API",
    "admin.act_on_channel": "as in the API",
    "admin.act_on_job": "as in the API",
    "admin.act_on_letter": "as in the API",
    "admin.try_out": "as in the API",
    "admin.act_on_webhook": "what a vendor told is handled again; its signature was checked when it came",
    "admin.replay_dead": "as above",
    "admin.verify": "only reads",
    "chat_emotes_api.decide": "a picture in a chat, which can be deleted and uploaded again",
    "chat_emotes.decide": "as in the API",
    "setup_steps.mail_posted": "sends one mail",
    "setup_steps.picture_posted": "a test picture of an own channel",
    "setup_steps.features_posted": "goes on to the next step",
}


def changing(app: Quart) -> dict[str, tuple[str, str]]:
    """Method and address of all routes for operators that change something, by endpoint."""
    found = {}
    for rule in app.url_map.iter_rules():
        methods = sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"})
        if methods and access_of(app.view_functions[rule.endpoint]) is Access.OPERATOR:
            path = re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda match: example(match.group(1)), rule.rule)
            found[rule.endpoint] = (methods[0], path)
    return found


def example(name: str) -> str:
    return {"name": "chat", "username": "victim", "kind": "storage"}.get(name, NOBODY)


@pytest.fixture(scope="module")
def browsers() -> dict[str, Browser]:
    return {}


async def boss_of(site: LiveSite, browsers: dict[str, Browser], *, proven: bool) -> Browser:
    """An operator whose last proof is of just now, or 20 minutes old."""
    site.platform.db.bind()
    if "boss" not in browsers:
        browsers["boss"] = await site.operator()
        await site.member("victim")
    now = site.platform.clock.now()
    boss = await User.get(username="boss")
    await Session.filter(user_id=boss.id).update(proven_at=now if proven else now - timedelta(minutes=20))
    return browsers["boss"]


async def asks_for_proof(boss: Browser, method: str, path: str, body: dict[str, str]) -> bool:
    origin = {"Origin": boss.base.rstrip("/")}
    if path.startswith("/api/"):
        answer = await boss.ask(method, path, json=body, headers=origin)
        return answer.status == 403 and answer.json()["type"].endswith(":proof-needed")
    token = CSRF.search((await boss.get("/admin/settings")).text)
    assert token is not None
    answer = await boss.ask(method, path, data=body | {"csrf": token.group(1)}, headers=origin, allow_redirects=False)
    assert answer.status != 403, answer.text
    return answer.status == 303 and answer.headers["Location"].startswith("/confirm?next=/")


async def test_every_act_of_operators_was_decided_on(site: LiveSite) -> None:
    found = changing(site.app.quart).keys()
    assert len(found) > 25
    assert found - ASKED.keys() - FREE.keys() == set(), "say whether these ask for a recent proof"
    assert (ASKED.keys() | FREE.keys()) - found == set(), "these are not there any more"
    assert not ASKED.keys() & FREE.keys()


async def test_what_is_sensitive_asks_for_a_proof_and_changes_nothing_without(
    site: LiveSite, browsers: dict[str, Browser]
) -> None:
    # Given an operator whose proof is 20 minutes old
    boss = await boss_of(site, browsers, proven=False)
    routes = changing(site.app.quart)
    before = await AuditEntry.all().count()
    # When they try each sensitive act
    missed = [
        (endpoint, body)
        for endpoint, bodies in ASKED.items()
        for body in bodies
        if not await asks_for_proof(boss, *routes[endpoint], body)
    ]
    # Then each is asked for, and nothing was done
    assert missed == []
    assert await AuditEntry.all().count() == before
    assert (await User.get(username="victim")).state == "active"
    assert not await SiteFact.filter(key="setting.name").exists()


async def test_what_is_not_sensitive_never_asks(site: LiveSite, browsers: dict[str, Browser]) -> None:
    boss = await boss_of(site, browsers, proven=False)
    routes = changing(site.app.quart)
    asked = [name for name in FREE if await asks_for_proof(boss, *routes[name], {})]
    assert asked == []
    assert not await asks_for_proof(boss, *routes["admin.act_on"], {"act": "sign-out"})


async def test_with_a_proof_they_act(site: LiveSite, browsers: dict[str, Browser]) -> None:
    boss = await boss_of(site, browsers, proven=True)
    assert (await boss.api("PATCH", "/admin/settings", {"name": "Radio"})).status == 200
    assert (await boss.api("POST", "/admin/people/victim", {"act": "ban", "reason": "Spam."})).status == 200


async def test_a_token_that_was_made_to_operate_needs_no_other_proof(
    site: LiveSite, browsers: dict[str, Browser]
) -> None:
    # Given a token with the scope, made with a proof that is old by now
    boss = await boss_of(site, browsers, proven=True)
    made = await boss.api("POST", "/me/tokens", {"name": "bot", "scopes": ["operate"]})
    program = await site.browser()
    headers = {"Authorization": f"Bearer {made.json()['token']}"}
    await boss_of(site, browsers, proven=False)
    await site.member("spammer")
    # When it bans somebody, Then they are banned
    ban = {"act": "ban", "reason": "Spam."}
    answer = await program.ask("POST", "/api/v1/admin/people/spammer", json=ban, headers=headers)
    assert (answer.status, (await User.get(username="spammer")).state) == (200, "banned")
    # and settings stay closed to it
    refused = await program.ask("PATCH", "/api/v1/admin/settings", json={"name": "Bot"}, headers=headers)
    assert (refused.status, refused.json()["type"]) == (403, "urn:aethex:problem:token-refused")
