"""Which instance of Clerk this site belongs to: read off its keys, which say whether they fit together."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Literal

from aethex_live.providers import NotConfigured

from .settings import PROVIDER, AuthClerkSettings

Environment = Literal["test", "live"]
_PUBLISHABLE = re.compile(r"pk_(test|live)_([A-Za-z0-9+/=_-]{4,400})")
_SECRET = re.compile(r"sk_(test|live)_[A-Za-z0-9_-]{8,200}")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?(:[0-9]{1,5})?")
_WHERE = "dashboard.clerk.com, Configure, API keys"


@dataclass(frozen=True, slots=True)
class Instance:
    """`frontend` is the origin of its Frontend API, which is also the issuer that its tokens name."""

    environment: Environment
    frontend: str
    publishable_key: str


def read_instance(settings: AuthClerkSettings) -> Instance:
    """The instance of the settings. Raises NotConfigured with the setting, where it is read and where to get it."""
    shown = settings.publishable_key.strip()
    found = _PUBLISHABLE.fullmatch(shown)
    host = _host(found.group(2)) if found else ""
    if found is None or not host:
        raise _wrong("publishable_key", shown, "pk_test_ or pk_live_")
    environment: Environment = "live" if found.group(1) == "live" else "test"
    secret = settings.secret_key.get_secret_value().strip()
    fitting = _SECRET.fullmatch(secret)
    if fitting is None:
        raise _wrong("secret_key", secret, "sk_test_ or sk_live_")
    if fitting.group(1) != environment:
        sentence = (
            f"publishable_key is of a {environment} instance and secret_key of a {fitting.group(1)} one: copy both "
            f"from the same page ({_WHERE}) into [plugins.auth_clerk]."
        )
        raise NotConfigured(sentence, provider=PROVIDER, operation="start")
    return Instance(environment, settings.frontend_url or f"https://{host}", shown)


def _host(encoded: str) -> str:
    """The host in a publishable key: base64 of it and a dollar sign; "" where there is none."""
    try:
        text = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    host, dollar, rest = text.partition("$")
    return host if dollar and not rest and _HOST.fullmatch(host) else ""


def _wrong(name: str, value: str, begins: str) -> NotConfigured:
    fault = "is malformed" if value else "is missing"
    sentence = (
        f"{name} {fault}: copy it ({begins}…) from {_WHERE}, and set it under [plugins.auth_clerk], or as "
        f"AETHEX_AUTH_CLERK__{name.upper()}."
    )
    return NotConfigured(sentence, provider=PROVIDER, operation="start")
