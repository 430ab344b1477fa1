"""Conformance kit of auth providers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from aethex_live.providers import AccessDenied, Conflict, Invalid, Unsupported
from aethex_live.providers.auth import AuthCap, AuthProvider
from aethex_live.testing.conformance._needs import need

GOOD = "correct horse battery staple"
OTHER = "four quite ordinary words"


class AuthConformance:
    """What every auth provider does. Override `provider`."""

    @pytest.fixture
    def provider(self) -> AuthProvider:
        """The provider under test; it may know other subjects."""
        raise NotImplementedError("override the fixture `provider`")

    @pytest.fixture
    def subject(self) -> str:
        """A subject that nobody has."""
        return f"conformance-{uuid4().hex}"

    async def test_a_registered_subject_is_proved_by_its_password(self, provider: AuthProvider, subject: str) -> None:
        await self._register(provider, subject)
        proven = await provider.check_password(subject, GOOD)
        assert (proven.provider, proven.subject) == (provider.name, subject)

    async def test_registering_gives_the_identity(self, provider: AuthProvider, subject: str) -> None:
        need(provider, AuthCap.REGISTER)
        proven = await provider.register(subject, await provider.prepare_password(GOOD))
        assert (proven.provider, proven.subject) == (provider.name, subject)

    @pytest.mark.parametrize("wrong", [OTHER, "", GOOD.upper(), GOOD + " ", "x" * 100_000, "\0"])
    async def test_a_wrong_password_is_denied(self, provider: AuthProvider, subject: str, wrong: str) -> None:
        await self._register(provider, subject)
        with pytest.raises(AccessDenied):
            await provider.check_password(subject, wrong)

    @pytest.mark.parametrize("unknown", ["", "nobody", "x" * 5000, "' or 1=1 --", "\0"])
    async def test_an_unknown_subject_is_denied_in_the_same_words(
        self, provider: AuthProvider, subject: str, unknown: str
    ) -> None:
        await self._register(provider, subject)
        with pytest.raises(AccessDenied) as unknown_subject:
            await provider.check_password(unknown, GOOD)
        with pytest.raises(AccessDenied) as wrong_password:
            await provider.check_password(subject, OTHER)
        assert str(unknown_subject.value) == str(wrong_password.value)

    async def test_a_subject_is_registered_once(self, provider: AuthProvider, subject: str) -> None:
        await self._register(provider, subject)
        with pytest.raises(Conflict):
            await provider.register(subject, await provider.prepare_password(OTHER))
        assert (await provider.check_password(subject, GOOD)).subject == subject

    @pytest.mark.parametrize("poor", ["", "short"])
    async def test_a_poor_password_is_refused_with_a_sentence(self, provider: AuthProvider, poor: str) -> None:
        need(provider, AuthCap.REGISTER)
        with pytest.raises(Invalid) as refused:
            await provider.prepare_password(poor)
        assert str(refused.value).endswith(".")

    async def test_ones_own_name_is_no_password(self, provider: AuthProvider) -> None:
        need(provider, AuthCap.REGISTER)
        with pytest.raises(Invalid):
            await provider.prepare_password("Long_User_Name", avoid=["long_user_name", ""])

    async def test_a_new_password_replaces_the_old_one(self, provider: AuthProvider, subject: str) -> None:
        need(provider, AuthCap.SET_PASSWORD)
        await self._register(provider, subject)
        await provider.set_password(subject, await provider.prepare_password(OTHER))
        assert (await provider.check_password(subject, OTHER)).subject == subject
        with pytest.raises(AccessDenied):
            await provider.check_password(subject, GOOD)

    async def test_a_secret_does_not_hold_its_password(self, provider: AuthProvider) -> None:
        need(provider, AuthCap.REGISTER)
        first, second = await provider.prepare_password(GOOD), await provider.prepare_password(OTHER)
        assert first != second
        assert GOOD not in first

    async def test_a_deleted_subject_is_unknown(self, provider: AuthProvider, subject: str) -> None:
        await self._register(provider, subject)
        await provider.delete_subject(subject)
        await provider.delete_subject(subject)
        with pytest.raises(AccessDenied):
            await provider.check_password(subject, GOOD)

    async def test_what_is_not_declared_is_unsupported(self, provider: AuthProvider, subject: str) -> None:
        calls: dict[AuthCap, Callable[[], Awaitable[object]]] = {
            AuthCap.PASSWORD: lambda: provider.check_password(subject, GOOD),
            AuthCap.REGISTER: lambda: provider.register(subject, "prepared"),
            AuthCap.SET_PASSWORD: lambda: provider.set_password(subject, "prepared"),
        }
        for capability in calls.keys() - provider.capabilities:
            with pytest.raises(Unsupported):
                await calls[capability]()

    async def _register(self, provider: AuthProvider, subject: str) -> None:
        need(provider, AuthCap.PASSWORD)
        need(provider, AuthCap.REGISTER)
        await provider.register(subject, await provider.prepare_password(GOOD))
