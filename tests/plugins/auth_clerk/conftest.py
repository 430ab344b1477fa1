"""Clerk's twin, and the provider over it."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from clerk_twin import SITE, ClerkTwin

from aethex_live.clock import ManualClock
from aethex_plugins.auth_clerk.client import Client
from aethex_plugins.auth_clerk.instance import read_instance
from aethex_plugins.auth_clerk.service import ClerkAuth
from aethex_plugins.auth_clerk.settings import AuthClerkSettings
from encoders import chromium, new_page  # noqa: F401 - fixtures for the tests of this folder


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def twin():
    made = ClerkTwin()
    made.azp = SITE
    async with made.open():
        yield made


@pytest.fixture
async def build(clock):
    """`build(twin, jwt_key=…)`: a provider with these settings; a pause is a step of the clock."""
    made: list[ClerkAuth] = []

    async def wait(seconds: float) -> None:
        clock.advance(seconds)

    def of(twin: ClerkTwin, **more) -> ClerkAuth:
        settings = AuthClerkSettings(**twin.settings(**{"patience_s": 1.2, **more}))
        instance = read_instance(settings)
        client = Client(twin.key, twin.url, instance.frontend, clock, patience_s=settings.patience_s)
        for calls in (client.calls, client.key_calls):
            calls._wait = wait
        made.append(ClerkAuth(settings, instance, client, clock, SITE))
        return made[-1]

    yield of
    for provider in made:
        await provider.aclose()


@pytest.fixture
def clerk(build, twin) -> ClerkAuth:
    return build(twin, webhook_secrets=[twin.secret])


@pytest.fixture
def mint(twin, clock):
    """`mint("user_ada", sts="pending")`: a token of this moment."""

    def of(user: str = "user_ada", **more) -> str:
        return twin.mint(user, now=clock.now().timestamp(), **more)

    return of
