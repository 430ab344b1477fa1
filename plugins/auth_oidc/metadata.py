"""What an issuer says of itself: its discovery document (OpenID Connect Discovery 1.0), checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .settings import is_loopback

_PLAIN = re.compile(r"[\x21\x23-\x26\x28-\x3b\x3d\x3f-\x7e]+")  # printed ASCII without quotes and angles


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """An issuer's addresses, and what it can do. `says_iss`: its returns name it (RFC 9207)."""

    authorization: str
    token: str
    keys: str
    userinfo: str = ""
    by_post: bool = False
    says_iss: bool = False


def well_known(issuer: str) -> str:
    """Where the document stands."""
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def read(document: Mapping[str, Any], issuer: str) -> Metadata:
    """The document of this very issuer. Raises ValueError with what is wrong with it."""
    if document.get("issuer") != issuer:
        raise ValueError("it is the document of another issuer")
    methods = document.get("token_endpoint_auth_methods_supported")
    offered = methods if isinstance(methods, list) else ["client_secret_basic"]
    return Metadata(
        authorization=_address(document, "authorization_endpoint", issuer),
        token=_address(document, "token_endpoint", issuer),
        keys=_address(document, "jwks_uri", issuer),
        userinfo=_address(document, "userinfo_endpoint", issuer) if document.get("userinfo_endpoint") else "",
        by_post="client_secret_basic" not in offered and "client_secret_post" in offered,
        says_iss=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _address(document: Mapping[str, Any], name: str, issuer: str) -> str:
    """https, but for an issuer on this machine that may be plain http there."""
    address = document.get(name)
    if not isinstance(address, str) or len(address) > 2000 or not _PLAIN.fullmatch(address):
        raise ValueError(f"{name} is missing")
    parts = urlsplit(address)
    near = issuer.startswith("http:") and parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not parts.hostname or (parts.scheme != "https" and not near):
        raise ValueError(f"{name} is no https address")
    return address
