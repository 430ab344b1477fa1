"""The auth providers in memory keep the auth contracts."""

import pytest

from aethex_live.testing.conformance import AuthConformance, EmbedConformance, RedirectConformance
from aethex_live.testing.fakes import FakeAuth, FakeElsewhere, FakeInside


class TestFakeAuth(AuthConformance):
    @pytest.fixture
    def provider(self):
        return FakeAuth()


class TestFakeElsewhere(RedirectConformance):
    @pytest.fixture
    def provider(self):
        return FakeElsewhere()

    @pytest.fixture
    def visit(self, provider):
        async def visit(start, name):
            return provider.arrive(start, name)

        return visit


class TestFakeElsewhereWithoutPasswords(AuthConformance):
    @pytest.fixture
    def provider(self):
        return FakeElsewhere()


class TestFakeInside(EmbedConformance):
    @pytest.fixture
    def provider(self):
        return FakeInside()

    @pytest.fixture
    def mint(self, provider):
        return provider.mint


class TestFakeInsideWithoutPasswords(AuthConformance):
    @pytest.fixture
    def provider(self):
        return FakeInside()
