"""Settings of auth_oidc: what is refused at the start, and where keys may stand."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from aethex_plugins.auth_oidc.settings import AuthOidcSettings

GOOD = {"label": "Company", "issuer": "https://id.example.org", "client_id": "site", "client_secret": "hush hush"}


def of(**changed: Any) -> AuthOidcSettings:
    return AuthOidcSettings.model_validate({"issuers": {"company": GOOD | changed}})


def test_four_lines_are_enough() -> None:
    one = of().issuers["company"]
    assert one.scopes == ("openid", "profile", "email")
    assert "hush" not in repr(one)


@pytest.mark.parametrize(
    "issuer",
    [
        "http://id.example.org",
        "id.example.org",
        "https://",
        "https://id.example.org/?a=b",
        "https://id.example.org/#a",
        "https://user:pw@id.example.org",
        "https://id.example.org/a b",
        "ftp://id.example.org",
        "",
        "https://id.example.org/" + "x" * 250,
    ],
)
def test_an_address_that_is_none_is_refused(issuer: str) -> None:
    with pytest.raises(ValidationError):
        of(issuer=issuer)


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:9400", "http://localhost:9400", "http://[::1]:9400"])
def test_an_issuer_on_this_machine_may_do_without_https(issuer: str) -> None:
    assert of(issuer=issuer)


@pytest.mark.parametrize("alg", ["none", "HS256", "HS512", "RS1", ""])
def test_signatures_that_anybody_can_make_are_refused(alg: str) -> None:
    with pytest.raises(ValidationError):
        of(algorithms=[alg])
    with pytest.raises(ValidationError):
        of(algorithms=[])


@pytest.mark.parametrize("key", ["Company", "a b", "a/b", "", "9", "return", "x" * 40])
def test_a_short_name_fits_into_an_address(key: str) -> None:
    if key == "return":  # /sign-in/with/oidc/return/return is an address like any other
        assert AuthOidcSettings.model_validate({"issuers": {key: GOOD}})
        return
    with pytest.raises(ValidationError):
        AuthOidcSettings.model_validate({"issuers": {key: GOOD}})


def test_an_issuer_stands_there_once() -> None:
    with pytest.raises(ValidationError, match="the same issuer"):
        AuthOidcSettings.model_validate({"issuers": {"one": GOOD, "two": GOOD}})


def test_scopes_always_have_openid() -> None:
    assert of(scopes=["email"]).issuers["company"].scopes == ("openid", "email")
    with pytest.raises(ValidationError):
        of(scopes=["two words"])


def test_a_misspelt_line_is_refused() -> None:
    with pytest.raises(ValidationError):
        of(client_secrets="x")


def test_the_plugin_alone_loads_none_of_its_libraries() -> None:
    code = (
        "import sys, aethex_plugins.auth_oidc; print(*(name for name in "
        "('authlib', 'joserfc', 'httpx') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == ""
