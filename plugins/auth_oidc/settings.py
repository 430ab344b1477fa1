"""Settings of auth_oidc: who may make an account, and the issuers that are believed."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, field_validator

from aethex_live import PluginSettings

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
LONGEST_ISSUER = 250
_PRINTED = re.compile(r"[\x21-\x7e]+")


class IssuerSettings(BaseModel):
    """One issuer. `https` unless it is on this machine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str = Field(min_length=1, max_length=40, description="what the button says: Continue with …")
    issuer: str = Field(
        max_length=LONGEST_ISSUER, description="its address, exactly as in its discovery document and tokens"
    )
    client_id: str = Field(min_length=1, max_length=255, description="what it calls this site")
    client_secret: SecretStr = Field(SecretStr(""), description="empty for a public client")
    scopes: tuple[str, ...] = Field(("openid", "profile", "email"), description="what it is asked for")
    trust_email: bool = Field(True, description="whether an address that it calls verified counts as confirmed here")
    fresh: Literal["checked", "asked"] = Field(
        "checked",
        description="a proof before what is sensitive: checked needs its auth_time; asked believes that it asked",
    )
    algorithms: tuple[Algorithm, ...] = Field(
        ("RS256", "PS256", "ES256", "EdDSA"), min_length=1, description="signatures of tokens that are taken"
    )

    @field_validator("issuer")
    @classmethod
    def _is_address(cls, issuer: str) -> str:
        parts = urlsplit(issuer)
        if not _PRINTED.fullmatch(issuer) or parts.query or parts.fragment or not parts.hostname or "@" in parts.netloc:
            raise ValueError("it should be an address such as https://id.example.org, without ? and #")
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
            raise ValueError("it should begin with https: whoever sits in between could sign in as anybody")
        return issuer

    @field_validator("scopes")
    @classmethod
    def _has_openid(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_PRINTED.fullmatch(scope) for scope in scopes):
            raise ValueError('each scope is a word, such as "email"')
        return scopes if "openid" in scopes else ("openid", *scopes)


class AuthOidcSettings(PluginSettings):
    """Issuers by their short names, which stand in the address that people come back to."""

    issuers: Mapping[Key, IssuerSettings] = Field(
        default_factory=dict, max_length=20, description="tables [plugins.auth_oidc.issuers.NAME]"
    )
    registration: Literal["open", "approval", "closed"] = Field(
        "open", description="who may make an account where this provider is the chosen one"
    )
    discovery_minutes: int = Field(60, ge=1, le=1440, description="how long an issuer's addresses are remembered")
    patience_s: float = Field(
        1.8, ge=0.2, le=15, description="seconds that a page waits for an issuer before it says so"
    )

    @field_validator("issuers")
    @classmethod
    def _are_different(cls, issuers: Mapping[str, IssuerSettings]) -> Mapping[str, IssuerSettings]:
        if len({one.issuer for one in issuers.values()}) < len(issuers):
            raise ValueError("two tables name the same issuer: people would be two persons here")
        return issuers


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
