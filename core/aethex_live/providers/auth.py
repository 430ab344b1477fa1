"""Contract of an auth provider: it proves who somebody is; accounts and sessions are the core's."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable
from uuid import UUID

from aethex_live.providers.errors import Unsupported

Registration = Literal["open", "approval", "invite", "closed"]
Verification = Literal["off", "optional", "required"]


class AuthCap(enum.StrEnum):
    """What an auth provider can do; a declared one is held to by the conformance kit."""

    PASSWORD = "password"  # noqa: S105 - the name of a capability
    REDIRECT = "redirect"  # keeps `Redirecting`
    EMBEDDED = "embedded"  # keeps `Embedding`
    REGISTER = "register"
    SET_PASSWORD = "set_password"  # noqa: S105 - the name of a capability
    ADDRESSES = "addresses"  # confirms e-mail addresses by mail
    SECOND_STEP = "second_step"
    REVOKE = "revoke"  # keeps `Revoking`
    EVENTS = "events"  # keeps `Receiving`: accounts changed or deleted, sessions ended at the provider


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenIdentity:
    """Somebody whom the provider has proved; (provider, subject) is the key of the core's Identity."""

    provider: str
    subject: str
    email: str | None = None
    email_verified: bool = False
    name: str | None = None
    claims: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthPolicy:
    """What the operator decided about accounts; `forgot_href` is the page for a lost password, "" for none."""

    registration: Registration = "open"
    verify_email: Verification = "off"
    forgot_href: str = ""


@runtime_checkable
class AuthProvider(Protocol):
    """Proves identities. Calls that are not among `capabilities` raise `Unsupported`; see `BaseAuth`."""

    name: str
    capabilities: frozenset[AuthCap]
    policy: AuthPolicy

    async def check_password(self, subject: str, password: str) -> ProvenIdentity:
        """PASSWORD: prove by password. Raises AccessDenied when it is wrong or the subject is unknown,
        in the same time for both."""
        ...

    async def prepare_password(self, password: str, *, avoid: Sequence[str] = ()) -> str:
        """REGISTER, SET_PASSWORD: turn a password into a storable secret, before any transaction.
        Raises Invalid with a sentence for the person when the password is not acceptable; `avoid` are the
        person's name and address, which no password may be."""
        ...

    async def register(self, subject: str, prepared: str) -> ProvenIdentity:
        """REGISTER: store a new subject, inside the caller's transaction. Raises Conflict when taken."""
        ...

    async def set_password(self, subject: str, prepared: str) -> None:
        """SET_PASSWORD: replace the subject's password, inside the caller's transaction."""
        ...

    async def admit(self, invite: str) -> Literal["active", "pending"]:
        """REGISTER: the state in which one more account begins, inside the caller's transaction.
        Raises AccessDenied with a sentence when nobody is taken, Invalid when the invite is needed and not good."""
        ...

    async def claim_address(self, user_id: UUID, address: str | None) -> None:
        """ADDRESSES: keep an address of the account as unconfirmed and mail its link, inside the caller's transaction;
        the account gets it once confirmed. None: the account gives up its address."""
        ...

    async def pending_address(self, user_id: UUID) -> str | None:
        """ADDRESSES: the address that still waits for its confirmation."""
        ...

    async def needs_second_step(self, subject: str) -> bool:
        """SECOND_STEP: whether a password alone does not sign this subject in."""
        ...

    async def check_second_step(self, subject: str, code: str) -> None:
        """SECOND_STEP: take a code, once. Raises AccessDenied when it is wrong, used or nothing is set up."""
        ...

    async def delete_subject(self, subject: str) -> None:
        """Forget the subject; unknown ones are no error."""
        ...

    async def aclose(self) -> None:
        """Give connections back; called once, at the end."""
        ...


class BaseAuth:
    """What a provider without capabilities answers; subclass it and write what yours can do."""

    name = ""
    capabilities: frozenset[AuthCap] = frozenset()
    policy = AuthPolicy()

    async def check_password(self, subject: str, password: str) -> ProvenIdentity:
        """Not offered."""
        raise self._unsupported("check_password")

    async def prepare_password(self, password: str, *, avoid: Sequence[str] = ()) -> str:
        """Not offered."""
        raise self._unsupported("prepare_password")

    async def register(self, subject: str, prepared: str) -> ProvenIdentity:
        """Not offered."""
        raise self._unsupported("register")

    async def set_password(self, subject: str, prepared: str) -> None:
        """Not offered."""
        raise self._unsupported("set_password")

    async def admit(self, invite: str) -> Literal["active", "pending"]:
        """Everyone is taken."""
        return "active"

    async def claim_address(self, user_id: UUID, address: str | None) -> None:
        """Not offered."""
        raise self._unsupported("claim_address")

    async def pending_address(self, user_id: UUID) -> str | None:
        """Not offered."""
        raise self._unsupported("pending_address")

    async def needs_second_step(self, subject: str) -> bool:
        """Not offered."""
        raise self._unsupported("needs_second_step")

    async def check_second_step(self, subject: str, code: str) -> None:
        """Not offered."""
        raise self._unsupported("check_second_step")

    async def delete_subject(self, subject: str) -> None:
        """There is nothing to forget."""

    async def aclose(self) -> None:
        """There is nothing to give back."""

    def _unsupported(self, operation: str) -> Unsupported:
        return Unsupported(f"{self.name} can't do this ({operation}).", provider=self.name, operation=operation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Somebody who can be signed in with, as the button says it ("Continue with `label`"); `key` is its short name.

    `healthy`: whether it answered lately, as far as calls have shown; pages say so beside the button.
    """

    key: str
    label: str
    healthy: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInStart:
    """Where a browser is sent to sign in, and what its return must be held against; `kept` is a secret of the browser.

    The core keeps `kept` in a cookie of that browser for ten minutes; a return without it is refused.
    """

    url: str
    state: str
    kept: Mapping[str, str] = field(repr=False)


@runtime_checkable
class Issuing(Protocol):
    """Proves people by accounts that they have elsewhere, at one issuer or several.

    A `ProvenIdentity.subject` says which issuer it comes from, so that nobody of one issuer is somebody of another.
    """

    def issuers(self) -> Sequence[Issuer]:
        """All that one can sign in with; no network."""
        ...

    def issuer_of(self, subject: str) -> str | None:
        """The key of the issuer that a subject comes from; None when it is none of today's. No network."""
        ...

    def subject_of(self, issuer: str, name: str) -> str:
        """The subject of whom this issuer calls `name` (its `sub`); no network.

        Raises NotFound for an unknown issuer, Invalid for what can't be a name there.
        """
        ...


@runtime_checkable
class Redirecting(Issuing, Protocol):
    """REDIRECT: sign-in on the provider's own pages, by OAuth or OpenID Connect."""

    async def begin_sign_in(self, issuer: str, *, return_url: str, fresh: bool = False) -> SignInStart:
        """Begin. `fresh`: an older sign-in over there does not count, the person has to prove themselves anew.

        Raises NotFound for an unknown issuer, Unavailable when it can't be reached.
        """
        ...

    async def finish_sign_in(
        self, issuer: str, *, return_url: str, query: Mapping[str, str], kept: Mapping[str, str]
    ) -> ProvenIdentity:
        """Who came back. `query` carries the `state` of the start, which the core has held against its own.

        Raises AccessDenied, with a sentence for the person, for what is forged, used, late or declined; NotFound for
        an unknown issuer; Unavailable.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontend:
    """What the page of signing in embeds, on that page alone.

    `module` is a name of the import map (hook `page_modules`); its `mount(place, {over})` puts the component into an
    element and resolves with a token, once somebody has signed in. `over`: the session that the browser still has over
    there was ended here, so it is signed out first. `scripts` are attributes of script elements, `csp` what the policy
    of the page allows besides, by directive.
    """

    module: str
    scripts: Sequence[Mapping[str, str]] = ()
    csp: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenSession:
    """Somebody whom a token of the provider proves; the core's session ends with `session_id` at the provider.

    `verified_at` is when they last proved themselves over there; None where the provider does not tell.
    """

    identity: ProvenIdentity
    session_id: str
    expires_at: datetime
    verified_at: datetime | None = None


@runtime_checkable
class Embedding(Issuing, Protocol):
    """EMBEDDED: the provider's own component in our page, whose token becomes a session of ours. It has one issuer."""

    def frontend(self) -> Frontend:
        """What the page embeds; no network."""
        ...

    async def read_token(self, headers: Mapping[str, str], cookies: Mapping[str, str]) -> ProvenSession | None:
        """Whom the request's token proves; None: it has none. Keys are cached, so there is normally no network.

        Raises AccessDenied, with a sentence for the person, for a token that does not hold, Unavailable when its key
        can't be had.
        """
        ...

    async def look_up(self, subject: str) -> ProvenIdentity:
        """What the provider tells of somebody: name and address, for a new account. Raises NotFound, Unavailable."""
        ...


@runtime_checkable
class Revoking(Protocol):
    """REVOKE: sessions and accounts can be ended at the provider."""

    async def revoke_session(self, session_id: str) -> None:
        """End a session there; an unknown one is no error."""
        ...

    async def set_banned(self, subject: str, *, banned: bool) -> None:
        """Shut somebody out there, or let them in again. Raises NotFound."""
        ...
