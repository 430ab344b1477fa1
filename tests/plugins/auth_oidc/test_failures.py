"""Issuers that are down, slow or talk nonsense: a sentence within two seconds, and no other issuer suffers."""

from __future__ import annotations

import time
from typing import Any

import pytest
from small_issuer import SmallIssuer

from aethex_live.clock import SystemClock
from aethex_live.providers import ProviderError, RateLimited, Unavailable
from aethex_plugins.auth_oidc.service import Oidc
from aethex_plugins.auth_oidc.settings import AuthOidcSettings
from sites import free_port

RETURN = "https://live.example/return"
DISCOVERY = "/.well-known/openid-configuration"
TROUBLE = ("500", "404", "429", "slow", "garbage", "list", "huge", "half")
PATIENCE = 0.6


@pytest.fixture
async def hasty(issuer: SmallIssuer, other: SmallIssuer):
    tables = {"company": issuer.settings(), "school": other.settings("School")}
    provider = Oidc(AuthOidcSettings(issuers=tables, patience_s=PATIENCE), SystemClock())
    yield provider
    await provider.aclose()


def check_failure(error: ProviderError, begun: float) -> None:
    assert isinstance(error, Unavailable | RateLimited)
    assert str(error).startswith("Company ")
    assert "in a minute" in str(error)
    assert error.provider == "oidc"
    assert time.monotonic() - begun < PATIENCE + 0.5


@pytest.mark.parametrize("trouble", TROUBLE)
async def test_a_sign_in_that_can_not_begin_says_so(hasty: Oidc, issuer: SmallIssuer, trouble: str) -> None:
    issuer.trouble[DISCOVERY] = trouble
    begun = time.monotonic()
    with pytest.raises(ProviderError) as failed:
        await hasty.begin_sign_in("company", return_url=RETURN)
    check_failure(failed.value, begun)
    # and once the trouble is over it begins
    issuer.trouble.clear()
    assert (await hasty.begin_sign_in("company", return_url=RETURN)).url


@pytest.mark.parametrize("path", ["/token", "/keys"])
@pytest.mark.parametrize("trouble", TROUBLE)
async def test_a_return_that_can_not_be_checked_says_so(
    hasty: Oidc, issuer: SmallIssuer, path: str, trouble: str
) -> None:
    start = await hasty.begin_sign_in("company", return_url=RETURN)
    issuer.trouble[path] = trouble
    begun = time.monotonic()
    with pytest.raises(ProviderError) as failed:
        await hasty.finish_sign_in("company", return_url=RETURN, query=issuer.visit(start.url, "ada"), kept=start.kept)
    check_failure(failed.value, begun)


async def test_an_issuer_that_is_not_there_says_so_and_is_spared(other: SmallIssuer) -> None:
    table = other.settings("Company") | {"issuer": f"http://127.0.0.1:{free_port()}"}
    settings = AuthOidcSettings(issuers={"company": table, "school": other.settings("School")}, patience_s=PATIENCE)
    oidc = Oidc(settings, SystemClock())
    for _ in range(6):
        begun = time.monotonic()
        with pytest.raises(Unavailable) as failed:
            await oidc.begin_sign_in("company", return_url=RETURN)
        check_failure(failed.value, begun)
    # Then pages can say so beside its button, and the other one goes on
    assert [(one.key, one.healthy) for one in oidc.issuers()] == [("company", False), ("school", True)]
    assert (await oidc.begin_sign_in("school", return_url=RETURN)).url
    await oidc.aclose()


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://elsewhere.example"},
        {"issuer": None},
        {"token_endpoint": None},
        {"token_endpoint": "http://example.org/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": 7},
        {"jwks_uri": "https://"},
        {"authorization_endpoint": "https://example.org/\r\nSet-Cookie: a=b"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": 'https://example.org/"><script>'},
        {"userinfo_endpoint": "http://169.254.169.254/"},
    ],
    ids=str,
)
async def test_a_document_that_is_not_what_it_should_be_is_not_believed(
    hasty: Oidc, issuer: SmallIssuer, document: dict[str, Any]
) -> None:
    issuer.document = document
    with pytest.raises(Unavailable):
        await hasty.begin_sign_in("company", return_url=RETURN)


async def test_a_site_that_is_not_registered_there_is_the_operators_affair(
    hasty: Oidc, issuer: SmallIssuer, caplog: pytest.LogCaptureFixture
) -> None:
    start = await hasty.begin_sign_in("company", return_url=RETURN)
    issuer.trouble["/token"] = "404"
    with pytest.raises(Unavailable) as failed:
        await hasty.finish_sign_in("company", return_url=RETURN, query=issuer.visit(start.url, "ada"), kept=start.kept)
    assert failed.value.code == "http-404"


async def test_an_error_of_the_issuer_in_a_return_is_told_from_a_no(hasty: Oidc) -> None:
    start = await hasty.begin_sign_in("company", return_url=RETURN)
    query = {"state": start.state, "error": "temporarily_unavailable"}
    with pytest.raises(Unavailable):
        await hasty.finish_sign_in("company", return_url=RETURN, query=query, kept=start.kept)


async def test_an_existing_query_of_an_address_stays(hasty: Oidc, issuer: SmallIssuer) -> None:
    issuer.document = {"authorization_endpoint": f"{issuer.url}/authorize?tenant=7"}
    start = await hasty.begin_sign_in("company", return_url=RETURN)
    assert start.url.startswith(f"{issuer.url}/authorize?tenant=7&response_type=code&")
