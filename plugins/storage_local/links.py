"""Addresses of objects: lasting ones below `public/`, signed ones with an end for the rest."""

from __future__ import annotations

import hmac
from datetime import timedelta
from urllib.parse import urlencode

from aethex_live.providers.storage_keys import PUBLIC_PREFIX
from aethex_live.secrets import BadSignature, Secrets

BASE = "/p/storage_local/o/"
_PURPOSE = "get"
_TOKEN = "token"  # noqa: S105 - the name of a query parameter


class Links:
    """Makes and checks addresses; nothing of it is stored. Addresses are paths of this site."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def public(self, key: str) -> str | None:
        """The lasting address of a public key, None for any other."""
        return BASE + key if key.startswith(PUBLIC_PREFIX) else None

    def presigned(self, key: str, ttl: timedelta) -> str:
        """The address that lets its holder read the object for `ttl`."""
        token = self._secrets.sign(_PURPOSE, _fingerprint(key), ttl)
        return f"{BASE}{key}?{urlencode({_TOKEN: token})}"

    def check(self, key: str, token: str) -> None:
        """Raises BadSignature (or SignatureExpired) unless the token opens this very key."""
        if not hmac.compare_digest(self._secrets.unsign(_PURPOSE, token), _fingerprint(key)):
            raise BadSignature("This address belongs to another file.")


def _fingerprint(key: str) -> bytes:
    return hmac.digest(b"object", key.encode(), "sha256")[:16]
