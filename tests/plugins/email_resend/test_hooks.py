"""What Resend tells: the published vector, what is refused, and what each type becomes."""

import json
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from aethex_live.providers import NotConfigured
from aethex_live.providers.webhooks import WebhookRejected, WebhookRequest
from aethex_plugins.email_resend.hooks import Hooks
from aethex_plugins.email_resend.service import ResendMail
from mail_twins import ResendTwin
from needs import need

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def twin() -> ResendTwin:
    return ResendTwin()


@pytest.fixture
def hooks(twin: ResendTwin) -> Hooks:
    return Hooks([twin.secret])


def reason(hooks: Hooks, request: WebhookRequest) -> str:
    with pytest.raises(WebhookRejected) as rejected:
        hooks.parse(request)
    return rejected.value.reason


def of_vector(**changes: object) -> tuple[Hooks, WebhookRequest]:
    vector = json.loads((need("specs") / "webhook-vectors.json").read_text("utf-8"))["standard_webhooks_svix"] | changes
    headers = {
        "svix-id": vector["id"],
        "svix-timestamp": str(vector["timestamp"]),
        "svix-signature": vector["signature"],
    }
    now = datetime.fromtimestamp(1614265330, UTC) + timedelta(seconds=vector.get("late", 0))
    return Hooks([vector["secret"]]), WebhookRequest(headers=headers, body=vector["body"].encode(), received_at=now)


def test_the_published_vector_is_genuine():
    """It is no event of a mail, so past its signature it has no type."""
    assert reason(*of_vector()) == "malformed"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"body": '{"test": 2432232315}'}, "signature"),
        ({"secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"}, "signature"),
        ({"signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OF="}, "signature"),
        ({"signature": "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}, "signature"),
        ({"id": "msg_other"}, "signature"),
        ({"timestamp": 1614265331}, "signature"),
        ({"timestamp": "1614265330.5"}, "malformed"),
        ({"timestamp": "9" * 16}, "malformed"),
        ({"timestamp": "9" * 17}, "malformed"),
        ({"signature": ""}, "missing"),
        ({"late": 301}, "stale"),
        ({"late": -301}, "stale"),
    ],
    ids=str,
)
def test_a_changed_vector_is_refused(changes: dict, why: str):
    assert reason(*of_vector(**changes)) == why


def test_either_of_two_secrets_and_of_two_signatures_holds(twin: ResendTwin):
    other = ResendTwin()
    hooks = Hooks([other.secret, twin.secret])
    request = twin.tell("email.delivered", "m1")
    assert hooks.parse(request)
    assert hooks.parse(other.tell("email.delivered", "m1"))
    shown = {**request.headers, "svix-signature": "v1,bm90 " + request.headers["svix-signature"] + " v2,x"}
    assert hooks.parse(WebhookRequest(headers=shown, body=request.body, received_at=request.received_at))


@pytest.mark.parametrize(
    ("told", "more", "becomes", "data"),
    [
        ("email.delivered", {}, "email.delivered", {}),
        ("email.complained", {}, "email.complained", {}),
        ("email.suppressed", {}, "email.bounced", {"permanent": True, "reason": "Suppressed"}),
        ("email.bounced", {}, "email.bounced", {"permanent": True, "reason": "General"}),
        (
            "email.bounced",
            {"bounce": {"type": "Transient", "subType": "MailboxFull"}},
            "email.bounced",
            {"permanent": False, "reason": "MailboxFull"},
        ),
        ("email.bounced", {"bounce": None}, "email.bounced", {"permanent": False, "reason": ""}),
    ],
    ids=str,
)
def test_a_type_becomes_ours(hooks: Hooks, twin: ResendTwin, told: str, more: dict, becomes: str, data: dict):
    [event] = hooks.parse(twin.tell(told, "m1", **more))
    assert (event.type, event.subject) == (becomes, "m1")
    assert event.occurred_at == datetime(2026, 11, 22, 23, 41, 12, 126000, tzinfo=UTC)
    address = {} if becomes == "email.delivered" else {"address": "person@example.org"}
    assert event.data == {"tags": {}, **address, **data}


@pytest.mark.parametrize("told", ["email.sent", "email.opened", "email.clicked", "contact.created", "email.unheard_of"])
def test_other_types_are_nothing_to_us(hooks: Hooks, twin: ResendTwin, told: str):
    assert list(hooks.parse(twin.tell(told, "m1"))) == []


def test_tags_are_read_in_both_forms(hooks: Hooks, twin: ResendTwin):
    for tags in ({"ref": "42", "odd": 7}, [{"name": "ref", "value": "42"}, "odd", {"name": "x"}]):
        [event] = hooks.parse(twin.tell("email.delivered", "m1", tags=tags))
        assert (event.ref, event.data["tags"]) == ("42", {"ref": "42"})
    [event] = hooks.parse(twin.tell("email.delivered", "m1", tags=None))
    assert event.ref is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"{}",
        b'{"type": 7}',
        b'{"type": "email.bounced"}',
        b'{"type": "email.bounced", "created_at": "2026-11-22T23:41:12Z", "data": {"email_id": 7}}',
        b'{"type": "email.bounced", "created_at": "yesterday", "data": {"email_id": "m1"}}',
        b'{"type": "email.bounced", "data": {"email_id": "m1"}}',
    ],
)
def test_what_is_signed_and_unreadable_is_malformed(hooks: Hooks, twin: ResendTwin, body: bytes):
    assert reason(hooks, twin.signed(body, NOW, now=NOW)) == "malformed"


def test_a_body_that_is_no_text_is_malformed(hooks: Hooks, twin: ResendTwin):
    genuine = twin.tell("email.delivered", "m1")
    broken = WebhookRequest(headers=genuine.headers, body=b"\xff", received_at=genuine.received_at)
    assert reason(hooks, broken) == "malformed"


@pytest.mark.parametrize("secret", ["whsec_", "whsec_*", "whsec_ä"])
def test_a_secret_that_is_none_says_where_to_get_one(secret: str):
    with pytest.raises(NotConfigured, match=r"resend\.com/webhooks") as refused:
        Hooks([secret])
    assert secret == "whsec_" or secret not in str(refused.value)


async def test_without_a_secret_nothing_is_believed(twin: ResendTwin):
    from aethex_live.clock import ManualClock
    from aethex_live.providers.calls import Calls
    from aethex_live.providers.email import MailCap
    from aethex_plugins.email_resend.service import Sender

    calls = Calls("resend", ManualClock())
    provider = ResendMail("re_1", Sender("a@b.org", "A"), calls, base_url="http://127.0.0.1:9", hooks=None)
    assert MailCap.EVENTS not in provider.capabilities
    with pytest.raises(WebhookRejected):
        provider.parse_webhook(twin.tell("email.delivered", "m1"))
    await provider.aclose()


def test_an_event_has_what_the_inbox_stores(hooks: Hooks, twin: ResendTwin):
    [event] = hooks.parse(twin.tell("email.bounced", "m1", tags={"ref": "42"}))
    assert orjson.dumps(dict(event.data))
