"""Stand-ins for Stripe, and the provider that talks to them."""

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

sys.path.insert(0, str(Path(__file__).parent))

from stripe_support import Answer, Canned, provider_at, specguard


@pytest.fixture
def guard(judge: Any) -> Any:
    """Stripe's description as a judge; `seen` begins empty."""
    found, _ = judge
    found.seen.clear()
    return found


@pytest.fixture(scope="module")
def judge() -> Iterator[Any]:
    from needs import need

    module = specguard(need("specs"))
    found = module.Guard(need("specs") / "stripe-openapi.json")
    server = module.serve(found)
    yield found, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest_asyncio.fixture
async def judged(judge: Any) -> AsyncIterator[Any]:
    """The provider whose calls Stripe's description judges."""
    made = provider_at(judge[1])
    yield made
    await made.aclose()


@pytest_asyncio.fixture
async def canned() -> AsyncIterator[Callable[..., Any]]:
    """`await canned(Answer…)`: a provider, and the server that answers it."""
    opened: list[Any] = []

    async def make(*answers: Answer, **more: Any) -> tuple[Any, Canned]:
        server = Canned(*answers)
        provider = provider_at(server.base, **more)
        opened.append((provider, server))
        return provider, server

    yield make
    for provider, server in opened:
        await provider.aclose()
        server.close()
