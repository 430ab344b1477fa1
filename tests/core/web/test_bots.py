"""Bots: who may make one, what its tokens open, and that it ends with its tokens, its person, or by its removal."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import socketio

from aethex_live.domain.bots import MOST_BOTS
from aethex_live.models import AuditEntry, User
from sites import PASSWORD, Answer, Browser, LiveSite

SAID_S = 10


@asynccontextmanager
async def program(site: LiveSite, token: str) -> AsyncIterator[tuple[socketio.AsyncClient, asyncio.Event]]:
    """A socket of a token, and what tells its end; `client.parting` is the reason that was said."""
    client = socketio.AsyncClient(reconnection=False)
    closed = asyncio.Event()
    client.parting = ""

    def parting(data: dict[str, str]) -> None:
        client.parting = data["reason"]

    client.on("closing", parting)
    client.on("disconnect", lambda *_: closed.set())
    await client.connect(site.url, auth={"token": token}, transports=["websocket"], wait_timeout=SAID_S)
    try:
        yield client, closed
    finally:
        await client.disconnect()


async def make_bot(owner: Browser, username: str, *scopes: str) -> tuple[str, str]:
    """A bot of this person: its id and a token."""
    made = await owner.api("POST", "/me/bots", {"username": username})
    assert made.status == 201, made.text
    bot_id = made.json()["id"]
    token = await owner.api("POST", f"/me/bots/{bot_id}/tokens", {"name": "t", "scopes": list(scopes)})
    assert token.status == 201, token.text
    return bot_id, token.json()["token"]


async def say(client: socketio.AsyncClient, channel: str, text: str, number: str = "1") -> dict[str, object]:
    answer: dict[str, object] = await client.call(
        "chat.send", {"channel": channel, "text": text, "client_id": number}, timeout=SAID_S
    )
    return answer


async def channel_of(browser: Browser, slug: str) -> str:
    return str((await browser.api("GET", f"/channels/{slug}")).json()["id"])


async def api_of(site: LiveSite, token: str, method: str, path: str, body: object = None) -> Answer:
    headers = {"Authorization": f"Bearer {token}"}
    return await (await site.browser()).ask(method, f"/api/v1{path}", json=body, headers=headers)


async def test_a_bot_writes_under_its_own_name_and_everybody_sees_that_it_is_one(site: LiveSite) -> None:
    # Given a bot of somebody who has a channel
    owner = await site.creator("botfather", "botfather")
    _, token = await make_bot(owner, "helpful_bot", "read", "chat:write")
    channel = await channel_of(owner, "botfather")
    async with program(site, token) as (client, _):
        batches: asyncio.Queue[list[object]] = asyncio.Queue()
        client.on("batch", batches.put)
        await client.call("subscribe", {"topic": f"chat:{channel}"}, timeout=SAID_S)
        # When it writes
        assert (await say(client, channel, "I am a bot"))["ok"]
        async with asyncio.timeout(SAID_S):
            _, _, messages = await batches.get()
    # Then the line says whose it is, live, in the API and on the page
    author = messages[0][2]["author"]
    assert (author["username"], author["bot"]) == ("helpful_bot", True)
    listed = (await owner.api("GET", "/channels/botfather/chat/messages")).json()["items"][0]
    assert listed["author"]["bot"] is True
    assert 'data-badge="bot"' in (await owner.get("/p/chat/botfather")).text


async def test_a_person_s_line_has_no_such_mark(site: LiveSite) -> None:
    owner = await site.creator("noboters", "noboters")
    sent = await owner.api("POST", "/channels/noboters/chat/messages", {"text": "hi", "client_id": "1"})
    assert sent.status == 201
    listed = (await owner.api("GET", "/channels/noboters/chat/messages")).json()["items"][0]
    assert listed["author"]["bot"] is False


async def test_who_has_neither_a_confirmed_address_nor_a_channel_makes_none(site: LiveSite) -> None:
    newcomer = await site.member("newcomer1")
    refused = await newcomer.api("POST", "/me/bots", {"username": "newcomer_bot"})
    assert (refused.status, refused.json()["type"]) == (403, "urn:aethex:problem:email-unconfirmed")
    site.platform.db.bind()
    await User.filter(username="newcomer1").update(email_verified_at=site.platform.clock.now())
    await site.platform.control.send("user.changed", {"user_id": str((await User.get(username="newcomer1")).id)})
    async with asyncio.timeout(SAID_S):
        while (await newcomer.api("POST", "/me/bots", {"username": "newcomer_bot"})).status != 201:
            await asyncio.sleep(0.05)  # the process hears of the change by the control channel


async def test_a_person_has_at_most_five_and_a_removed_one_frees_its_name(site: LiveSite) -> None:
    owner = await site.creator("fivebots", "fivebots")
    for number in range(MOST_BOTS):
        assert (await owner.api("POST", "/me/bots", {"username": f"fleet_{number + 2}x"})).status == 201
    full = await owner.api("POST", "/me/bots", {"username": "fleet_more"})
    assert (full.status, "at most 5" in full.text) == (409, True)
    bots = (await owner.api("GET", "/me/bots")).json()["items"]
    assert (await owner.api("DELETE", f"/me/bots/{bots[0]['id']}")).status == 200
    assert (await owner.api("POST", "/me/bots", {"username": bots[0]["username"]})).status == 201


async def test_a_bot_s_token_has_a_bot_s_scopes_alone(site: LiveSite) -> None:
    owner = await site.creator("scopebot", "scopebot")
    bot_id, token = await make_bot(owner, "scoped_bot", "read")
    wide = await owner.api("POST", f"/me/bots/{bot_id}/tokens", {"name": "t", "scopes": ["channel:write"]})
    assert (wide.status, "read, chat:write, moderate" in wide.text) == (422, True)
    # without chat:write it reads and can't write
    channel = await channel_of(owner, "scopebot")
    async with program(site, token) as (client, _):
        assert (await client.call("subscribe", {"topic": f"chat:{channel}"}, timeout=SAID_S))["ok"]
        refused = await say(client, channel, "no")
    assert str(refused["problem"]["type"]).endswith("scope-missing")  # type: ignore[index]
    # and no token makes bots or tokens
    me = await api_of(site, token, "GET", "/me")
    assert (me.json()["username"], me.json()["bot"]) == ("scoped_bot", True)
    assert (await api_of(site, token, "GET", "/me/bots")).status == 403
    assert (await api_of(site, token, "POST", "/me/bots", {"username": "bot_of_bot"})).status == 403


async def test_a_bot_moderates_only_where_a_channel_made_it_a_moderator(site: LiveSite) -> None:
    # Given a bot with the scope, a channel that gave it a right, and its own person's channel that did not
    owner, other = await site.creator("modbots", "modbots"), await site.creator("modbots2", "modbots2")
    _, token = await make_bot(owner, "guard_bot", "read", "chat:write", "moderate")
    rights = {"username": "guard_bot", "rights": ["chat.timeout"]}
    assert (await other.api("POST", "/channels/modbots2/moderators", rights)).status == 201
    victim = (await (await site.member("modvictim")).api("GET", "/me")).json()["id"]
    here, there = await channel_of(owner, "modbots"), await channel_of(other, "modbots2")
    async with program(site, token) as (client, _):
        # When it times somebody out in both
        answers = [
            await client.call("chat.timeout", {"channel": channel, "user": victim, "seconds": 60}, timeout=SAID_S)
            for channel in (there, here)
        ]
        banned = await client.call("chat.ban", {"channel": there, "user": victim}, timeout=SAID_S)
    # Then only the right counts that it was given
    assert [answer["ok"] for answer in answers] == [True, False]
    assert banned["problem"]["type"].endswith("right-missing")


async def test_revoking_a_bot_s_token_closes_its_socket_at_once(site: LiveSite) -> None:
    owner = await site.creator("revokebot", "revokebot")
    bot_id, token = await make_bot(owner, "revoked_bot", "read")
    token_id = (await owner.api("GET", "/me/bots")).json()["items"][0]["tokens"][0]["id"]
    stranger = await site.creator("revokethief", "revokethief")
    assert (await stranger.api("DELETE", f"/me/bots/{bot_id}/tokens/{token_id}")).status == 404
    async with program(site, token) as (_, closed):
        assert (await owner.api("DELETE", f"/me/bots/{bot_id}/tokens/{token_id}")).status == 200
        async with asyncio.timeout(2):
            await closed.wait()
    assert (await api_of(site, token, "GET", "/me")).status == 401


async def test_a_bot_is_suspended_with_its_person_and_comes_back_with_them(site: LiveSite) -> None:
    # Given a bot that is connected
    boss = await site.operator("botboss")
    owner = await site.creator("suspended1", "suspended1")
    _, token = await make_bot(owner, "orphan_bot", "read", "chat:write")
    async with program(site, token) as (client, closed):
        # When the operators close the account of its person
        ban = {"act": "ban", "reason": "Spam."}
        assert (await boss.api("POST", "/admin/people/suspended1", ban)).status == 200
        # Then its socket closes with the reason
        async with asyncio.timeout(2):
            await closed.wait()
        assert "answers for this bot" in client.parting
    assert (await api_of(site, token, "GET", "/me")).status == 401
    with pytest.raises(socketio.exceptions.ConnectionError):
        async with program(site, token):
            pass
    assert (await boss.api("POST", "/admin/people/suspended1", {"act": "unban"})).status == 200
    assert (await api_of(site, token, "GET", "/me")).status == 200


async def test_operators_close_a_bot_alone_and_never_give_it_the_site(site: LiveSite) -> None:
    boss = await site.operator("botboss2")
    owner = await site.creator("keeper1", "keeper1")
    _, token = await make_bot(owner, "nasty_bot", "read")
    promoted = await boss.submit("/admin/people/nasty_bot", act="promote")
    assert "can&#39;t run the site" in promoted.text
    assert "Answers for this bot" in (await boss.get("/admin/people/nasty_bot")).text
    assert (await boss.api("POST", "/admin/people/nasty_bot", {"act": "ban", "reason": "Spam."})).status == 200
    assert (await api_of(site, token, "GET", "/me")).status == 401
    assert (await owner.api("GET", "/me")).status == 200
    assert "Closed by the operators" in (await owner.get("/settings/bots")).text


async def test_nobody_signs_in_as_a_bot(site: LiveSite) -> None:
    owner = await site.creator("nosignin", "nosignin")
    await make_bot(owner, "silent_bot", "read")
    tried = await (await site.browser()).submit("/sign-in", username="silent_bot", password=PASSWORD)
    assert "not right" in tried.text


async def test_bots_go_with_the_account_of_their_person(site: LiveSite) -> None:
    owner = await site.creator("leavingbots", "leavingbots")
    bot_id, token = await make_bot(owner, "left_bot", "read")
    site.platform.db.bind()
    person = await User.get(username="leavingbots")
    async with site.platform.db.transaction():
        await site.platform.domain.bots.forget_all(person.id)
    assert (await api_of(site, token, "GET", "/me")).status == 401
    bot = await User.get(id=bot_id)
    assert (bot.state, bot.username.startswith("deleted-")) == ("deleted", True)
    assert await AuditEntry.filter(action="bot.removed", subject=f"user:{bot_id}").exists()


async def test_a_bot_is_made_given_a_token_and_removed_on_the_page(site: LiveSite) -> None:
    owner = await site.creator("pagebots", "pagebots")
    made = await owner.submit("/settings/bots", username="page_bot", name="Page Bot")
    assert "Page Bot is there." in made.text
    bot_id = (await owner.api("GET", "/me/bots")).json()["items"][0]["id"]
    shown = await owner.submit(
        f"/settings/bots/{bot_id}/tokens", page="/settings/bots", name="Server", days="7", scopes="read"
    )
    assert re.search(r"aex_[\w-]{43}", shown.text) is not None
    assert shown.headers["Cache-Control"] == "no-store"
    refused = await owner.submit("/settings/bots", username="x", name="")
    assert (refused.status, "3 to 32 letters" in refused.text) == (422, True)
    token_id = (await owner.api("GET", "/me/bots")).json()["items"][0]["tokens"][0]["id"]
    revoked = await owner.submit(f"/settings/bots/{bot_id}/tokens/{token_id}/revoke", page="/settings/bots")
    assert "The token is revoked" in revoked.text
    removed = await owner.submit(f"/settings/bots/{bot_id}/remove", page="/settings/bots")
    assert "The bot is removed" in removed.text
    assert (await owner.api("GET", "/me/bots")).json()["items"] == []
