"""Local accounts keep the auth contract."""

import pytest

from aethex_live.testing.conformance import AuthConformance


class TestLocalAuth(AuthConformance):
    @pytest.fixture
    def provider(self, auth):
        return auth
