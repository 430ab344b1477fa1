"""The keys of the instance: fetched once, again for a new one, kept while Clerk is away."""

import asyncio
import time

import pytest
from clerk_twin import FIRST, FOREIGN, SECOND, rsa

from aethex_live.providers import AccessDenied, Unavailable
from aethex_live.providers.calls import ATTEMPTS
from aethex_plugins.auth_clerk.keys import AFTER_FAILURE_S, AGAIN_S, LONGEST_S, read_set

HOUR = 3600


async def proves(clerk, token: str) -> str:
    found = await clerk.read_token({"authorization": f"Bearer {token}"}, {})
    return found.identity.subject


async def refused(clerk, token: str) -> str:
    with pytest.raises(AccessDenied) as denied:
        await proves(clerk, token)
    return denied.value.code


async def test_keys_are_fetched_once_and_then_nothing_goes_over_the_network(clerk, twin, mint):
    for _ in range(20):
        assert await proves(clerk, mint()) == "user_ada"
    assert twin.keys_asked == 1
    await twin.stop()  # the proof that nobody asks
    began = time.perf_counter()
    for token in [mint() for _ in range(20)]:
        await proves(clerk, token)
    assert time.perf_counter() - began < 1
    await twin.start(twin.port)


async def test_those_who_come_at_once_ask_once(clerk, twin, mint):
    tokens = [mint() for _ in range(50)]
    await asyncio.gather(*(proves(clerk, token) for token in tokens))
    assert twin.keys_asked == 1


async def test_a_new_key_is_found_and_an_unknown_one_asked_for_once_a_minute(clerk, twin, mint, clock):
    await proves(clerk, mint())
    clock.advance(AGAIN_S)
    # When Clerk changes its key, Then the new set is fetched
    twin.keys, twin.signing, twin.kid = [FIRST, SECOND], SECOND, "ins_second"
    assert await proves(clerk, mint()) == "user_ada"
    assert twin.keys_asked == 2
    # When tokens name keys that nobody has, Then Clerk is not asked each time
    twin.kid = "ins_nobody"
    for _ in range(5):
        assert await refused(clerk, mint()) == "key"
    assert twin.keys_asked == 2
    clock.advance(AGAIN_S)
    for _ in range(5):
        assert await refused(clerk, mint()) == "key"
    assert twin.keys_asked == 3
    # and a key that is gone from the set counts for nothing
    clock.advance(AGAIN_S)
    twin.keys, twin.kid = [SECOND], "ins_third"
    assert await refused(clerk, mint()) == "key"
    twin.signing, twin.kid = FIRST, "ins_first"
    assert await refused(clerk, mint()) == "key"


async def test_tokens_that_are_not_for_us_have_nobody_ask_for_their_key(clerk, twin, mint):
    for token in (mint(iss="https://clerk.elsewhere.org"), mint(azp="https://evil.example"), mint(exp=1)):
        await refused(clerk, token)
    assert twin.keys_asked == 0


async def test_a_known_key_goes_on_to_count_while_clerk_is_away(clerk, twin, mint, clock):
    await proves(clerk, mint())
    await twin.stop()
    clock.advance(2 * HOUR)  # the set is older than it is remembered
    assert await proves(clerk, mint()) == "user_ada"
    clock.advance(LONGEST_S)
    with pytest.raises(Unavailable, match="does not answer as it should"):
        await proves(clerk, mint())
    # and all is well as soon as Clerk is back
    await twin.start(twin.port)
    clock.advance(10)
    assert await proves(clerk, mint()) == "user_ada"


async def test_an_unknown_key_while_clerk_is_away_is_nobodys_fault(clerk, twin, mint, clock):
    await proves(clerk, mint())
    await twin.stop()
    clock.advance(AGAIN_S)
    twin.kid = "ins_second"
    with pytest.raises(Unavailable):
        await proves(clerk, mint())
    await twin.start(twin.port)
    twin.keys, twin.signing = [SECOND], SECOND
    clock.advance(AFTER_FAILURE_S)
    assert await proves(clerk, mint()) == "user_ada"


@pytest.mark.parametrize("how", ["failed", "half", "wrong json", "timeout"])
async def test_whatever_ails_the_keys_heals_by_itself(clerk, twin, mint, clock, how):
    twin.keys_trouble = how
    began = time.monotonic()
    with pytest.raises(Unavailable):
        await proves(clerk, mint())
    assert time.monotonic() - began < 2
    twin.keys_trouble = ""
    clock.advance(10)
    assert await proves(clerk, mint()) == "user_ada"


async def test_a_rush_while_clerk_is_away_asks_seldom(clerk, twin, mint, clock):
    twin.keys_trouble = "failed"
    for _ in range(30):
        with pytest.raises(Unavailable):
            await proves(clerk, mint())
    assert twin.keys_asked == ATTEMPTS  # of the one question


async def test_the_only_key_needs_no_name_and_one_of_several_does(build, twin, mint, clock):
    twin.kid = ""
    assert await proves(build(twin), mint()) == "user_ada"
    twin.keys = [FIRST, SECOND]
    assert await refused(build(twin), mint()) == "key"


async def test_a_key_of_the_settings_needs_no_network_at_all(build, twin, mint):
    clerk = build(twin, jwt_key=FIRST.as_pem(private=False).decode())
    assert await proves(clerk, mint()) == "user_ada"
    twin.kid = "ins_any"
    assert await proves(clerk, mint()) == "user_ada"
    assert await refused(clerk, mint(key=SECOND)) == "signature"
    assert twin.keys_asked == 0


async def test_a_foreign_key_under_a_known_name_signs_nothing(clerk, mint):
    assert await refused(clerk, mint(key=FOREIGN)) == "signature"


def test_what_is_no_key_to_sign_by_is_passed_over():
    good = FIRST.as_dict(private=False)
    rows = [
        None,
        7,
        {},
        {**good, "use": "enc", "kid": "a"},
        {**good, "alg": "RS512", "kid": "b"},
        {**good, "kty": "oct", "k": "c2VjcmV0", "kid": "c"},
        {**good, "n": "!", "kid": "d"},
        {**good, "kid": 7},
        rsa("short", 1024).as_dict(private=False),
        good,
    ]
    assert [one.kid for one in read_set({"keys": rows})] == ["ins_first"]
    assert not read_set({"keys": [FIRST.as_dict(private=True)]})[0].key.is_private


@pytest.mark.parametrize("document", [None, [], {}, {"keys": None}, {"keys": {}}, "keys"])
def test_a_document_that_is_none_has_no_keys(document):
    assert list(read_set(document)) == []
