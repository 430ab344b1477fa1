"""Each call that the plugin can make, as SendGrid's own description judges it; and what becomes of its answers."""

import orjson
import pytest

from aethex_live.providers import AccessDenied, Invalid
from aethex_live.providers.email import Email
from aethex_live.providers.http import Reply
from aethex_plugins.email_sendgrid.errors import refusal
from aethex_plugins.email_sendgrid.service import SendgridMail
from mail_twins import SendgridTwin
from needs import need

MAIL = Email(
    to="person@example.org",
    subject="Hello",
    text="Hello.",
    html="<p>Hello.</p>",
    reply_to="help@example.org",
    headers={"List-Unsubscribe": "<https://example.org/u>"},
    tags={"ref": "42"},
)
ALL_CALLS = {"POST /v3/mail/send"}


async def test_every_call_is_right_by_the_vendors_own_description(provider: SendgridMail, twin: SendgridTwin):
    need("specs")
    assert twin.guard is not None
    # When everything is done that the plugin can do
    await provider.send(MAIL, idempotency_key="1")
    await provider.send(Email(to="a@b.org", subject="x", text="", html=""), idempotency_key="2")
    await provider.try_out()
    # Then each kind of call was seen, and none is wrong
    print(*sorted(set(twin.calls)), sep="\n")
    assert set(twin.calls) == ALL_CALLS
    assert [call.errors for call in twin.seen] == [[], [], []]


@pytest.mark.parametrize(
    "broken",
    [
        {"from": None},
        {"from": {"name": "nobody"}},
        {"personalizations": [{}]},
        {"subject": ""},
        {"content": [{"type": "text/plain"}]},
        {"content": [{"type": "text/plain", "value": ""}]},
    ],
    ids=str,
)
def test_the_description_refuses_what_is_wrong(broken: dict):
    need("specs")
    guard = SendgridTwin().guard
    good = {
        "personalizations": [{"to": [{"email": "a@b.org"}]}],
        "from": {"email": "c@d.org"},
        "subject": "x",
        "content": [{"type": "text/plain", "value": "y"}],
    }
    headers = {"content-type": "application/json"}
    assert guard.check("POST", "/v3/mail/send", headers=headers, body=orjson.dumps(good)).errors == []
    assert guard.check("POST", "/v3/mail/send", headers=headers, body=orjson.dumps(good | broken)).errors


async def test_a_mail_goes_as_it_is_and_untracked(provider: SendgridMail, twin: SendgridTwin):
    assert await provider.send(MAIL, idempotency_key="job-1") == next(iter(twin.tags))
    [call] = twin.seen
    assert call.body == {
        "personalizations": [{"to": [{"email": "person@example.org"}], "custom_args": {"ax_ref": "42"}}],
        "from": {"email": "hello@example.org", "name": "AeThex"},
        "subject": "Hello",
        "content": [{"type": "text/plain", "value": "Hello."}, {"type": "text/html", "value": "<p>Hello.</p>"}],
        "reply_to": {"email": "help@example.org"},
        "headers": {"List-Unsubscribe": "<https://example.org/u>"},
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
            "subscription_tracking": {"enable": False},
        },
    }


async def test_a_mail_that_gets_no_id_goes_by_its_key(provider: SendgridMail, twin: SendgridTwin):
    twin.silent_about_id = True
    assert await provider.send(MAIL, idempotency_key="job-1") == "job-1"


async def test_a_mail_without_a_subject_is_refused_before_it_goes(provider: SendgridMail, twin: SendgridTwin):
    with pytest.raises(Invalid, match="subject"):
        await provider.send(Email(to="a@b.org", subject=" ", text="x"), idempotency_key="1")
    assert twin.seen == []


@pytest.mark.parametrize(
    ("status", "error", "says"),
    [
        (400, Invalid, "malformed: personalizations.0.to.0.email (400, request req-7)"),
        (401, AccessDenied, "AETHEX_EMAIL_SENDGRID__API_KEY"),
        (403, AccessDenied, "settings/sender_auth"),
        (413, Invalid, "malformed"),
    ],
)
def test_a_refusal_says_what_to_mend(status: int, error: type, says: str):
    told = {
        "errors": [
            {"message": "not person@example.org", "field": None},
            {"message": "x", "field": "personalizations.0.to.0.email"},
        ]
    }
    found = refusal(Reply(status, {"x-request-id": "req-7"}, orjson.dumps(told)))
    assert type(found) is error
    assert says in str(found)
    assert "req-7" in str(found)
    assert "@" not in str(found), "the vendor's words may hold addresses"


@pytest.mark.parametrize("body", [b"", b"[]", b'{"errors": 7}', b'{"errors": [7]}', b'{"errors": [{"field": "null"}]}'])
def test_a_refusal_without_a_field_is_read(body: bytes):
    found = refusal(Reply(400, {}, body))
    assert isinstance(found, Invalid)
    assert found.code == "400"


async def test_trying_out_tells_a_right_key_from_a_wrong_one(provider: SendgridMail, twin: SendgridTwin):
    assert "takes the API key" in await provider.try_out()
    twin.key = "SG.another"
    with pytest.raises(AccessDenied, match="settings/api_keys"):
        await provider.try_out()
    assert twin.taken == []
