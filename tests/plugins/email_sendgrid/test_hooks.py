"""What SendGrid tells: the published vector, what is refused, and what each event becomes."""

import base64
import json
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from aethex_live.providers import NotConfigured
from aethex_live.providers.webhooks import WebhookRejected, WebhookRequest
from aethex_plugins.email_sendgrid.hooks import Hooks, message_of
from mail_twins import SendgridTwin
from needs import need

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HEAD = "x-twilio-email-event-webhook-"


@pytest.fixture
def twin() -> SendgridTwin:
    return SendgridTwin()


@pytest.fixture
def hooks(twin: SendgridTwin) -> Hooks:
    return Hooks([twin.public_key])


def reason(hooks: Hooks, request: WebhookRequest) -> str:
    with pytest.raises(WebhookRejected) as rejected:
        hooks.parse(request)
    return rejected.value.reason


def of_vector(**changes: object) -> tuple[Hooks, WebhookRequest]:
    vector = json.loads((need("specs") / "webhook-vectors.json").read_text("utf-8"))["sendgrid_event"] | changes
    headers = {f"{HEAD}timestamp": vector["timestamp"], f"{HEAD}signature": vector["signature"]}
    now = datetime.fromtimestamp(1600112502, UTC) + timedelta(seconds=vector.get("late", 0))
    body = vector["body"].encode()
    return Hooks([vector["public_key_der_b64"]]), WebhookRequest(headers=headers, body=body, received_at=now)


def test_the_published_vector_is_a_bounce():
    hooks, request = of_vector()
    [event] = hooks.parse(request)
    assert event.id == "ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA"
    assert (event.type, event.subject, event.ref) == ("email.bounced", "LRzXl_NHStOGhQ4kofSm_A", None)
    assert event.occurred_at == datetime.fromtimestamp(1600112492, UTC)
    assert event.data == {"tags": {}, "address": "hello@world.com", "permanent": True, "reason": "Bounced_Address"}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"body": "[]\r\n"}, "signature"),
        ({"timestamp": "1600112503"}, "signature"),
        ({"public_key_der_b64": SendgridTwin().public_key}, "signature"),
        ({"signature": base64.b64encode(b"no DER at all").decode()}, "signature"),
        ({"signature": "*"}, "malformed"),
        ({"timestamp": "16001125o2"}, "malformed"),
        ({"timestamp": ""}, "missing"),
        ({"signature": ""}, "missing"),
        ({"late": 301}, "stale"),
        ({"late": -301}, "stale"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_changed_vector_is_refused(changes: dict, why: str):
    assert reason(*of_vector(**changes)) == why


def test_the_end_of_the_line_belongs_to_the_vector():
    hooks, request = of_vector()
    bare = WebhookRequest(headers=request.headers, body=request.body.rstrip(), received_at=request.received_at)
    assert reason(hooks, bare) == "signature"


def test_a_list_becomes_what_is_for_us_in_its_order(hooks: Hooks, twin: SendgridTwin):
    twin.tags["m1"] = {"ax_ref": "42", "ax_topic": "welcome", "ax_odd": 7}
    told = [
        twin.told("processed", "m1"),
        twin.told("delivered", "m1"),
        twin.told("open", "m1"),
        twin.told("bounce", "m2", type="bounce", status="5.1.1", reason="550 hello@world.com unknown"),
        twin.told("bounce", "m3", type="blocked", status="4.7.1"),
        twin.told("dropped", "m4", reason="Spam Reporting Address"),
        twin.told("spamreport", "m5"),
        twin.told("group_unsubscribe", "m6"),
        {"event": None},
    ]
    events = hooks.parse(twin.signed(orjson.dumps(told), NOW, now=NOW))
    assert [(event.type, event.subject) for event in events] == [
        ("email.delivered", "m1"),
        ("email.bounced", "m2"),
        ("email.bounced", "m3"),
        ("email.bounced", "m4"),
        ("email.complained", "m5"),
    ]
    assert events[0].data == {"tags": {"ref": "42", "topic": "welcome"}}
    assert events[0].ref == "42"
    address = {"tags": {}, "address": "person@example.org"}
    assert [dict(event.data) for event in events[1:]] == [
        address | {"permanent": True, "reason": "5_1_1"},
        address | {"permanent": False, "reason": "4_7_1"},
        address | {"permanent": True, "reason": "Spam_Reporting_Address"},
        address,
    ]
    assert len({event.id for event in events}) == 5


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"null",
        b"[7]",
        b"[",
        b'[{"event": "bounce"}]',
        b'[{"event": "bounce", "sg_event_id": "e", "timestamp": "now"}]',
        b'[{"event": "bounce", "sg_event_id": "e", "timestamp": true}]',
        b'[{"event": "bounce", "sg_event_id": "e", "timestamp": 1e300}]',
        b'[{"event": "bounce", "sg_event_id": 7, "timestamp": 1600112492}]',
    ],
)
def test_what_is_signed_and_unreadable_is_malformed(hooks: Hooks, twin: SendgridTwin, body: bytes):
    assert reason(hooks, twin.signed(body, NOW, now=NOW)) == "malformed"


def test_an_empty_list_is_nothing(hooks: Hooks, twin: SendgridTwin):
    assert list(hooks.parse(twin.signed(b"[]", NOW, now=NOW))) == []


def test_either_of_two_keys_holds(twin: SendgridTwin):
    other = SendgridTwin()
    hooks = Hooks([other.public_key, twin.public_key])
    assert hooks.parse(twin.tell("email.delivered", "m1"))
    assert hooks.parse(other.tell("email.delivered", "m1"))


@pytest.mark.parametrize(
    ("long", "ours"),
    [
        ("LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0", "LRzXl_NHStOGhQ4kofSm_A"),
        ("LRzXl.recvd-canary-6b8c-1-67F.0", "LRzXl"),
        ("14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0", "14c5d75ce93.dfd.64b469"),
        ("14c5d75ce93.0", "14c5d75ce93"),
        ("alone", "alone"),
    ],
)
def test_the_id_of_a_mail_is_found_in_that_of_an_event(long: str, ours: str):
    assert message_of(long) == ours


def public(key: object) -> str:
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]
    return base64.b64encode(der).decode()


@pytest.mark.parametrize(
    "key",
    [
        "no key",
        "",
        base64.b64encode(b"no key").decode(),
        public(ec.generate_private_key(ec.SECP384R1())),
        public(rsa.generate_private_key(65537, 2048)),
    ],
    ids=["words", "nothing", "bytes", "another curve", "RSA"],
)
def test_a_key_that_is_none_says_where_to_get_one(key: str):
    with pytest.raises(NotConfigured, match=r"app\.sendgrid\.com/settings/mail_settings"):
        Hooks([key])
