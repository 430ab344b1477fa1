"""Where the stand-ins of the vendors are, and one way to write down what became of a scenario."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from swap_report import Steps

HERE = Path(__file__).parent
# the stand-ins stand beside the tests of their plugins
FOLDERS = (
    "stream_mux",
    "stream_cloudflare",
    "stream_local",
    "payments_stripe",
    "payments_sandbox",
    "auth_oidc",
    "auth_clerk",
    "email_smtp",
)
sys.path[:0] = [str(HERE), *(str(HERE.parent / "plugins" / name) for name in FOLDERS)]


@pytest.fixture
def steps_of(record_property: Callable[[str, object], None]) -> Callable[..., Steps]:
    """`steps_of("streaming", provider)`: the steps of a run, under the provider's name or another."""

    def make(kind: str, provider: object, name: str = "") -> Steps:
        return Steps(kind, name or provider.name, provider.capabilities, record_property)  # type: ignore[attr-defined]  # each has both

    return make
