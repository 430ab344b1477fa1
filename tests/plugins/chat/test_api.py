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


async def test_a_ban_has_an_end_when_it_is_given_one(api: Api) -> None:
    viewer = await api.me(api.viewer)
    body = {"user": viewer["id"], "kind": "ban", "seconds": 7200}
    made = (await api.owner.api("POST", api.path("restrictions"), body)).json()["restricted"]
    assert (made["kind"], made["may_appeal"]) == ("ban", True)
    assert made["until"] is not None


async def test_messages_of_a_person_and_of_all_are_cleared(api: Api) -> None:
    for browser in (api.viewer, api.owner):
        await api.send(browser, "hello", "c")
    viewer = await api.me(api.viewer)
    cleared = await api.moderator.api("DELETE", api.path(f"people/{viewer['id']}/messages"))
    assert cleared.json() == {"removed": 1}
    assert (await api.moderator.api("DELETE", api.path("messages"))).json() == {"removed": 1}
    assert (await api.viewer.api("GET", api.path("messages"))).json()["items"] == []
    assert (await api.viewer.api("DELETE", api.path("messages"))).status == 403


async def test_a_warning_is_acknowledged(api: Api) -> None:
    viewer = await api.me(api.viewer)
    body = {"user": viewer["id"], "reason": "No spoilers"}
    made = await api.moderator.api("POST", api.path("warnings"), body)
    assert made.status == 201, made.text
    assert (await api.moderator.api("POST", api.path("warnings"), body)).status == 409
    refused = await api.send(api.viewer, "hey", "a")
    assert (refused.status, refused.json()["type"]) == (403, "urn:aethex:problem:chat-warned")
    warning = (await api.me(api.viewer))["warning"]
    assert (warning["id"], warning["reason"]) == (made.json()["id"], "No spoilers")
    path = api.path(f"warnings/{warning['id']}/acknowledge")
    assert (await api.owner.api("POST", path)).status == 404
    assert (await api.viewer.api("POST", path)).status == 200
    assert (await api.send(api.viewer, "hey", "a")).status == 201


async def test_a_request_is_made_and_answered(api: Api) -> None:
    viewer = await api.me(api.viewer)
    assert (await api.viewer.api("POST", api.path("appeals"), {"text": "Please"})).status == 403
    await api.owner.api("POST", api.path("restrictions"), {"user": viewer["id"]})
    made = await api.viewer.api("POST", api.path("appeals"), {"text": "Please"})
    assert made.status == 201, made.text
    assert (await api.viewer.api("POST", api.path("appeals"), {"text": "Please"})).status == 409
    assert (await api.viewer.api("GET", api.path("appeals"))).status == 403
    (row,) = (await api.owner.api("GET", api.path("appeals"))).json()["items"]
    assert (row["id"], row["text"], row["kind"], row["until"]) == (made.json()["id"], "Please", "ban", None)
    answer = {"approve": False, "answer": "Not yet"}
    assert (await api.moderator.api("POST", api.path(f"appeals/{row['id']}"), answer)).status == 200
    own = (await api.viewer.api("GET", api.path("appeals/mine"))).json()["appeal"]
    assert (own["state"], own["answer"]) == ("denied", "Not yet")
    early = await api.viewer.api("POST", api.path("appeals"), {"text": "Please"})
    assert early.status == 429
    assert float(early.headers["Retry-After"]) > 6 * 86_400


async def test_a_record_with_notes_is_for_moderators(api: Api) -> None:
    viewer = await api.me(api.viewer)
    await api.send(api.viewer, "hello", "c")
    path = api.path(f"people/{viewer['id']}")
    note = await api.moderator.api("POST", f"{path}/notes", {"text": "Kind person"})
    assert note.status == 201, note.text
    found = (await api.owner.api("GET", path)).json()
    assert [message["text"] for message in found["messages"]] == ["hello"]
    assert [(kept["id"], kept["text"]) for kept in found["notes"]] == [(note.json()["id"], "Kind person")]
    assert [act["action"] for act in found["acts"]] == ["chat.note"]
    assert (await api.viewer.api("GET", path)).status == 403
    assert (await api.owner.api("DELETE", api.path(f"notes/{note.json()['id']}"))).status == 200


async def test_shield_mode_and_its_modes(api: Api) -> None:
    # what it would turn on is nothing for who prepares a raid
    assert (await api.viewer.api("GET", api.path("shield"))).status == 403
    assert (await api.moderator.api("GET", api.path("shield"))).json()["on"] is False
    assert (await api.moderator.api("PUT", api.path("shield/modes"), {"slow_s": 60})).status == 200
    turned = (await api.moderator.api("PUT", api.path("shield"), {"on": True})).json()
    assert (turned["on"], turned["preset"]["slow_s"]) == (True, 60)
    assert (await api.viewer.api("GET", api.path("modes"))).json()["slow_s"] == 60
    assert (await api.viewer.api("PUT", api.path("shield"), {"on": False})).status == 403
    log = (await api.owner.api("GET", api.path("log?action=chat.shield_modes"))).json()["items"]
    assert log[0]["detail"]["slow_s"] == [30, 60]


async def test_commands_are_answered_and_not_said(api: Api) -> None:
    answer = await api.send(api.owner, "/slow 30", "c")
    assert (answer.status, answer.json()) == (200, {"answer": "Slow mode: one message every 30 seconds."})
    wrong = await api.send(api.owner, "/slow fast", "c")
    assert (wrong.status, wrong.json()["type"]) == (422, "urn:aethex:problem:chat-command-usage")
    assert (await api.owner.api("GET", api.path("messages"))).json()["items"] == []
    names = [one["name"] for one in (await api.viewer.api("GET", api.path("commands"))).json()["items"]]
    assert names == ["block", "help", "unblock"]
    names = [one["name"] for one in (await api.owner.api("GET", api.path("commands"))).json()["items"]]
    assert {"ban", "clear", "help", "shield", "timeout", "warn"} <= set(names)


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


async def test_rules_pins_and_announcements_stand_in_the_api(api: Api) -> None:
    # Given rules, which nobody has accepted
    assert (await api.me(api.viewer))["barrier"] is None
    made = await api.moderator.api("PUT", api.path("rules"), {"text": "Be kind."})
    assert (made.status, made.json()["version"]) == (200, 1)
    assert (await api.viewer.api("PUT", api.path("rules"), {"text": "x"})).status == 403
    refused = await api.send(api.viewer, "hello", "c1")
    assert refused.json()["type"].endswith(":chat-rules")
    barrier = (await api.me(api.viewer))["barrier"]
    assert (barrier["code"], barrier["action"]["path"]) == ("chat-rules", f"/p/chat/{api.slug}/rules")
    # When they are accepted, in the version that holds
    assert (await api.viewer.api("POST", api.path("rules/accept"), {"version": 7})).status == 409
    assert (await api.viewer.api("POST", api.path("rules/accept"), {"version": 1})).status == 200
    assert (await api.viewer.api("GET", api.path("rules"))).json()["accepted"] is True
    message = (await api.send(api.viewer, "hello", "c1")).json()["id"]
    # Then the message can be pinned by moderators alone
    assert (await api.viewer.api("PUT", api.path("pin"), {"line": message})).status == 403
    assert (await api.moderator.api("PUT", api.path("pin"), {"line": message, "seconds": 60})).status == 200
    guest = await api.site.browser()
    assert (await guest.api("GET", api.path("pin"))).json()["pin"]["text"] == "hello"
    assert (await api.moderator.api("DELETE", api.path("pin"))).status == 200
    assert (await api.moderator.api("DELETE", api.path("pin"))).status == 409
    assert (await guest.api("GET", api.path("pin"))).json() == {"pin": None}
    # and an announcement is one, however often it is sent
    body = {"text": "Tomorrow at nine", "accent": "good", "client_id": "a1"}
    first, again = [await api.owner.api("POST", api.path("announcements"), body) for _ in range(2)]
    assert (first.status, again.json()) == (201, first.json())
    assert (await api.viewer.api("POST", api.path("announcements"), body)).status == 403
    (newest, *_) = (await guest.api("GET", api.path("messages"))).json()["items"]
    assert (newest["text"], newest["accent"]) == ("Tomorrow at nine", "good")
