"""What the API of auth_local takes and gives; times are ISO 8601 in UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Body(BaseModel):
    """A request's body: unknown fields are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid")


class Nothing(Body):
    """A request that carries nothing."""


class Forgot(Body):
    """Whose password is lost."""

    email: str = Field(min_length=3, max_length=254)


class Reset(Body):
    """A new password, by the token of a mailed link."""

    token: str = Field(max_length=200)
    new_password: str = Field(min_length=1, max_length=1024)


class Token(Body):
    """The token of a mailed link."""

    token: str = Field(max_length=200)


class Code(Body):
    """Six digits of an authenticator app."""

    code: str = Field(min_length=1, max_length=20)


class AddressOut(BaseModel):
    """An e-mail address that something was done with."""

    email: str


class SetupOut(BaseModel):
    """What an authenticator app needs."""

    key: str = Field(description="base32, in groups of four")
    uri: str = Field(description="otpauth:// address, for a QR code")


class CodesOut(BaseModel):
    """Recovery codes; they are given this once."""

    recovery_codes: list[str]


class SecurityOut(BaseModel):
    """How an account is protected."""

    email: str | None
    email_verified: bool
    email_pending: str | None
    two_step: bool
    recovery_codes_left: int
    passkeys: int
    proven: bool = Field(description="whether what is sensitive is open now; see POST /me/proof")


class PasskeyOut(BaseModel):
    """A passkey."""

    id: UUID
    name: str
    made_at: datetime
    used_at: datetime | None
    refused: bool = Field(description="its counter says that it exists twice")


class PasskeysOut(BaseModel):
    """An account's passkeys, the oldest first."""

    items: list[PasskeyOut]


class Options(BaseModel):
    """Options of a WebAuthn ceremony, as the browser takes them; bytes are base64url."""

    model_config = ConfigDict(extra="allow")

    challenge: str


class Credential(Body):
    """What `navigator.credentials.get` gave, its buffers as base64url."""

    credential: dict[str, Any]


class NewPasskey(Credential):
    """What `navigator.credentials.create` gave, and a name for people."""

    name: str = Field(default="", max_length=50)


class PasskeyName(Body):
    """Another name."""

    name: str = Field(min_length=1, max_length=50)


class WaitingOut(BaseModel):
    """An account that waits for an operator."""

    id: UUID
    username: str
    email: str | None
    created_at: datetime


class InviteNew(Body):
    """A new invite."""

    uses: int = Field(default=1, ge=1, le=1000)
    days: int = Field(default=7, ge=1, le=365)
    note: str = Field(default="", max_length=100)


class InviteOut(BaseModel):
    """An invite; `url` is the link to hand out."""

    id: UUID
    url: str
    note: str
    uses_left: int
    used: int
    made_at: datetime
    expires_at: datetime
    good: bool = Field(description="whether somebody can still use it")
