"""The provider "oidc" keeps the auth contracts: at the small issuer, and at one that others wrote."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest
from oidc_provider_mock import run_server_in_thread

from aethex_live.clock import SystemClock
from aethex_live.testing.conformance import AuthConformance, RedirectConformance
from aethex_plugins.auth_oidc.service import Oidc
from aethex_plugins.auth_oidc.settings import AuthOidcSettings


class TestOidc(RedirectConformance):
    @pytest.fixture
    def provider(self, oidc):
        return oidc

    @pytest.fixture
    def visit(self, issuer, other):
        async def visit(start, name):
            there = issuer if start.url.startswith(issuer.url) else other
            return there.visit(start.url, name)

        return visit


class TestOidcWithoutPasswords(AuthConformance):
    @pytest.fixture
    def provider(self, oidc):
        return oidc


async def sign_in_there(url: str, name: str) -> dict[str, str]:
    """Fill in the form of oidc-provider-mock; returns the query of the way back."""
    async with (
        aiohttp.ClientSession() as browser,
        browser.post(url, data={"sub": name}, allow_redirects=False) as answer,
    ):
        assert answer.status == 302, await answer.text()
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


@pytest.fixture
async def mocks() -> AsyncIterator[list[str]]:
    """Two issuers of oidc-provider-mock: tokens without kid, no word on challenges, no auth_time."""
    with run_server_in_thread(require_nonce=True) as one, run_server_in_thread(require_nonce=True) as two:
        yield [f"http://localhost:{server.server_port}" for server in (one, two)]
        await asyncio.sleep(0)


class TestOidcAtAnotherIssuer(RedirectConformance):
    @pytest.fixture
    async def provider(self, mocks):
        tables = {
            key: {"label": key, "issuer": url, "client_id": "site", "client_secret": "x", "fresh": "asked"}
            for key, url in zip(("one", "two"), mocks, strict=True)
        }
        provider = Oidc(AuthOidcSettings(issuers=tables), SystemClock())
        yield provider
        await provider.aclose()

    @pytest.fixture
    def visit(self):
        async def visit(start, name):
            return await sign_in_there(start.url, name)

        return visit
