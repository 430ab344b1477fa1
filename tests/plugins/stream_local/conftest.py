"""Fixtures of the streaming server's tests."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from stream_kit import FakeTime  # noqa: E402 - needs the line above


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()
