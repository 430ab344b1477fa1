"""Session tokens that must not count: forged, another's, late, unfinished, mixed up; by properties, too."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from clerk_twin import FIRST, FOREIGN, SECOND, SITE, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from aethex_live.providers import AccessDenied
from aethex_plugins.auth_clerk.keys import FixedKey
from aethex_plugins.auth_clerk.tokens import BadToken, Expected, check

NOW = 1_767_225_600  # where the clock of these tests stands
ISSUER = "https://clerk.example.org"
GOOD: dict[str, Any] = {
    "azp": SITE,
    "exp": NOW + 60,
    "fva": [0, -1],
    "iat": NOW,
    "iss": ISSUER,
    "jti": "a1",
    "nbf": NOW - 10,
    "sid": "sess_1",
    "sts": "active",
    "sub": "user_ada",
    "v": 2,
    "o": {"id": "org_1", "rol": "admin", "slg": "acme"},
}
KEY = FixedKey(FIRST.as_pem(private=False).decode())
SAME = RSAKey.import_key(FIRST.as_pem(private=True))  # for any algorithm
EXPECTED = Expected(issuer=ISSUER, parties=frozenset({SITE}))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def token_of(claims: dict[str, Any], key=FIRST, **header: Any) -> str:
    head = {"alg": "RS256", "typ": "JWT", "kid": "ins_first", **header}
    shown = {name: value for name, value in head.items() if value is not None}
    return jwt.encode(shown, claims, key, algorithms=[shown["alg"]])


def bent(**changed: Any) -> str:
    return token_of({name: value for name, value in (GOOD | changed).items() if value is not None})


async def read(token: str, now: float = NOW):
    return await check(token, KEY, EXPECTED, now)


async def why(token: str, now: float = NOW) -> str:
    with pytest.raises(BadToken) as bad:
        await read(token, now)
    return str(bad.value)


async def test_a_token_of_the_instance_says_who_and_which_session():
    claims = await read(token_of(GOOD))
    assert (claims.user, claims.session) == ("user_ada", "sess_1")
    assert claims.expires_at == datetime.fromtimestamp(NOW + 60, UTC)
    assert claims.verified_at == datetime.fromtimestamp(NOW, UTC)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"iss": "https://clerk.elsewhere.org"}, "iss"),
        ({"iss": f"{ISSUER}/"}, "iss"),
        ({"iss": None}, "iss"),
        ({"iss": [ISSUER]}, "iss"),
        ({"sts": "pending"}, "pending"),
        ({"sts": "unheard-of"}, "sts"),
        ({"sts": ["active"]}, "sts"),
        ({"azp": "https://evil.example"}, "azp"),
        ({"azp": f"{SITE}/"}, "azp"),
        ({"azp": f"{SITE}:8443"}, "azp"),
        ({"azp": ""}, "azp"),
        ({"azp": [SITE]}, "azp"),
        ({"aud": "another"}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": 7}, "aud"),
        ({"act": {"sub": "user_support", "iss": "https://dashboard.clerk.com"}}, "impersonation"),
        ({"act": {}}, "impersonation"),
        ({"exp": None}, "exp"),
        ({"exp": "soon"}, "exp"),
        ({"exp": True}, "exp"),
        ({"exp": 1e300}, "exp"),
        ({"nbf": None}, "nbf"),
        ({"iat": None}, "iat"),
        ({"iat": -1}, "iat"),
        ({"sub": None}, "sub"),
        ({"sub": ""}, "sub"),
        ({"sub": "ada"}, "sub"),
        ({"sub": "user_ada\n"}, "sub"),
        ({"sub": "user_" + "a" * 101}, "sub"),
        ({"sub": 7}, "sub"),
        ({"sid": None}, "sid"),
        ({"sid": "sess_"}, "sid"),
        ({"sid": {"id": "sess_1"}}, "sid"),
    ],
    ids=str,
)
async def test_claims_that_are_not_for_us_are_refused(changed: dict[str, Any], code: str):
    assert await why(bent(**changed)) == code


@pytest.mark.parametrize(
    "changed",
    [{"azp": None}, {"sts": None}, {"aud": SITE}, {"aud": ["x", SITE]}, {"fva": None}, {"v": None, "o": None}],
)
async def test_claims_that_may_be_missing_are_not_missed(changed: dict[str, Any]):
    assert (await read(bent(**changed))).user == "user_ada"


@pytest.mark.parametrize(
    ("late", "code"),
    [(-16, "early"), (-15, ""), (-5, ""), (0, ""), (64, ""), (64.9, ""), (65, "expired"), (3600, "expired")],
)
async def test_time_is_taken_with_five_seconds_of_grace(late: float, code: str):
    # it counts from ten seconds before it was made; a clock may be five seconds off
    token = bent(iat=NOW - 10)
    if code:
        assert await why(token, NOW + late) == code
    else:
        assert (await read(token, NOW + late)).user == "user_ada"


async def test_a_token_that_was_made_in_the_future_is_early():
    assert await why(bent(iat=NOW + 6, nbf=NOW)) == "early"
    assert await read(bent(iat=NOW + 5, nbf=NOW))


@pytest.mark.parametrize(
    ("ages", "verified"),
    [
        ([0, -1], NOW),
        ([7, -1], NOW - 7 * 60),
        ([10**12, -1], 0),
        ([-1, -1], 0),
        ([], None),
        (None, None),
        ("7", None),
        ([True, 0], None),
        ([1.5], None),
    ],
    ids=str,
)
async def test_when_somebody_proved_themselves_last_is_read_off_the_ages_of_factors(
    ages: object, verified: float | None
):
    found = (await read(bent(fva=ages))).verified_at
    assert found == (None if verified is None else datetime.fromtimestamp(verified, UTC))


def part_of(value: object) -> str:
    """A part of a token, by hand: no library makes wrong ones."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def unsigned(claims: dict[str, Any]) -> str:
    return f"{part_of({'alg': 'none', 'typ': 'JWT'})}.{part_of(claims)}.AA"


def by_a_shared_key(claims: dict[str, Any]) -> str:
    """The public key's own text as the secret of HMAC: the oldest trick."""
    signed = f"{part_of({'alg': 'HS256', 'typ': 'JWT'})}.{part_of(claims)}"
    digest = hmac.digest(FIRST.as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (unsigned(GOOD), "alg"),
        (by_a_shared_key(GOOD), "alg"),
        (token_of(GOOD, FOREIGN), "signature"),
        (token_of(GOOD, SECOND), "signature"),
        (token_of(GOOD, SAME, alg="RS512"), "alg"),
        (token_of(GOOD, SAME, alg="PS256"), "alg"),
        (token_of(GOOD, ECKey.generate_key("P-256"), alg="ES256"), "alg"),
        (token_of(GOOD, typ="at+jwt"), "alg"),
        (token_of(GOOD, FOREIGN, jwk=FOREIGN.as_dict(private=False)), "no-token"),
        (token_of(GOOD, FOREIGN, jku="https://evil.example/jwks.json"), "signature"),
        (token_of(GOOD) + ".", "no-token"),
        (token_of(GOOD) + "=", "no-token"),
        (" " + token_of(GOOD), "no-token"),
        ("é" + token_of(GOOD), "no-token"),
        ("x" * 20_000, "no-token"),
        ("", "no-token"),
    ],
)
async def test_a_token_that_the_instance_did_not_make_is_refused(token: str, code: str):
    assert await why(token) == code


async def test_a_header_that_says_it_must_be_understood_is_refused():
    token = token_of(GOOD)
    head = base64.urlsafe_b64encode(json.dumps({"alg": "RS256", "crit": ["exp"], "exp": 1}).encode()).decode()
    assert await why(".".join([head.rstrip("="), *token.split(".")[1:]])) in {"alg", "no-token"}


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), letter=st.sampled_from("ABCYZabcyz0189-_.=é \n"))
async def test_one_other_letter_anywhere_makes_it_nobodys(place: float, letter: str):
    token = token_of(GOOD)
    index = int(place * len(token))
    changed = token[:index] + letter + token[index + 1 :]
    if changed != token:
        await why(changed)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200) | st.lists(st.binary(max_size=60), min_size=3, max_size=3))
async def test_whatever_is_handed_in_is_refused_and_nothing_breaks(handed: object):
    if isinstance(handed, list):
        handed = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in handed)
    await why(str(handed))


@settings(max_examples=200, deadline=None)
@given(
    name=st.sampled_from(["iss", "sub", "sid", "sts", "azp", "aud", "exp", "nbf", "iat", "act", "fva", "kid"]),
    value=json_values,
)
async def test_a_signed_token_with_any_claim_bent_never_names_somebody_else(name: str, value: object):
    try:
        claims = await read(token_of(GOOD | {name: value}))
    except BadToken:
        return
    said = GOOD | {name: value}
    assert (claims.user, claims.session) == (said["sub"], said["sid"])
    assert said["iss"] == ISSUER
    assert said["azp"] in {SITE, None}
    assert said["sts"] == "active"
    assert said["exp"] > NOW - 5
    assert said["act"] is None if "act" in said else True


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(["alg", "typ", "kid", "jwk", "jku", "x5c", "cty", "b64"]), json_values))
async def test_whatever_its_header_says_a_foreign_key_makes_no_token(header: dict[str, Any]):
    signed = token_of(GOOD, FOREIGN).split(".")
    await why(f"{part_of({'alg': 'RS256'} | header)}.{part_of(GOOD)}.{signed[2]}")


async def test_what_the_log_hears_is_a_word_and_the_person_a_sentence(clerk, mint, caplog):
    caplog.set_level("DEBUG")
    token = mint(sts="pending")
    with pytest.raises(AccessDenied, match="not finished yet") as denied:
        await clerk.read_token({"Authorization": f"Bearer {token}"}, {})
    assert denied.value.code == "pending"
    assert "pending" in caplog.text
    assert token not in caplog.text
    assert "user_ada" not in caplog.text


async def test_the_component_may_show_its_token_as_a_cookie(clerk, mint):
    found = await clerk.read_token({}, {"__session": mint("user_ada")})
    assert found.identity.subject == "user_ada"
    # and the header counts before it
    both = await clerk.read_token({"authorization": f"bearer {mint('user_grace')}"}, {"__session": mint("user_ada")})
    assert both.identity.subject == "user_grace"


@pytest.mark.parametrize(
    "pem", ["", "x", FIRST.as_pem(private=True).decode(), ECKey.generate_key("P-256").as_pem(private=False).decode()]
)
def test_what_is_no_public_key_is_none(pem: str):
    with pytest.raises(ValueError, match="key"):
        FixedKey(pem)


def test_a_key_that_is_too_short_is_none():
    with pytest.raises(ValueError, match="short"):
        FixedKey(rsa("short", 1024).as_pem(private=False).decode())


def test_a_key_on_one_line_is_read_too():
    assert FixedKey(FIRST.as_pem(private=False).decode().replace("\n", "\\n"))
