"""The auth provider in memory keeps the auth contract."""

import pytest

from aethex_live.testing.conformance import AuthConformance
from aethex_live.testing.fakes import FakeAuth


class TestFakeAuth(AuthConformance):
    @pytest.fixture
    def provider(self):
        return FakeAuth()
