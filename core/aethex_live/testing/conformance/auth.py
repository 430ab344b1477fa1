"""Conformance kits of auth providers: by password, on pages of their own, by a component in ours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from aethex_live.providers import AccessDenied, Conflict, Invalid, NotFound, Unsupported
from aethex_live.providers.auth import (
    AuthCap,
    AuthProvider,
    Embedding,
    ProvenIdentity,
    ProvenSession,
    Redirecting,
    Revoking,
    SignInStart,
)
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


RETURN = "https://live.example/sign-in/with/provider/issuer/return"
Visit = Callable[[SignInStart, str], Awaitable[Mapping[str, str]]]


class RedirectingProvider(AuthProvider, Redirecting, Protocol):
    """What the kit below is run on."""


class RedirectConformance:
    """What every provider with REDIRECT does. Override `provider` and `visit`."""

    @pytest.fixture
    def provider(self) -> RedirectingProvider:
        """The provider under test, with two issuers at least where it can have them."""
        raise NotImplementedError("override the fixture `provider`")

    @pytest.fixture
    def visit(self) -> Visit:
        """`await visit(start, name)`: somebody goes to `start.url` and signs in as `name`; the query of the return."""
        raise NotImplementedError("override the fixture `visit`")

    @pytest.fixture
    def issuer_key(self, provider: RedirectingProvider) -> str:
        """The key of one issuer."""
        return provider.issuers()[0].key

    async def test_it_declares_what_it_does(self, provider: RedirectingProvider) -> None:
        assert AuthCap.REDIRECT in provider.capabilities
        assert isinstance(provider, Redirecting)

    async def test_issuers_have_different_keys_for_addresses_and_labels_for_people(
        self, provider: RedirectingProvider
    ) -> None:
        issuers = provider.issuers()
        assert issuers
        assert len({issuer.key for issuer in issuers}) == len(issuers)
        for issuer in issuers:
            assert issuer.key.replace("_", "").replace("-", "").isalnum()
            assert issuer.label.strip()

    async def test_a_start_is_an_address_with_the_state_and_keeps_its_secrets(
        self, provider: RedirectingProvider, issuer_key: str
    ) -> None:
        start = await provider.begin_sign_in(issuer_key, return_url=RETURN)
        parts = urlsplit(start.url)
        assert parts.scheme in {"https", "http"}
        assert parts.netloc
        assert parse_qs(parts.query)["state"] == [start.state]
        assert start.kept
        hidden = [value for value in start.kept.values() if value not in start.url and len(value) > 16]
        assert not [value for value in hidden if value in repr(start)]

    async def test_no_two_starts_are_alike(self, provider: RedirectingProvider, issuer_key: str) -> None:
        first, second = [await provider.begin_sign_in(issuer_key, return_url=RETURN) for _ in range(2)]
        assert first.state != second.state
        assert len(first.state) >= 22  # 128 bits
        assert first.kept != second.kept

    async def test_who_signs_in_there_is_proved_here(
        self, provider: RedirectingProvider, visit: Visit, issuer_key: str
    ) -> None:
        proven = await self._sign_in(provider, visit, issuer_key, "ada")
        assert proven.provider == provider.name
        assert provider.issuer_of(proven.subject) == issuer_key
        assert provider.subject_of(issuer_key, "ada") == proven.subject

    async def test_a_fresh_proof_is_one_too(self, provider: RedirectingProvider, visit: Visit, issuer_key: str) -> None:
        start = await provider.begin_sign_in(issuer_key, return_url=RETURN, fresh=True)
        query = await visit(start, "ada")
        proven = await provider.finish_sign_in(issuer_key, return_url=RETURN, query=query, kept=start.kept)
        assert proven.subject == provider.subject_of(issuer_key, "ada")

    async def test_a_person_is_the_same_each_time_and_nobody_else(
        self, provider: RedirectingProvider, visit: Visit
    ) -> None:
        seen = set()
        for issuer in provider.issuers():
            subjects = [
                (await self._sign_in(provider, visit, issuer.key, name)).subject for name in ("ada", "ada", "grace")
            ]
            assert subjects[0] == subjects[1]
            seen |= set(subjects)
        assert len(seen) == 2 * len(provider.issuers())

    async def test_a_return_is_taken_once(self, provider: RedirectingProvider, visit: Visit, issuer_key: str) -> None:
        start = await provider.begin_sign_in(issuer_key, return_url=RETURN)
        query = await visit(start, "ada")
        await provider.finish_sign_in(issuer_key, return_url=RETURN, query=query, kept=start.kept)
        await self._denied(provider, issuer_key, query, start.kept)

    async def test_a_return_of_another_browser_is_denied(
        self, provider: RedirectingProvider, visit: Visit, issuer_key: str
    ) -> None:
        mine, theirs = [await provider.begin_sign_in(issuer_key, return_url=RETURN) for _ in range(2)]
        query = await visit(theirs, "mallory")
        await self._denied(provider, issuer_key, query, mine.kept)
        # nor with our own state put in
        await self._denied(provider, issuer_key, {**query, "state": mine.state}, mine.kept)

    @pytest.mark.parametrize(
        "changed", [{"state": "x" * 43}, {"state": ""}, {"code": "x" * 43}, {"code": ""}, {"code": "x" * 100_000}]
    )
    async def test_what_was_changed_on_the_way_is_denied(
        self, provider: RedirectingProvider, visit: Visit, issuer_key: str, changed: Mapping[str, str]
    ) -> None:
        start = await provider.begin_sign_in(issuer_key, return_url=RETURN)
        query = await visit(start, "ada")
        await self._denied(provider, issuer_key, {**query, **changed}, start.kept)

    @pytest.mark.parametrize("kept", [{}, {"state": "x"}])
    async def test_a_return_without_its_start_is_denied(
        self, provider: RedirectingProvider, visit: Visit, issuer_key: str, kept: Mapping[str, str]
    ) -> None:
        start = await provider.begin_sign_in(issuer_key, return_url=RETURN)
        await self._denied(provider, issuer_key, await visit(start, "ada"), kept)

    async def test_who_declines_there_is_denied_here(self, provider: RedirectingProvider, issuer_key: str) -> None:
        start = await provider.begin_sign_in(issuer_key, return_url=RETURN)
        await self._denied(provider, issuer_key, {"state": start.state, "error": "access_denied"}, start.kept)

    async def test_what_one_issuer_says_counts_for_no_other(self, provider: RedirectingProvider, visit: Visit) -> None:
        keys = [issuer.key for issuer in provider.issuers()]
        if len(keys) < 2:
            pytest.skip("it has one issuer")
        first, second = [await provider.begin_sign_in(key, return_url=RETURN) for key in keys[:2]]
        query = await visit(first, "ada")
        await self._denied(provider, keys[1], query, first.kept)
        await self._denied(provider, keys[1], {**query, "state": second.state}, second.kept)

    async def test_an_unknown_issuer_is_not_found(self, provider: RedirectingProvider) -> None:
        with pytest.raises(NotFound):
            await provider.begin_sign_in("nobody", return_url=RETURN)
        with pytest.raises(NotFound):
            await provider.finish_sign_in("nobody", return_url=RETURN, query={}, kept={})
        with pytest.raises(NotFound):
            provider.subject_of("nobody", "ada")

    @pytest.mark.parametrize("subject", ["", "nobody", "ada", " ", "https://elsewhere.example ada", "x" * 600])
    async def test_a_subject_of_nobody_known_has_no_issuer(self, provider: RedirectingProvider, subject: str) -> None:
        assert provider.issuer_of(subject) is None

    @pytest.mark.parametrize("name", ["", "x" * 1000, "a\0b", "a\nb"])
    async def test_what_is_no_name_there_is_invalid(
        self, provider: RedirectingProvider, issuer_key: str, name: str
    ) -> None:
        with pytest.raises(Invalid):
            provider.subject_of(issuer_key, name)

    async def _sign_in(self, provider: RedirectingProvider, visit: Visit, issuer: str, name: str) -> ProvenIdentity:
        start = await provider.begin_sign_in(issuer, return_url=RETURN)
        query = await visit(start, name)
        return await provider.finish_sign_in(issuer, return_url=RETURN, query=query, kept=start.kept)

    async def _denied(
        self, provider: RedirectingProvider, issuer: str, query: Mapping[str, str], kept: Mapping[str, str]
    ) -> None:
        with pytest.raises(AccessDenied) as denied:
            await provider.finish_sign_in(issuer, return_url=RETURN, query=query, kept=kept)
        assert str(denied.value).endswith(".")


Mint = Callable[[str], str]


class EmbeddingProvider(AuthProvider, Embedding, Protocol):
    """What the kit below is run on."""


class EmbedConformance:
    """What every provider with EMBEDDED does. Override `provider` and `mint`, and `person` where names have a form."""

    @pytest.fixture
    def provider(self) -> EmbeddingProvider:
        """The provider under test."""
        raise NotImplementedError("override the fixture `provider`")

    @pytest.fixture
    def mint(self) -> Mint:
        """`mint(name)`: the token of a session that is new, of somebody who is called `name` there."""
        raise NotImplementedError("override the fixture `mint`")

    @pytest.fixture
    def person(self) -> Callable[[str], str]:
        """The name there of somebody whom the kit calls so; both are known."""
        return lambda name: name

    async def test_it_declares_what_it_does(self, provider: EmbeddingProvider) -> None:
        assert AuthCap.EMBEDDED in provider.capabilities
        assert isinstance(provider, Embedding)
        assert isinstance(provider, Revoking) == (AuthCap.REVOKE in provider.capabilities)

    async def test_it_has_one_issuer(self, provider: EmbeddingProvider) -> None:
        [issuer] = provider.issuers()
        assert issuer.label.strip()
        assert issuer.key.replace("_", "").replace("-", "").isalnum()

    async def test_what_the_page_embeds_is_allowed_by_what_it_says(self, provider: EmbeddingProvider) -> None:
        front = provider.frontend()
        assert front.module.startswith("@")
        for script in front.scripts:
            parts = urlsplit(script["src"])
            assert f"{parts.scheme}://{parts.netloc}" in front.csp["script-src"]
        assert "'unsafe-inline'" not in front.csp.get("script-src", ())
        assert "'unsafe-eval'" not in front.csp.get("script-src", ())

    async def test_who_has_signed_in_is_proved(
        self, provider: EmbeddingProvider, mint: Mint, person: Callable[[str], str]
    ) -> None:
        found = await self._read(provider, mint(person("ada")))
        assert found is not None
        [issuer] = provider.issuers()
        assert found.identity.provider == provider.name
        assert found.identity.subject == provider.subject_of(issuer.key, person("ada"))
        assert provider.issuer_of(found.identity.subject) == issuer.key
        assert found.session_id
        assert found.expires_at.tzinfo is not None

    async def test_a_person_is_the_same_each_time_and_nobody_else(
        self, provider: EmbeddingProvider, mint: Mint, person: Callable[[str], str]
    ) -> None:
        found = [await self._read(provider, mint(person(name))) for name in ("ada", "ada", "grace")]
        subjects = [one.identity.subject for one in found if one is not None]
        assert subjects[0] == subjects[1] != subjects[2]
        assert len({one.session_id for one in found if one is not None}) == 3

    async def test_nothing_shown_is_nobody(self, provider: EmbeddingProvider) -> None:
        assert await provider.read_token({}, {}) is None
        assert await provider.read_token({"authorization": "Basic YTpi"}, {"other": "x"}) is None

    @pytest.mark.parametrize("token", ["x", "a.b", "a.b.c", "....", "e30.e30.", "x" * 100_000, "é.é.é", "\0"])
    async def test_what_is_no_token_is_denied(self, provider: EmbeddingProvider, token: str) -> None:
        await self._denied(provider, token)

    async def test_what_was_changed_on_the_way_is_denied(
        self, provider: EmbeddingProvider, mint: Mint, person: Callable[[str], str]
    ) -> None:
        token = mint(person("ada"))
        for place in {0, len(token) // 4, len(token) // 2, len(token) - 5}:
            other = "A" if token[place] != "A" else "B"
            await self._denied(provider, token[:place] + other + token[place + 1 :])
        await self._denied(provider, token[:-4])

    @pytest.mark.parametrize("subject", ["", " ", "https://elsewhere.example ada", "x" * 600, "\0"])
    async def test_a_subject_of_nobody_known_has_no_issuer(self, provider: EmbeddingProvider, subject: str) -> None:
        assert provider.issuer_of(subject) is None

    @pytest.mark.parametrize("name", ["", "x" * 1000, "a\0b", "a\nb"])
    async def test_what_is_no_name_there_is_invalid(self, provider: EmbeddingProvider, name: str) -> None:
        with pytest.raises(Invalid):
            provider.subject_of(provider.issuers()[0].key, name)
        with pytest.raises(NotFound):
            provider.subject_of("nobody", "ada")

    async def test_somebody_can_be_looked_up(self, provider: EmbeddingProvider, person: Callable[[str], str]) -> None:
        subject = provider.subject_of(provider.issuers()[0].key, person("ada"))
        found = await provider.look_up(subject)
        assert (found.provider, found.subject) == (provider.name, subject)
        with pytest.raises(NotFound):
            await provider.look_up(provider.subject_of(provider.issuers()[0].key, person("nobody")))

    async def test_ending_what_is_over_is_no_error(
        self, provider: EmbeddingProvider, mint: Mint, person: Callable[[str], str]
    ) -> None:
        need(provider, AuthCap.REVOKE)
        assert isinstance(provider, Revoking)
        found = await self._read(provider, mint(person("ada")))
        assert found is not None
        await provider.revoke_session(found.session_id)
        await provider.revoke_session(found.session_id)
        await provider.revoke_session("unheard-of")

    async def test_who_is_unknown_there_cannot_be_shut_out(
        self, provider: EmbeddingProvider, person: Callable[[str], str]
    ) -> None:
        need(provider, AuthCap.REVOKE)
        assert isinstance(provider, Revoking)
        issuer = provider.issuers()[0].key
        for banned in (True, False):
            await provider.set_banned(provider.subject_of(issuer, person("ada")), banned=banned)
            with pytest.raises(NotFound):
                await provider.set_banned(provider.subject_of(issuer, person("nobody")), banned=banned)

    async def _read(self, provider: EmbeddingProvider, token: str) -> ProvenSession | None:
        return await provider.read_token({"authorization": f"Bearer {token}"}, {})

    async def _denied(self, provider: EmbeddingProvider, token: str) -> None:
        with pytest.raises(AccessDenied) as denied:
            await self._read(provider, token)
        assert str(denied.value).endswith(".")
        assert token not in str(denied.value)
