"""The JSON API of chat: paging, the same rules as everywhere, problems that say what is wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from sites import Browser, LiveSite

_count = iter(range(1000))


@dataclass
class Api:
    """A channel with its people, through the API alone."""

    site: LiveSite
    slug: str
    owner: Browser
    moderator: Browser
    viewer: Browser

    def path(self, rest: str) -> str:
        return f"/channels/{self.slug}/chat/{rest}"

    async def send(self, browser: Browser, text: str, client_id: str, **more: Any) -> Any:
        return await browser.api("POST", self.path("messages"), {"text": text, "client_id": client_id, **more})

    async def me(self, browser: Browser) -> dict[str, Any]:
        found: dict[str, Any] = (await browser.api("GET", self.path("me"))).json()
        return found


@pytest_asyncio.fixture
async def api(site: LiveSite) -> AsyncIterator[Api]:
    await site.platform.cache.flushdb()  # this address signs up more often than people do
    number = next(_count)
    slug = f"api{number}"
    owner = await site.creator(f"api_owner_{number}", slug)
    moderator, viewer = await site.member(f"api_mod_{number}"), await site.member(f"api_viewer_{number}")
    added = await owner.api("POST", f"/channels/{slug}/moderators", {"username": f"api_mod_{number}"})
    assert added.status == 201, added.text
    yield Api(site, slug, owner, moderator, viewer)


async def test_messages_are_paged_from_the_newest(api: Api) -> None:
    for number in range(5):
        assert (await api.send(api.viewer, f"n{number}", f"c{number}")).status == 201
    guest = await api.site.browser()
    first = (await guest.api("GET", api.path("messages?limit=2"))).json()
    assert [item["text"] for item in first["items"]] == ["n4", "n3"]
    second = (await guest.api("GET", api.path(f"messages?limit=3&before={first['next']}"))).json()
    assert [item["text"] for item in second["items"]] == ["n2", "n1", "n0"]
    assert second["next"] is None


async def test_a_repeat_gets_the_same_answer(api: Api) -> None:
    first = await api.send(api.viewer, "once", "same")
    again = await api.send(api.viewer, "once", "same")
    assert (first.status, first.json()) == (201, again.json())
    assert first.json()["seq"] == 1


async def test_a_moderator_restricts_and_lifts(api: Api) -> None:
    sent = (await api.send(api.viewer, "bad words", "c")).json()
    viewer = await api.me(api.viewer)
    assert (viewer["role"], viewer["restricted"]) == ("member", None)

    made = await api.moderator.api(
        "POST", api.path("restrictions"), {"user": viewer["id"], "seconds": 60, "reason": "Swearing"}
    )
    assert made.status == 201, made.text
    assert made.json()["restricted"]["reason"] == "Swearing"
    refused = await api.send(api.viewer, "more", "d")
    assert refused.status == 403
    assert refused.json()["type"] == "urn:aethex:problem:chat-restricted"
    assert 0 < float(refused.headers["Retry-After"]) <= 60

    listed = (await api.owner.api("GET", api.path("restrictions"))).json()["items"]
    assert [(row["user"]["id"], row["kind"]) for row in listed] == [(viewer["id"], "timeout")]
    seen = (await api.owner.api("GET", api.path("messages"))).json()["items"]
    assert [(row["id"], row["removed"], row["text"]) for row in seen] == [(sent["id"], True, "bad words")]
    assert (await api.viewer.api("GET", api.path("messages"))).json()["items"] == []

    lifted = await api.moderator.api("DELETE", api.path(f"restrictions/{viewer['id']}"))
    assert lifted.status == 200
    log = (await api.owner.api("GET", api.path("log"))).json()["items"]
    assert [row["action"] for row in log] == ["chat.lift", "chat.timeout"]
    assert log[1]["detail"]["reason"] == "Swearing"


async def test_null_seconds_are_a_ban_and_lifting_nothing_is_a_conflict(api: Api) -> None:
    viewer = await api.me(api.viewer)
    made = await api.owner.api("POST", api.path("restrictions"), {"user": viewer["id"], "seconds": None})
    assert (made.json()["restricted"]["kind"], made.json()["restricted"]["until"]) == ("ban", None)
    path = api.path(f"restrictions/{viewer['id']}")
    assert (await api.owner.api("DELETE", path)).status == 200
    assert (await api.owner.api("DELETE", path)).status == 409


async def test_authors_delete_their_own_and_nobody_elses(api: Api) -> None:
    mine = (await api.send(api.viewer, "oops", "a")).json()
    theirs = (await api.send(api.owner, "hello", "b")).json()
    assert (await api.viewer.api("DELETE", api.path(f"messages/{mine['id']}"))).status == 200
    assert (await api.viewer.api("DELETE", api.path(f"messages/{theirs['id']}"))).status == 403
    assert (await api.moderator.api("DELETE", api.path(f"messages/{theirs['id']}"))).status == 403


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"text": "x" * 501, "client_id": "a"}, 422, "text"),
        ({"text": " ", "client_id": "a"}, 422, "text"),
        ({"text": "a\u0000b", "client_id": "a"}, 422, "text"),
        ({"text": "hi"}, 422, "client_id"),
        ({"text": "hi", "client_id": "ü"}, 422, "client_id"),
        ({"text": "hi", "client_id": "a", "reply_to": "x"}, 422, "reply_to"),
        ({"text": "hi", "client_id": "a", "color": "red"}, 422, "color"),
    ],
)
async def test_bad_messages_are_problems_by_field(api: Api, body: Any, status: int, field: str) -> None:
    answer = await api.viewer.api("POST", api.path("messages"), body)
    assert answer.status == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert field in answer.json()["errors"]


@pytest.mark.parametrize(
    ("method", "rest"),
    [
        ("POST", "messages"),
        ("GET", "me"),
        ("GET", "restrictions"),
        ("POST", "restrictions"),
        ("DELETE", "restrictions/00000000-0000-7000-8000-000000000000"),
        ("DELETE", "messages/00000000-0000-7000-8000-000000000000"),
        ("GET", "log"),
    ],
)
async def test_guests_are_told_to_sign_in(api: Api, method: str, rest: str) -> None:
    guest = await api.site.browser()
    body = {"text": "hi", "client_id": "a"} if rest == "messages" else {"user": "0" * 32, "seconds": 1}
    answer = await guest.api(method, api.path(rest), body if method == "POST" else None)
    assert answer.status == 401, answer.text


@pytest.mark.parametrize("rest", ["restrictions", "log"])
async def test_lists_of_moderators_are_theirs(api: Api, rest: str) -> None:
    assert (await api.viewer.api("GET", api.path(rest))).status == 403
    assert (await api.moderator.api("GET", api.path(rest))).status == 200


async def test_every_route_is_in_the_description(api: Api) -> None:
    text = (await api.owner.get("/api/v1/openapi.json")).text
    if '"paths"' not in text:
        text = (await api.owner.get("/openapi.json")).text
    for rest in ("messages", "me", "restrictions", "log"):
        assert f"/api/v1/channels/{{slug}}/chat/{rest}" in text
    assert "/p/chat/" not in text
