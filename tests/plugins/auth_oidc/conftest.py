"""Issuers on loopback, and the provider over two of them."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_issuer import SmallIssuer, running

from aethex_live.clock import SystemClock
from aethex_plugins.auth_oidc.service import Oidc
from aethex_plugins.auth_oidc.settings import AuthOidcSettings


@pytest.fixture
async def issuer():
    async with running() as one:
        yield one


@pytest.fixture
async def other():
    async with running() as one:
        yield one


@pytest.fixture
async def oidc(issuer: SmallIssuer, other: SmallIssuer):
    tables = {"company": issuer.settings(), "school": other.settings("School")}
    provider = Oidc(AuthOidcSettings(issuers=tables), SystemClock())
    yield provider
    await provider.aclose()
