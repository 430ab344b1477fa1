"""Each call that the plugin can make, as Resend's own description judges it; and what becomes of its answers."""

import orjson
import pytest

from aethex_live.providers import AccessDenied, Conflict, Invalid, RateLimited, Unavailable
from aethex_live.providers.email import Email
from aethex_plugins.email_resend.errors import refusal
from aethex_plugins.email_resend.service import ResendMail, Sender
from mail_twins import ResendTwin
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
ALL_CALLS = {"POST /emails", "POST /emails/batch", "GET /domains"}


async def test_every_call_is_right_by_the_vendors_own_description(provider: ResendMail, twin: ResendTwin):
    need("specs")
    assert twin.guard is not None
    # When everything is done that the plugin can do
    await provider.send(MAIL, idempotency_key="1")
    await provider.send(Email(to="a@b.org", subject="", text=""), idempotency_key="2")
    await provider.send_many([MAIL, MAIL], idempotency_key="3")
    await provider.try_out()
    # Then each kind of call was seen, and none is wrong
    print(*sorted(set(twin.calls)), sep="\n")
    assert set(twin.calls) == ALL_CALLS
    assert [call.errors for call in twin.seen] == [[], [], [], []]


@pytest.mark.parametrize(
    "broken",
    [{"to": 7}, {"subject": None}, {"tags": [{"name": 1}]}, {"from": None}, {"to": []}],
    ids=str,
)
def test_the_description_refuses_what_is_wrong(broken: dict):
    need("specs")
    guard = ResendTwin().guard
    good = {"from": "a@b.org", "to": ["c@d.org"], "subject": "x", "text": "y"}
    headers = {"content-type": "application/json"}
    assert guard.check("POST", "/emails", headers=headers, body=orjson.dumps(good)).errors == []
    assert guard.check("POST", "/emails", headers=headers, body=orjson.dumps(good | broken)).errors


async def test_a_mail_goes_as_it_is(provider: ResendMail, twin: ResendTwin):
    await provider.send(MAIL, idempotency_key="job-1")
    [call] = twin.seen
    assert call.headers["idempotency-key"] == "job-1"
    assert call.headers["user-agent"] == "aethex-live"
    assert call.body == {
        "from": '"Grüße, “AeThex”" <hello@example.org>',
        "to": ["person@example.org"],
        "subject": "Hello",
        "text": "Hello.",
        "html": "<p>Hello.</p>",
        "reply_to": "help@example.org",
        "headers": {"List-Unsubscribe": "<https://example.org/u>"},
        "tags": [{"name": "ref", "value": "42"}],
    }


@pytest.mark.parametrize(
    ("name", "shown"),
    [("AeThex", "AeThex <a@b.org>"), ('A "B", <c>\\', '"A \\"B\\", <c>\\\\" <a@b.org>'), ("Ünal", "Ünal <a@b.org>")],
)
def test_a_name_cannot_add_a_sender(name: str, shown: str):
    assert str(Sender("a@b.org", name)) == shown


async def test_another_mail_under_a_used_key_is_a_conflict(provider: ResendMail):
    await provider.send(MAIL, idempotency_key="1")
    with pytest.raises(Conflict, match="invalid_idempotent_request"):
        await provider.send(Email(to="a@b.org", subject="Other", text=""), idempotency_key="1")


@pytest.mark.parametrize(
    ("status", "name", "error", "retry_after", "says"),
    [
        (401, "missing_api_key", AccessDenied, None, "resend.com/api-keys"),
        (403, "invalid_api_key", AccessDenied, None, "AETHEX_EMAIL_RESEND__API_KEY"),
        (403, "validation_error", AccessDenied, None, "resend.com/domains"),
        (409, "concurrent_idempotent_requests", RateLimited, 1.0, "still at work"),
        (422, "missing_required_field", Invalid, None, "malformed: subject"),
        (429, "daily_quota_exceeded", RateLimited, 3600.0, "quota"),
        (429, "monthly_quota_exceeded", RateLimited, 86400.0, "quota"),
    ],
)
def test_a_refusal_says_what_to_mend(status: int, name: str, error: type, retry_after: float | None, says: str):
    from aethex_live.providers.http import Reply

    told = {"statusCode": status, "name": name, "message": "Missing `subject` of person@example.org"}
    found = refusal(Reply(status, {"x-request-id": "req-7"}, orjson.dumps(told)))
    assert type(found) is error
    assert says in str(found)
    assert "req-7" in str(found)
    assert "@" not in str(found), "the vendor's words may hold addresses"
    assert found.retry_after == retry_after


@pytest.mark.parametrize(
    "answer", [b"", b"[]", b"{}", b'{"id": 7}', b'{"id": ""}', b'{"data": []}', b"null", b"\xff", b'{"id": "a b"}']
)
async def test_an_answer_outside_the_description_is_unavailable(provider: ResendMail, twin: ResendTwin, answer: bytes):
    from aiohttp import web

    twin.took = lambda *_: web.Response(body=answer, headers={"x-request-id": "req-9"})
    with pytest.raises(Unavailable, match="req-9"):
        await provider.send(MAIL, idempotency_key="1")
    with pytest.raises(Unavailable, match="not in its own description"):
        await provider.send_many([MAIL], idempotency_key="2")


async def test_a_batch_with_too_few_ids_is_unavailable(provider: ResendMail, twin: ResendTwin):
    from aiohttp import web

    twin.took = lambda *_: web.json_response({"data": [{"id": "1"}]})
    with pytest.raises(Unavailable):
        await provider.send_many([MAIL, MAIL], idempotency_key="1")


async def test_trying_out_tells_a_right_key_from_a_wrong_one(provider: ResendMail, twin: ResendTwin):
    assert "example.org" in await provider.try_out()
    twin.sending_only = True
    assert "may send and nothing else" in await provider.try_out()
    twin.sending_only, twin.domains = False, [{"name": "example.org", "status": "pending"}]
    with pytest.raises(AccessDenied, match=r"has not verified example\.org"):
        await provider.try_out()
    twin.key = "re_another"
    with pytest.raises(AccessDenied, match=r"resend\.com/api-keys"):
        await provider.try_out()
    assert twin.taken == []
