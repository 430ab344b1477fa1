"""What Clerk tells: the published vector, its own examples, what is refused, and what each type becomes."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from clerk_twin import ClerkTwin, person
from jsonschema import Draft202012Validator

from aethex_live.providers.webhooks import TYPES, WebhookRejected, WebhookRequest
from aethex_plugins.auth_clerk.hooks import Hooks
from needs import need

AT = 1_767_225_600.0
SESSION = {"object": "session", "id": "sess_1", "user_id": "user_ada", "status": "ended", "updated_at": 1}


@pytest.fixture
def twin() -> ClerkTwin:
    return ClerkTwin()


@pytest.fixture
def hooks(twin) -> Hooks:
    return Hooks([twin.secret])


def reason(hooks: Hooks, request: WebhookRequest) -> str:
    with pytest.raises(WebhookRejected) as rejected:
        hooks.parse(request)
    return rejected.value.reason


def of_vector(**changes) -> tuple[Hooks, WebhookRequest]:
    vector = json.loads((need("specs") / "webhook-vectors.json").read_text("utf-8"))["standard_webhooks_svix"] | changes
    headers = {f"svix-{name}": str(vector[name]) for name in ("id", "timestamp", "signature")}
    now = datetime.fromtimestamp(1614265330, UTC) + timedelta(seconds=vector.get("late", 0))
    return Hooks([vector["secret"]]), WebhookRequest(headers=headers, body=vector["body"].encode(), received_at=now)


def test_the_published_vector_is_genuine():
    """It is no event of an account, so past its signature it has no type."""
    assert reason(*of_vector()) == "malformed"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"body": '{"test": 2432232315}'}, "signature"),
        ({"secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"}, "signature"),
        ({"signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OF="}, "signature"),
        ({"signature": "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}, "signature"),
        ({"signature": "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}, "signature"),
        ({"id": "msg_other"}, "signature"),
        ({"id": "msg_p5jX\u00e9"}, "malformed"),
        ({"timestamp": 1614265331}, "signature"),
        ({"timestamp": "1614265330.5"}, "malformed"),
        ({"timestamp": "9" * 17}, "malformed"),
        ({"signature": ""}, "missing"),
        ({"id": ""}, "missing"),
        ({"late": 301}, "stale"),
        ({"late": -301}, "stale"),
    ],
    ids=str,
)
def test_a_changed_vector_is_refused(changes: dict, why: str):
    assert reason(*of_vector(**changes)) == why


def test_either_of_two_secrets_and_of_two_signatures_holds(twin):
    other = ClerkTwin()
    hooks = Hooks([other.secret, twin.secret])
    request = twin.tell("user.updated", person("ada"), at=AT)
    assert hooks.parse(request)
    assert hooks.parse(other.tell("user.updated", person("ada"), at=AT))
    shown = {**request.headers, "svix-signature": "v1,bm90 " + request.headers["svix-signature"] + " v2,x"}
    assert hooks.parse(WebhookRequest(headers=shown, body=request.body, received_at=request.received_at))


@pytest.mark.parametrize("told", ["session.ended", "session.removed", "session.revoked"])
def test_a_session_that_ended_in_whatever_way_is_revoked(hooks, twin, told: str):
    [event] = hooks.parse(twin.tell(told, SESSION, at=AT, event="msg_7"))
    assert (event.id, event.type, event.subject) == ("msg_7", "session.revoked", "sess_1")
    assert event.data == {"user": "user_ada"}
    assert event.occurred_at == datetime.fromtimestamp(AT, UTC)


@pytest.mark.parametrize("more", [{"banned": True}, {"deprovisioned": True}])
def test_who_is_shut_out_there_is_told_as_such(hooks, twin, more: dict):
    [event] = hooks.parse(twin.tell("user.updated", person("ada", **more), at=AT))
    assert (event.type, event.subject, event.data) == ("user.updated", "user_ada", {"banned": True})


def test_a_state_is_as_old_as_its_change_and_says_nothing_of_the_person(hooks, twin):
    [event] = hooks.parse(twin.tell("user.updated", person("ada", updated_at=1_767_000_000_123), at=AT))
    assert event.occurred_at == datetime.fromtimestamp(1_767_000_000.123, UTC)
    assert event.data == {"banned": False}
    [made] = hooks.parse(twin.tell("user.created", person("ada"), at=AT))
    assert (made.type, made.data) == ("user.created", {})
    assert "example.org" not in repr(event) + repr(made) + str(event.data)


def test_a_deleted_person_is_told_with_the_time_of_the_telling(hooks, twin):
    [event] = hooks.parse(twin.tell("user.deleted", {"object": "user", "id": "user_ada", "deleted": True}, at=AT))
    assert (event.type, event.subject, event.data) == ("user.deleted", "user_ada", {})
    assert event.occurred_at == datetime.fromtimestamp(AT, UTC)


@pytest.mark.parametrize(("stamp", "seconds"), [(1716883200, 1716883200), (1716883200123, 1716883200.123)])
def test_times_are_read_in_seconds_and_in_milliseconds(hooks, twin, stamp: int, seconds: float):
    [event] = hooks.parse(twin.tell("session.ended", SESSION, at=AT, timestamp=stamp))
    assert event.occurred_at == datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize("told", ["session.created", "session.pending", "email.created", "waitlistEntry.created", "x"])
def test_other_types_are_nothing_to_us(hooks, twin, told: str):
    assert list(hooks.parse(twin.tell(told, SESSION, at=AT))) == []


def test_all_that_clerk_describes_is_read_and_nothing_else_is_taken(hooks, twin):
    told = json.loads((need("specs") / "clerk-webhooks.json").read_text("utf-8"))["x-webhooks"]
    seen = {}
    for name, about in told.items():
        content = about["post"]["requestBody"]["content"]["application/json"]
        data = content.get("example", {}).get("data") or SESSION
        seen[name] = [event.type for event in hooks.parse(twin.tell(name, data, at=AT))]
    assert {name: types for name, types in seen.items() if types} == {
        "session.ended": ["session.revoked"],
        "session.removed": ["session.revoked"],
        "session.revoked": ["session.revoked"],
        "user.created": ["user.created"],
        "user.deleted": ["user.deleted"],
        "user.updated": ["user.updated"],
    }
    assert {kind for kinds in seen.values() for kind in kinds} <= TYPES["auth"]


def test_the_twins_own_events_are_as_clerk_describes_them(twin):
    spec = json.loads((need("specs") / "clerk-webhooks.json").read_text("utf-8"))
    schema = {"$ref": "#/components/schemas/WebhookEventPayload", "components": spec["components"]}
    body = json.loads(twin.tell("session.ended", SESSION, at=AT).body)
    assert list(Draft202012Validator(schema).iter_errors(body)) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"{}",
        b"\xff",
        b'{"type": 7}',
        b'{"type": "user.deleted"}',
        b'{"type": "user.deleted", "timestamp": 1, "data": {"id": 7}}',
        b'{"type": "user.deleted", "timestamp": 1, "data": {"id": "ada"}}',
        b'{"type": "user.deleted", "timestamp": 1, "data": {"id": "sess_1"}}',
        b'{"type": "user.deleted", "data": {"id": "user_ada"}}',
        b'{"type": "user.deleted", "timestamp": "now", "data": {"id": "user_ada"}}',
        b'{"type": "user.deleted", "timestamp": true, "data": {"id": "user_ada"}}',
        b'{"type": "user.deleted", "timestamp": 1e300, "data": {"id": "user_ada"}}',
        b'{"type": "user.deleted", "timestamp": -1, "data": {"id": "user_ada"}}',
        b'{"type": "session.ended", "timestamp": 1, "data": {"id": "user_ada"}}',
    ],
)
def test_what_is_signed_and_unreadable_is_malformed(twin, hooks, body: bytes):
    import base64
    import hashlib
    import hmac

    key = base64.b64decode(twin.secret.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.new(key, b"msg_1.%d." % int(AT) + body, hashlib.sha256).digest()).decode()
    headers = {"svix-id": "msg_1", "svix-timestamp": str(int(AT)), "svix-signature": f"v1,{signature}"}
    request = WebhookRequest(headers=headers, body=body, received_at=datetime.fromtimestamp(AT, UTC))
    assert reason(hooks, request) == "malformed"


async def test_without_a_secret_nothing_is_believed(build, twin):
    quiet = build(twin)
    with pytest.raises(WebhookRejected, match="signature"):
        quiet.parse_webhook(twin.tell("user.updated", person("ada"), at=AT))
