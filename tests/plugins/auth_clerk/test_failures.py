"""What becomes of each call at Clerk when it fails: one table, operation by failure."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from clerk_twin import ClerkTwin

from aethex_live.clock import ManualClock
from aethex_live.providers import AccessDenied, ProviderError, RateLimited, Unavailable
from aethex_live.providers.calls import FAILURES as MOST_FAILURES
from aethex_live.providers.calls import PROBE_S
from aethex_plugins.auth_clerk.service import ClerkAuth

Act = Callable[[ClerkAuth], Awaitable[object]]
ACTS: dict[str, Act] = {
    "look up": lambda clerk: clerk.look_up("user_ada"),
    "revoke": lambda clerk: clerk.revoke_session("sess_1"),
    "ban": lambda clerk: clerk.set_banned("user_ada", banned=True),
    "unban": lambda clerk: clerk.set_banned("user_ada", banned=False),
    "try out": lambda clerk: clerk.try_out(),
}
DOWN = {  # how it fails -> what its sentence says
    "refused": "can't be reached",
    "timeout": "did not answer",
    "failed": "failed (500), request req-500",
    "half": "can't be reached",
}
# an answer that nobody reads can be any text
READS = [name for name in ACTS if name not in {"revoke", "ban", "unban"}]


@pytest.fixture(autouse=True)
def _session(twin: ClerkTwin, mint):
    mint(sid="sess_1")


async def fail(twin: ClerkTwin, how: str) -> None:
    if how == "refused":
        await twin.stop()
    else:
        twin.failing = how


async def heal(twin: ClerkTwin, how: str) -> None:
    if how == "refused":
        await twin.start(twin.port)
    twin.failing = ""


@pytest.mark.parametrize("how", DOWN)
@pytest.mark.parametrize("act", ACTS)
async def test_a_vendor_who_fails_is_unavailable_in_two_seconds(clerk, twin, act: str, how: str):
    await fail(twin, how)
    began = time.monotonic()
    with pytest.raises(Unavailable) as failed:
        await ACTS[act](clerk)
    assert DOWN[how] in str(failed.value)
    assert failed.value.retryable
    assert time.monotonic() - began < 2
    await heal(twin, how)


@pytest.mark.parametrize("act", READS)
async def test_wrong_json_is_unavailable(clerk, twin, act: str):
    twin.failing = "wrong json"
    with pytest.raises(Unavailable, match="not in its own description, request req-1"):
        await ACTS[act](clerk)


@pytest.mark.parametrize("act", ACTS)
async def test_a_slow_vendor_is_waited_for(clerk, twin, act: str):
    twin.failing = "slow"
    await ACTS[act](clerk)


@pytest.mark.parametrize("act", ACTS)
async def test_a_busy_vendor_says_when_to_come_back(clerk, twin, act: str):
    twin.failing = "busy"
    with pytest.raises(RateLimited) as busy:
        await ACTS[act](clerk)
    assert busy.value.retry_after == 7


@pytest.mark.parametrize("act", ACTS)
async def test_credentials_that_ran_out_say_where_to_get_new_ones(clerk, twin, act: str):
    twin.failing = "expired"
    with pytest.raises(AccessDenied, match=r"secret_key under \[plugins\.auth_clerk\].*request trace-4") as denied:
        await ACTS[act](clerk)
    assert twin.key not in str(denied.value)
    assert not denied.value.retryable


@pytest.mark.parametrize("how", ["busy", "expired"])
async def test_a_vendor_who_answers_is_not_spared(clerk, twin, how: str):
    twin.failing = how
    for _ in range(MOST_FAILURES + 1):
        with pytest.raises((RateLimited, AccessDenied)):
            await clerk.look_up("user_ada")
    assert clerk.calls.condition.healthy


@pytest.mark.parametrize("how", ["refused", "timeout", "failed", "half", "wrong json"])
async def test_a_vendor_who_is_down_is_spared_and_comes_back(clerk, twin, clock: ManualClock, how: str):
    # Given a vendor who fails for long
    await fail(twin, how)
    for _ in range(MOST_FAILURES):
        with pytest.raises(Unavailable):
            await clerk.look_up("user_ada")
    if how == "wrong json":  # it answers, so it is asked; each time the answer is refused
        assert clerk.calls.condition.healthy
        await heal(twin, how)
        assert await clerk.look_up("user_ada")
        return
    assert not clerk.calls.condition.healthy
    # When more is wanted, it is left alone
    before = len(twin.seen)
    for _ in range(10):
        with pytest.raises(Unavailable, match="not answering at the moment"):
            await clerk.look_up("user_ada")
    assert len(twin.seen) == before
    # Then one call in ten seconds finds out, and all is well again
    await heal(twin, how)
    clock.advance(PROBE_S)
    assert await clerk.look_up("user_ada")
    assert await clerk.look_up("user_ada")
    assert clerk.calls.condition.healthy


async def test_an_outage_of_the_api_leaves_sign_in_alone(clerk, twin, mint):
    twin.failing = "failed"
    for _ in range(MOST_FAILURES):
        with pytest.raises(Unavailable):
            await clerk.look_up("user_ada")
    found = await clerk.read_token({"authorization": f"Bearer {mint()}"}, {})
    assert found.identity.subject == "user_ada"
    assert clerk.issuers()[0].healthy


async def test_a_page_says_so_when_the_keys_cannot_be_had(clerk, twin, mint, clock: ManualClock):
    twin.keys_trouble = "failed"
    for _ in range(MOST_FAILURES):
        with pytest.raises(Unavailable):
            await clerk.read_token({"authorization": f"Bearer {mint()}"}, {})
        clock.advance(10)
    assert not clerk.issuers()[0].healthy
    assert not clerk.calls.condition.healthy
    twin.keys_trouble = ""
    clock.advance(10)
    assert await clerk.read_token({"authorization": f"Bearer {mint()}"}, {})
    assert clerk.issuers()[0].healthy


async def test_an_endless_answer_is_cut_off(clerk, twin):
    twin.took = lambda *_: web.Response(body=b'{"id": "user_ada", "more": "' + b"x" * (2 << 20) + b'"}')
    with pytest.raises(Unavailable, match="not in its own description"):
        await clerk.look_up("user_ada")


async def test_neither_a_person_nor_a_key_stands_in_a_log(clerk, twin, mint, caplog):
    caplog.set_level(logging.DEBUG)
    token = mint()
    for how in ("failed", "wrong json", "expired", "half", ""):
        twin.failing = how
        for act in ACTS.values():
            with contextlib.suppress(ProviderError):
                await act(clerk)
    await clerk.read_token({"authorization": f"Bearer {token}"}, {})
    for secret in ("ada@example.org", "person@example.org", twin.key, token, twin.secret):
        assert secret not in caplog.text
