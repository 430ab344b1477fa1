"""Contract of an auth provider: it proves who somebody is; accounts and sessions are the core's."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable
from uuid import UUID

from aethex_live.providers.errors import Unsupported

Registration = Literal["open", "approval", "invite", "closed"]
Verification = Literal["off", "optional", "required"]


class AuthCap(enum.StrEnum):
    """What an auth provider can do; a declared one is held to by the conformance kit."""

    PASSWORD = "password"  # noqa: S105 - the name of a capability
    REDIRECT = "redirect"
    EMBEDDED = "embedded"
    REGISTER = "register"
    SET_PASSWORD = "set_password"  # noqa: S105 - the name of a capability
    ADDRESSES = "addresses"  # confirms e-mail addresses by mail
    SECOND_STEP = "second_step"


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
