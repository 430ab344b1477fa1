"""The API: described by itself, refusals as problem details, lists in pages."""

from __future__ import annotations

import re

from aethex_live.ids import uuid7
from aethex_live.models import Broadcast, Channel, Recording
from sites import PASSWORD, LiveSite, OpenSite


async def test_the_description_names_every_route_below_api_v1_and_who_may_call_it(site: LiveSite) -> None:
    document = (await (await site.browser()).get("/api/v1/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    described = {path for path in document["paths"] if path.startswith("/api/v1/")}
    routed = {rule.rule for rule in site.app.quart.url_map.iter_rules() if rule.rule.startswith("/api/v1/")}
    assert described == {re.sub(r"<(?:[a-z]+:)?(\w+)>", r"{\1}", rule) for rule in routed}
    assert len(described) > 25
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], f"{method} {path} says nothing about itself"
            assert operation["x-access"], f"{method} {path} does not say who may call it"


async def test_a_refusal_is_a_problem_with_a_sentence_a_code_and_the_field(site: LiveSite) -> None:
    answer = await (await site.browser()).api("POST", "/users", {"username": "a!", "password": PASSWORD})
    problem = answer.json()
    assert answer.status == problem["status"] == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["errors"] == {"username": "Use 3 to 32 letters, digits or underscores."}
    assert problem["type"] == "urn:aethex:problem:invalid"
    assert problem["request_id"]


async def test_a_body_that_is_no_json_and_one_with_a_misspelt_field_are_refused(site: LiveSite) -> None:
    visitor = await site.browser()
    broken = await visitor.ask("POST", "/api/v1/users", data="{", headers={"Content-Type": "application/json"})
    misspelt = await visitor.api("POST", "/users", {"username": "ada_lovelace", "pasword": PASSWORD})
    assert (broken.status, misspelt.status) == (400, 422)
    assert broken.headers["Content-Type"] == misspelt.headers["Content-Type"] == "application/problem+json"
    assert "pasword" in misspelt.json()["errors"]


async def test_a_channel_is_made_changed_and_found_at_its_old_address(site: LiveSite) -> None:
    # Given a channel made by the API
    creator = await site.member("apicreator")
    made = await creator.api("POST", "/channels", {"slug": "first-light", "name": "First"})
    assert made.status == 201
    # When its address and words change
    changed = await creator.api("PATCH", "/channels/first-light", {"slug": "second-light", "title": "Hello"})
    # Then both addresses lead to it
    assert changed.json()["slug"] == "second-light"
    old = await creator.api("GET", "/channels/first-light")
    assert (old.json()["slug"], old.json()["title"]) == ("second-light", "Hello")
    page = await creator.get("/first-light")
    assert page.url.endswith("/second-light")
    # and nobody else can take the old one
    other = await site.member("apiother")
    assert (await other.api("POST", "/channels", {"slug": "first-light", "name": "Mine"})).status == 409


async def test_videos_come_in_pages_without_gaps_or_repeats(site: LiveSite) -> None:
    creator = await site.creator("videomaker", "videos-of-me")
    site.platform.db.bind()
    channel = await Channel.get(slug="videos-of-me")
    for index in range(7):
        await Recording.create(
            id=uuid7(),
            channel=channel,
            provider="local",
            provider_id=f"v{index}",
            title=f"Video {index}",
            state="ready",
        )
    seen, before = [], ""
    while True:
        answer = (await creator.api("GET", f"/channels/videos-of-me/videos?limit=3{before}")).json()
        seen += [item["title"] for item in answer["items"]]
        if answer["next"] is None:
            break
        before = f"&before={answer['next']}"
    assert seen == [f"Video {index}" for index in reversed(range(7))]


async def test_a_private_video_is_there_for_its_owner_alone(site: LiveSite) -> None:
    owner = await site.creator("secretive", "secretive")
    site.platform.db.bind()
    channel = await Channel.get(slug="secretive")
    video = await Recording.create(
        id=uuid7(),
        channel=channel,
        provider="local",
        provider_id="p",
        title="Mine",
        state="ready",
        visibility="private",
    )
    stranger = await site.member("stranger1")
    assert (await owner.api("GET", f"/videos/{video.id}")).status == 200
    assert (await stranger.api("GET", f"/videos/{video.id}")).status == 404
    assert (await stranger.get(f"/videos/{video.id}")).status == 404
    assert (await stranger.api("DELETE", f"/videos/{video.id}")).status == 404
    assert (await stranger.api("GET", "/channels/secretive/videos")).json()["items"] == []


async def test_deleting_a_video_takes_it_away_at_once_and_its_media_by_the_outbox(site: LiveSite) -> None:
    owner = await site.creator("tidy_one", "tidy")
    site.platform.db.bind()
    channel = await Channel.get(slug="tidy")
    video = await Recording.create(
        id=uuid7(), channel=channel, provider="local", provider_id=str(uuid7()), title="Old", state="ready"
    )
    assert (await owner.api("DELETE", f"/videos/{video.id}")).status == 200
    assert (await owner.api("GET", f"/videos/{video.id}")).status == 404
    await site.platform.jobs.settle()
    assert (await site.platform.jobs.counts()).get("dead", 0) == 0


async def test_the_stream_key_is_given_to_the_owner_and_audited(site: LiveSite) -> None:
    owner = await site.creator("keyholder", "keyholder")
    shown = (await owner.api("POST", "/channels/keyholder/ingest/key", {})).json()
    rotated = (await owner.api("POST", "/channels/keyholder/ingest/key/rotate", {})).json()
    assert shown["server"].startswith("rtmp://")
    assert shown["key"] != rotated["key"]
    rows = await site.platform.db.fetch("select action, detail::text as detail from core_audit_entry order by at")
    actions = [row["action"] for row in rows]
    assert actions.count("stream_key.shown") == 2
    assert actions.count("stream_key.rotated") == 1
    assert not any(shown["key"] in row["detail"] for row in rows)


async def test_a_channel_that_is_not_live_says_so(site: LiveSite) -> None:
    owner = await site.creator("offline1", "offline1")
    answer = await owner.api("GET", "/channels/offline1/broadcast")
    assert answer.status == 404
    assert answer.json()["type"] == "urn:aethex:problem:not-live"
    assert await Broadcast.filter(channel__slug="offline1").count() == 0


async def test_pages_carry_a_strict_policy_and_an_answer_never_shows_a_failure_s_inside(site: LiveSite) -> None:
    answer = await (await site.browser()).get("/")
    policy = answer.headers["Content-Security-Policy"]
    script = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe" not in script
    assert "frame-ancestors 'self'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_livez_and_readyz_answer_and_metrics_are_for_this_machine(site: LiveSite) -> None:
    visitor = await site.browser()
    assert (await visitor.get("/livez")).status == 200
    assert (await visitor.get("/readyz")).json() == {"ready": True, "problems": []}
    metrics = await visitor.get("/metrics")
    assert "aethex_http_requests_total" in metrics.text
    assert "aethex_realtime_connections" in metrics.text


async def test_characters_that_can_not_be_stored_are_refused_with_a_sentence(site: LiveSite) -> None:
    visitor = await site.member("nullable")
    in_body = await visitor.api("PATCH", "/me", {"display_name": "a\x00b", "email": ""})
    in_path = await visitor.get("/api/v1/channels/a%00b")
    in_form = await visitor.submit("/settings", display_name="a\x00b", email="")
    assert (in_body.status, in_path.status) == (422, 404)
    assert "NUL" in in_body.json()["detail"]
    assert in_form.status == 200
    assert (await visitor.api("GET", "/me")).json()["display_name"] == "ab"


async def test_media_from_another_origin_is_allowed_by_the_policy_of_pages(open_site: OpenSite) -> None:
    site = await open_site(plugins={"stream_local": {"public_url": "https://media.example.org/x"}})
    policy = (await (await site.browser()).get("/")).headers["Content-Security-Policy"]
    for name in ("media-src", "connect-src", "img-src"):
        part = next(part for part in policy.split("; ") if part.startswith(name))
        assert "https://media.example.org" in part.split()
