"""The provider "clerk" keeps the contracts of auth providers."""

import pytest

from aethex_live.testing.conformance import AuthConformance, EmbedConformance


class TestClerk(EmbedConformance):
    @pytest.fixture
    def provider(self, clerk):
        return clerk

    @pytest.fixture
    def mint(self, mint):
        return mint

    @pytest.fixture
    def person(self):
        return lambda name: f"user_{name}"


class TestClerkWithAKeyOfItsSettings(TestClerk):
    @pytest.fixture
    def provider(self, build, twin):
        return build(twin, jwt_key=twin.signing.as_pem(private=False).decode())


class TestClerkWithoutPasswords(AuthConformance):
    @pytest.fixture
    def provider(self, clerk):
        return clerk
