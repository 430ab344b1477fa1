"""Each call that the plugin can make, as Clerk's own descriptions judge it; and what becomes of its answers."""

import pytest
from aiohttp import web
from clerk_twin import FOREIGN, NEW, OLD, SECOND, ClerkTwin, person

from aethex_live.providers import AccessDenied, Conflict, Invalid, NotFound, RateLimited, Unavailable, Unsupported
from aethex_live.providers.http import Reply
from aethex_plugins.auth_clerk.client import API_VERSION
from aethex_plugins.auth_clerk.errors import refusal
from needs import need
from vendor_specs import guard_of

ALL_CALLS = {
    "GET /jwks",
    "GET /sessions/{session_id}",
    "GET /users/{user_id}",
    "POST /sessions/{session_id}/revoke",
    "POST /users/{user_id}/ban",
    "POST /users/{user_id}/unban",
}


def path_of(call: str) -> str:
    """A call as the description writes it."""
    method, _, path = call.partition(" ")
    parts = path.split("/")
    if len(parts) > 2:
        parts[2] = {"users": "{user_id}", "sessions": "{session_id}"}[parts[1]]
    return f"{method} {'/'.join(parts)}"


@pytest.mark.parametrize("spec", [OLD, NEW])
async def test_every_call_is_right_by_the_vendors_own_descriptions(clerk, twin: ClerkTwin, mint, spec: str):
    need("specs")
    twin.guard = guard_of(spec)
    assert twin.guard is not None
    # When everything is done that the plugin can do
    mint(sid="sess_1")
    await clerk.try_out()
    await clerk.look_up("user_ada")
    await clerk.revoke_session("sess_1")
    await clerk.revoke_session("sess_1")  # over: so its state is asked for
    await clerk.set_banned("user_ada", banned=True)
    await clerk.set_banned("user_ada", banned=False)
    # Then each kind of call was seen, and none is wrong
    seen = {path_of(call) for call in twin.calls}
    print(*sorted(seen), sep="\n")
    assert seen == ALL_CALLS
    assert twin.wrong_calls() == []
    assert {call.headers["clerk-api-version"] for call in twin.seen} == {API_VERSION}
    assert f"clerk-bapi-{API_VERSION}.json" == OLD


@pytest.mark.parametrize("path", ["/user/user_ada", "/users/user_ada/bann", "/sessions/sess_1/revoked"])
def test_the_description_refuses_what_is_wrong(path: str):
    need("specs")
    assert guard_of(OLD).check("POST", path, headers={}, body=b"").errors


async def test_the_secret_key_goes_to_the_api_and_nowhere_else(clerk, twin, mint):
    shown: list[str | None] = []
    public = twin._public_keys

    async def note(request: web.Request):
        shown.append(request.headers.get("Authorization"))
        return await public(request)

    twin._public_keys = note
    await clerk.read_token({"authorization": f"Bearer {mint()}"}, {})
    assert shown == [None]


async def test_somebody_is_told_of_with_the_address_that_was_verified(clerk, build, twin):
    twin.people["user_ada"]["username"] = "ada_l"
    found = await clerk.look_up("user_ada")
    assert (found.name, found.email, found.email_verified) == ("Ada Example", "ada@example.org", True)
    assert found.claims == {"preferred_username": "ada_l"}
    assert (await build(twin, trust_email=False).look_up("user_ada")).email_verified is False


@pytest.mark.parametrize(
    ("changes", "email", "verified"),
    [
        ({"primary_email_address_id": None}, None, False),
        ({"primary_email_address_id": "idn_other"}, None, False),
        ({"email_addresses": []}, None, False),
        ({"email_addresses": "x"}, None, False),
        ({"email_addresses": [{"id": "idn_ada", "email_address": "a@b.org", "verification": None}]}, "a@b.org", False),
        (
            {"email_addresses": [{"id": "idn_ada", "email_address": "a@b.org", "verification": {"status": "expired"}}]},
            "a@b.org",
            False,
        ),
        ({"email_addresses": [{"id": "idn_ada", "email_address": 7, "verification": {}}]}, None, False),
        ({"first_name": None, "last_name": 7}, "ada@example.org", True),
    ],
    ids=str,
)
async def test_only_a_clear_yes_verifies_an_address(clerk, twin, changes: dict, email: str | None, verified: bool):
    twin.people["user_ada"] = person("ada", **changes)
    found = await clerk.look_up("user_ada")
    assert (found.email, found.email_verified) == (email, verified)
    assert found.name == (None if "first_name" in changes else "Ada Example")


async def test_a_session_is_revoked_once_and_what_is_over_is_no_error(clerk, twin, mint):
    mint(sid="sess_1")
    await clerk.revoke_session("sess_1")
    assert twin.sessions["sess_1"]["status"] == "revoked"
    await clerk.revoke_session("sess_1")
    await clerk.revoke_session("sess_unheardof")
    before = len(twin.seen)
    await clerk.revoke_session("../users/user_ada/ban")
    assert len(twin.seen) == before, "what is no id goes into no address"


async def test_a_session_that_is_open_and_not_revoked_is_an_error(clerk, twin, mint):
    mint(sid="sess_1")
    taken = twin.took
    twin.took = lambda method, *rest: twin.refused(400) if method == "POST" else taken(method, *rest)
    with pytest.raises(Invalid):
        await clerk.revoke_session("sess_1")


async def test_somebody_is_shut_out_and_let_in_again(clerk, twin):
    await clerk.set_banned("user_ada", banned=True)
    assert twin.people["user_ada"]["banned"] is True
    await clerk.set_banned("user_ada", banned=False)
    assert twin.people["user_ada"]["banned"] is False
    for subject in ("user_nobody", "ada", "../x"):
        with pytest.raises(NotFound):
            await clerk.set_banned(subject, banned=True)
        with pytest.raises(NotFound):
            await clerk.look_up(subject)


async def test_a_plan_without_bans_says_so(clerk, twin):
    twin.took = lambda *_: twin.refused(402)
    with pytest.raises(Unsupported, match=r"plan of this instance.*quota_exceeded, request trace-4"):
        await clerk.set_banned("user_ada", banned=True)


async def test_trying_out_tells_right_keys_from_wrong_ones(clerk, build, twin):
    assert "webhooks are verified" in await clerk.try_out()
    assert "webhook_secrets is empty" in await build(twin).try_out()
    twin.own_keys = [SECOND]
    with pytest.raises(AccessDenied, match="of two instances"):
        await clerk.try_out()
    twin.own_keys, twin.key = [FOREIGN, SECOND], "sk_test_another0123"
    with pytest.raises(AccessDenied, match=r"secret_key under \[plugins\.auth_clerk\]"):
        await clerk.try_out()


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, "form_param_invalid", Invalid),
        (401, "authentication_invalid", AccessDenied),
        (403, "authorization_invalid", AccessDenied),
        (409, "conflict", Conflict),
        (422, "form_invalid", Invalid),
        (429, "too_many_requests", RateLimited),
        (500, "internal_clerk_error", Unavailable),
    ],
)
async def test_a_refusal_is_one_of_ours_and_names_no_person(clerk, twin, status: int, code: str, error: type):
    told = {"errors": [{"message": "ada@example.org", "long_message": "ada@example.org", "code": code}]}
    twin.took = lambda *_: web.json_response(told, status=status, headers={"cf-ray": "ray-9"})
    with pytest.raises(error) as refused:
        await clerk.look_up("user_ada")
    assert type(refused.value) is error
    assert "ada@example.org" not in str(refused.value)
    assert "ray-9" in str(refused.value)
    assert twin.key not in str(refused.value) + repr(refused.value)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"errors": 7}', b'{"errors": [7]}', b"\xff"])
def test_a_refusal_of_any_shape_is_read(body: bytes):
    assert isinstance(refusal("user", Reply(401, {}, body)), AccessDenied)
    assert refusal("user", Reply(500, {}, body)) is None


@pytest.mark.parametrize(
    "answer", [b"", b"[]", b"{}", b'{"id": 7}', b'{"id": "user_grace"}', b"null", b"\xff", b'{"id": null}']
)
async def test_an_answer_outside_the_description_is_unavailable(clerk, twin, answer: bytes):
    twin.took = lambda *_: web.Response(body=answer, headers={"cf-ray": "ray-7"})
    with pytest.raises(Unavailable, match="not in its own description, request ray-7"):
        await clerk.look_up("user_ada")


@pytest.mark.parametrize("answer", ["{}", '{"keys": []}', '{"keys": [{"kty": "oct"}]}', "null"])
async def test_a_set_without_keys_is_unavailable(clerk, twin, answer: str):
    twin.took = lambda *_: web.Response(text=answer)
    with pytest.raises(Unavailable):
        await clerk.try_out()
