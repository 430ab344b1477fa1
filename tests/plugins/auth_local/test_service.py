"""Proving by password: the transaction, rehashing, timing, crowds."""

import asyncio
import statistics
import threading
import time

import pytest

from aethex_live.clock import ManualClock
from aethex_live.db import Database
from aethex_live.providers import AccessDenied, Conflict, Invalid, NotFound, Unavailable
from aethex_plugins.auth_local.hashing import Hashing
from aethex_plugins.auth_local.models import Credential
from aethex_plugins.auth_local.service import LocalAuth
from aethex_plugins.auth_local.settings import AuthLocalSettings

GOOD = "correct horse battery staple"


def costing(**changes: int) -> AuthLocalSettings:
    return AuthLocalSettings(**{"time_cost": 1, "memory_kib": 8192, "parallelism": 1, "threads": 1} | changes)


async def test_the_stored_secret_is_argon2id(auth: LocalAuth):
    await auth.register("ada", await auth.prepare_password(GOOD))
    assert (await Credential.get(subject="ada")).secret.startswith("$argon2id$v=19$m=8192,t=1,p=1$")


async def test_a_conflict_leaves_the_callers_transaction_alive(auth: LocalAuth, rolled_back: Database):
    prepared = await auth.prepare_password(GOOD)
    async with rolled_back.transaction():
        await auth.register("ada", prepared)
        with pytest.raises(Conflict):
            await auth.register("ada", prepared)
        await auth.register("bob", prepared)
    assert await Credential.filter(subject__in=["ada", "bob"]).count() == 2


async def test_registering_is_undone_with_the_callers_transaction(auth: LocalAuth, rolled_back: Database):
    prepared = await auth.prepare_password(GOOD)

    async def fail_after_registering() -> None:
        async with rolled_back.transaction():
            await auth.register("ada", prepared)
            raise RuntimeError("the account could not be made")

    with pytest.raises(RuntimeError):
        await fail_after_registering()
    assert not await Credential.filter(subject="ada").exists()


async def test_a_password_of_an_unknown_subject_cannot_be_set(auth: LocalAuth):
    with pytest.raises(NotFound):
        await auth.set_password("nobody", "secret")


async def test_setting_a_password_tells_when(auth: LocalAuth, clock: ManualClock):
    prepared = await auth.prepare_password(GOOD)
    await auth.register("ada", prepared)
    clock.advance(3600)
    await auth.set_password("ada", prepared)
    assert (await Credential.get(subject="ada")).changed_at == clock.now()


async def test_signing_in_renews_a_hash_of_other_parameters(auth: LocalAuth, rolled_back: Database, clock: ManualClock):
    # Given an account whose hash has the old cost
    await auth.register("ada", await auth.prepare_password(GOOD))
    old = (await Credential.get(subject="ada")).secret
    # When the cost is raised and she signs in
    hashing = Hashing(costing(time_cost=2))
    raised = LocalAuth(rolled_back, hashing, clock)
    await raised.check_password("ada", GOOD)
    # Then the hash is a new one of the new cost, and it holds the same password
    new = (await Credential.get(subject="ada")).secret
    assert ",t=1," in old
    assert ",t=2," in new
    await raised.check_password("ada", GOOD)
    assert (await Credential.get(subject="ada")).secret == new
    hashing.close()


async def test_a_wrong_password_renews_nothing(auth: LocalAuth, rolled_back: Database, clock: ManualClock):
    await auth.register("ada", await auth.prepare_password(GOOD))
    hashing = Hashing(costing(time_cost=2))
    with pytest.raises(AccessDenied):
        await LocalAuth(rolled_back, hashing, clock).check_password("ada", "something else")
    assert ",t=1," in (await Credential.get(subject="ada")).secret
    hashing.close()


async def test_a_damaged_secret_is_a_wrong_password(auth: LocalAuth):
    await auth.register("ada", "nonsense")
    with pytest.raises(AccessDenied):
        await auth.check_password("ada", GOOD)


async def test_an_unknown_subject_takes_as_long_as_a_wrong_password(
    rolled_back: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
):
    """Both verify one hash of today's cost; on a busy machine the clock is no more than a rough check."""
    hashing = Hashing(costing(time_cost=8))
    await hashing.warm_up()
    auth = LocalAuth(rolled_back, hashing, clock)
    await auth.register("ada", await auth.prepare_password(GOOD))
    verified: list[str] = []
    verify = hashing._verify
    monkeypatch.setattr(hashing, "_verify", lambda secret, typed: verified.append(secret) or verify(secret, typed))

    async def seconds(subject: str) -> float:
        start = time.perf_counter()
        with pytest.raises(AccessDenied):
            await auth.check_password(subject, "something else")
        return time.perf_counter() - start

    took = [(await seconds("ada"), await seconds("nobody"), await seconds("")) for _ in range(7)]
    known, unknown, empty = (statistics.median(column) for column in zip(*took, strict=True))
    assert len(verified) == 21
    assert {secret.split("$")[3] for secret in verified} == {"m=8192,t=8,p=1"}
    assert 0.4 < unknown / known < 2.5
    assert 0.4 < empty / known < 2.5
    hashing.close()


async def test_a_very_long_password_costs_no_more(auth: LocalAuth):
    await auth.register("ada", await auth.prepare_password(GOOD))
    with pytest.raises(AccessDenied):
        await auth.check_password("ada", GOOD * 100_000)
    with pytest.raises(Invalid, match="at most 256"):
        await auth.prepare_password(GOOD * 100_000)


async def test_half_a_character_is_a_wrong_password_and_no_crash(auth: LocalAuth):
    await auth.register("ada", await auth.prepare_password(GOOD))
    with pytest.raises(AccessDenied):
        await auth.check_password("ada", "half a character \ud800")


async def test_the_event_loop_goes_on_while_a_password_is_hashed():
    hashing = Hashing(costing())
    held = threading.Event()
    hashing._hasher = _Blocked(held)  # type: ignore[assignment]  # stands in for a hash that takes for ever
    waiting = asyncio.create_task(hashing.hash(GOOD))
    await asyncio.sleep(0)
    held.set()  # reached only because the loop was free
    assert await asyncio.wait_for(waiting, 5) == "hash"
    hashing.close()


async def test_a_crowd_is_asked_to_wait():
    hashing = Hashing(costing(threads=1, waiting=2))
    held = threading.Event()
    hashing._hasher = _Blocked(held)  # type: ignore[assignment]  # stands in for a hash that takes for ever
    # Given one password in work and two that wait
    crowd = [asyncio.create_task(hashing.hash(GOOD)) for _ in range(3)]
    await asyncio.sleep(0)
    # When a fourth comes, then it is sent away for a moment
    with pytest.raises(Unavailable, match="Try again in a few seconds") as refused:
        await hashing.hash(GOOD)
    assert refused.value.retry_after == 5.0
    # And when the others are done, there is room again
    held.set()
    assert await asyncio.wait_for(asyncio.gather(*crowd), 5) == ["hash"] * 3
    assert await hashing.hash(GOOD) == "hash"
    hashing.close()


class _Blocked:
    def __init__(self, held: threading.Event) -> None:
        self._held = held

    def hash(self, _password: bytes) -> str:
        self._held.wait(5)
        return "hash"


async def test_the_default_cost_is_about_fifty_milliseconds():
    """Between what a guess must cost at least and what a person waits for, with room for a busy machine."""
    hashing = Hashing(AuthLocalSettings())
    await hashing.warm_up()
    took = []
    for _ in range(5):
        start = time.perf_counter()
        await hashing.hash(GOOD)
        took.append(time.perf_counter() - start)
    assert 0.01 < min(took) < 0.5
    hashing.close()
