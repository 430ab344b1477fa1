"""Tokens that must not count: forged, another's, late, mixed up; and keys that change."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from small_issuer import (
    CLIENT,
    CURVE,
    FIRST,
    SECOND,
    SmallIssuer,
    tampered,
    unsigned,
    with_foreign_key,
    with_key_inside,
    with_public_key,
)

from aethex_live.clock import ManualClock
from aethex_live.providers import AccessDenied
from aethex_live.providers.auth import ProvenIdentity
from aethex_plugins.auth_oidc.service import Oidc
from aethex_plugins.auth_oidc.settings import AuthOidcSettings

RETURN = "https://live.example/return"


async def sign_in(
    oidc: Oidc, issuer: SmallIssuer, sub: str = "ada", *, key: str = "company", fresh: bool = False, **query: str
) -> ProvenIdentity:
    start = await oidc.begin_sign_in(key, return_url=RETURN, fresh=fresh)
    back = issuer.visit(start.url, sub) | query
    return await oidc.finish_sign_in(key, return_url=RETURN, query=back, kept=start.kept)


async def refused(oidc: Oidc, issuer: SmallIssuer, **more: Any) -> str:
    """Why the log says that it was refused; the person reads a sentence without it."""
    with pytest.raises(AccessDenied) as denied:
        await sign_in(oidc, issuer, **more)
    code = denied.value.code or ""
    assert code
    assert "Company " in str(denied.value)
    assert code not in str(denied.value)
    return code


@pytest.mark.parametrize("sign", [unsigned, with_public_key, with_foreign_key, with_key_inside, tampered])
async def test_a_signature_that_the_issuer_did_not_make_is_refused(
    oidc: Oidc, issuer: SmallIssuer, sign: Callable[..., str]
) -> None:
    issuer.sign = sign
    assert await refused(oidc, issuer) in {"alg", "bad_signature", "key"}


@pytest.mark.parametrize(
    "token", ["", "a.b", "a.b.c", "....", "e30.e30.", "x" * 70_000, "é.é.é", "eyJhbGciOiJSUzI1NiJ9.W10.AA"]
)
async def test_what_is_no_token_is_refused(oidc: Oidc, issuer: SmallIssuer, token: str) -> None:
    issuer.sign = lambda *_: token
    assert await refused(oidc, issuer)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": ["another-client", "third"]},
        {"aud": None},
        {"aud": "another-client", "azp": CLIENT},  # made for another, at our request
        {"aud": [CLIENT, "another-client"]},  # two, and no azp
        {"aud": [CLIENT, "another-client"], "azp": "another-client"},
        {"azp": "another-client"},
        {"nonce": "of another browser"},
        {"nonce": None},
        {"nonce": ["list"]},
        {"exp": 1},
        {"exp": None},
        {"exp": "soon"},
        {"iat": None},
        # with names, for the time is another one in each process
        pytest.param({"iat": int(time.time()) - 3600}, id="made an hour ago"),
        pytest.param({"iat": int(time.time()) + 3600}, id="made in an hour"),
        pytest.param({"nbf": int(time.time()) + 3600}, id="holds in an hour"),
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": "a\0b"},
        {"sub": 7},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    ],
    ids=str,
)
async def test_claims_that_are_not_for_us_are_refused(
    oidc: Oidc, issuer: SmallIssuer, claims: Mapping[str, Any]
) -> None:
    issuer.claims = dict(claims)
    await refused(oidc, issuer)


@pytest.mark.parametrize(
    "claims",
    [{"aud": [CLIENT]}, {"aud": [CLIENT, "another"], "azp": CLIENT}, {"azp": CLIENT}, {"amr": ["pwd"]}, {"acr": "1"}],
    ids=str,
)
async def test_claims_that_are_for_us_count(oidc: Oidc, issuer: SmallIssuer, claims: Mapping[str, Any]) -> None:
    issuer.claims = dict(claims)
    assert (await sign_in(oidc, issuer)).subject == f"{issuer.url} ada"


@pytest.mark.parametrize(("ago", "taken"), [(30, True), (90, False)], ids=["half a minute", "a minute and a half"])
async def test_a_token_has_a_minute_of_grace_and_no_more(
    oidc: Oidc, issuer: SmallIssuer, ago: int, taken: bool
) -> None:
    """Clocks go wrong by seconds."""
    issuer.claims = {"exp": int(time.time()) - ago}
    if taken:
        assert await sign_in(oidc, issuer)
    else:
        assert await refused(oidc, issuer) == "expired_token"


async def test_a_token_of_one_issuer_is_nothing_at_another(oidc: Oidc, issuer: SmallIssuer, other: SmallIssuer) -> None:
    # Given a school that hands on tokens as the company makes them, signed by a key of its own
    issuer.claims = {"iss": other.url}
    assert await refused(oidc, issuer)
    # and both use the same key
    issuer.claims, other.claims = {}, {"iss": issuer.url}
    with pytest.raises(AccessDenied):
        await sign_in(oidc, other, key="school")


async def test_a_return_that_names_another_issuer_is_a_mix_up(
    oidc: Oidc, issuer: SmallIssuer, other: SmallIssuer
) -> None:
    assert await refused(oidc, issuer, iss=other.url) == "iss"
    assert (await sign_in(oidc, issuer, iss=issuer.url)).subject


async def test_an_issuer_that_names_itself_in_returns_always_does(issuer: SmallIssuer) -> None:
    issuer.document = {"authorization_response_iss_parameter_supported": True}
    oidc = Oidc(AuthOidcSettings(issuers={"company": issuer.settings()}), ManualClock())
    assert await refused(oidc, issuer) == "iss"
    await oidc.aclose()


async def test_the_only_key_of_a_set_needs_no_name(oidc: Oidc, issuer: SmallIssuer) -> None:
    issuer.kid = None
    assert (await sign_in(oidc, issuer)).subject
    issuer.keys = [FIRST, SECOND]
    other = Oidc(AuthOidcSettings(issuers={"company": issuer.settings()}), oidc._clock)
    assert await refused(other, issuer) == "key"
    await other.aclose()


async def test_elliptic_curves_are_taken_where_the_settings_say_so(oidc: Oidc, issuer: SmallIssuer) -> None:
    issuer.keys, issuer.signing, issuer.kid, issuer.alg = [FIRST, CURVE], CURVE, "curve", "ES256"
    assert (await sign_in(oidc, issuer)).subject
    strict = AuthOidcSettings(issuers={"company": issuer.settings(algorithms=["RS256"])})
    narrow = Oidc(strict, oidc._clock)
    assert await refused(narrow, issuer) == "alg"
    await narrow.aclose()


class Clock(ManualClock):
    """Stands at the time of day, which the issuer goes by."""

    def now(self) -> Any:
        from datetime import UTC, datetime

        return datetime.now(UTC)


async def test_a_new_key_is_found_and_an_unknown_one_is_asked_for_once_a_minute(issuer: SmallIssuer) -> None:
    clock = Clock()
    oidc = Oidc(AuthOidcSettings(issuers={"company": issuer.settings()}), clock)
    await sign_in(oidc, issuer)
    # When the issuer changes its key after a while, Then the new set is fetched
    clock.advance(61)
    issuer.keys, issuer.signing, issuer.kid = [SECOND], SECOND, "second"
    assert (await sign_in(oidc, issuer)).subject
    assert issuer.counts["/keys"] == 2
    # When tokens name keys that nobody has, Then the issuer is not asked each time
    issuer.kid = "nobody's"
    for _ in range(5):
        assert await refused(oidc, issuer) == "key"
    assert issuer.counts["/keys"] == 2
    clock.advance(60)
    for _ in range(5):
        assert await refused(oidc, issuer) == "key"
    assert issuer.counts["/keys"] == 3
    # and a key that is gone from the set counts for nothing
    issuer.signing, issuer.kid = FIRST, "first"
    assert await refused(oidc, issuer) == "key"
    await oidc.aclose()


async def test_addresses_and_keys_are_remembered_for_their_time(issuer: SmallIssuer) -> None:
    clock = Clock()
    oidc = Oidc(AuthOidcSettings(issuers={"company": issuer.settings()}, discovery_minutes=5), clock)
    for _ in range(3):
        await sign_in(oidc, issuer)
    assert (issuer.counts["/.well-known/openid-configuration"], issuer.counts["/keys"]) == (1, 1)
    clock.advance(5 * 60)
    await sign_in(oidc, issuer)
    assert (issuer.counts["/.well-known/openid-configuration"], issuer.counts["/keys"]) == (2, 2)
    await oidc.aclose()


async def test_what_the_token_does_not_tell_is_asked_for(oidc: Oidc, issuer: SmallIssuer) -> None:
    issuer.people["ada"] = {"name": "Ada L.", "email": "ada@example.org", "email_verified": True, "nickname": "ada_l"}
    proven = await sign_in(oidc, issuer)
    assert (proven.name, proven.email, proven.email_verified) == ("Ada L.", "ada@example.org", True)
    assert proven.claims["nickname"] == "ada_l"


async def test_what_is_told_of_somebody_else_is_refused(oidc: Oidc, issuer: SmallIssuer) -> None:
    issuer.people["ada"] = {"sub": "grace", "email": "grace@example.org", "email_verified": True}
    assert await refused(oidc, issuer) == "userinfo"


async def test_an_address_is_not_verified_by_what_is_said_of_another(oidc: Oidc, issuer: SmallIssuer) -> None:
    issuer.claims = {"email": "victim@example.org"}
    issuer.people["ada"] = {"email": "ada@example.org", "email_verified": True, "name": "Ada"}
    proven = await sign_in(oidc, issuer)
    assert (proven.email, proven.email_verified, proven.name) == ("victim@example.org", False, "Ada")


@pytest.mark.parametrize("trouble", ["500", "404", "garbage", "list"])
async def test_who_somebody_is_does_not_hang_on_what_they_are_called(
    oidc: Oidc, issuer: SmallIssuer, trouble: str
) -> None:
    issuer.trouble["/userinfo"] = trouble
    proven = await sign_in(oidc, issuer)
    assert (proven.subject, proven.email) == (f"{issuer.url} ada", None)


@pytest.mark.parametrize("said", [False, None, 0, "yes", "TRUE", ["true"], {}])
async def test_only_a_clear_yes_verifies_an_address(oidc: Oidc, issuer: SmallIssuer, said: object) -> None:
    issuer.claims = {"email": "ada@example.org", "email_verified": said, "name": "Ada"}
    assert (await sign_in(oidc, issuer)).email_verified is False


async def test_addresses_of_an_issuer_that_is_not_trusted_are_not_verified(issuer: SmallIssuer, oidc: Oidc) -> None:
    issuer.claims = {"email": "ada@example.org", "email_verified": True, "name": "Ada"}
    wary = Oidc(AuthOidcSettings(issuers={"company": issuer.settings(trust_email=False)}), oidc._clock)
    assert (await sign_in(wary, issuer)).email_verified is False
    await wary.aclose()


async def test_a_proof_has_to_be_of_now(oidc: Oidc, issuer: SmallIssuer) -> None:
    assert (await sign_in(oidc, issuer, fresh=True)).subject
    issuer.claims = {"auth_time": int(time.time()) - 3600}
    assert await refused(oidc, issuer, fresh=True) == "stale"
    assert (await sign_in(oidc, issuer)).subject
    issuer.claims = {"auth_time": None}
    assert await refused(oidc, issuer, fresh=True) == "stale"
    asked = Oidc(AuthOidcSettings(issuers={"company": issuer.settings(fresh="asked")}), oidc._clock)
    assert (await sign_in(asked, issuer, fresh=True)).subject
    await asked.aclose()


async def test_a_fresh_start_asks_for_a_new_sign_in_over_there(oidc: Oidc) -> None:
    start = await oidc.begin_sign_in("company", return_url=RETURN, fresh=True)
    assert "prompt=login" in start.url
    assert "max_age=0" in start.url
    assert "prompt" not in (await oidc.begin_sign_in("company", return_url=RETURN)).url


@pytest.mark.parametrize(
    ("document", "more", "seen"),
    [
        ({}, {}, "basic"),
        ({"token_endpoint_auth_methods_supported": ["client_secret_post"]}, {}, "post"),
        ({"token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"]}, {}, "basic"),
        ({}, {"client_secret": ""}, ""),
    ],
    ids=["by default", "post alone", "both", "a public client"],
)
async def test_the_site_shows_its_secret_as_the_issuer_takes_it(
    issuer: SmallIssuer, oidc: Oidc, document: dict[str, Any], more: dict[str, Any], seen: str
) -> None:
    issuer.document = document
    chosen = Oidc(AuthOidcSettings(issuers={"company": issuer.settings(**more)}), oidc._clock)
    assert (await sign_in(chosen, issuer)).subject
    assert issuer.seen_auth == [seen]
    await chosen.aclose()
