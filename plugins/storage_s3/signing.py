"""Signed addresses by AWS Signature Version 4, made in microseconds: a page may hold a hundred of them.

The SDK takes ten times as long, and reads the time of day by itself.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import quote, urlsplit

from aethex_live.clock import Clock
from aethex_live.providers import Invalid

LONGEST = timedelta(days=7)
_ALGORITHM = "AWS4-HMAC-SHA256"


class Signer:
    """Signs addresses of one bucket; never touches the network."""

    def __init__(
        self, *, base: str, region: str, access_key: str, secret_key: str, clock: Clock, provider: str = "s3"
    ) -> None:
        parts = urlsplit(base)
        self._root = f"{parts.scheme}://{parts.netloc}"
        self._path = parts.path.rstrip("/")
        self._host = parts.netloc
        self._region = region
        self._access_key = access_key
        self._secret = f"AWS4{secret_key}".encode()
        self._clock = clock
        self._provider = provider
        self._day, self._day_key = "", b""

    def url(
        self,
        method: str,
        key: str,
        ttl: timedelta,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """The address that lets its holder do `method` with just these headers, for `ttl`.

        Names of headers are lower case. Raises Invalid for a ttl that S3 does not take: 1 second to 7 days.
        """
        seconds = math.ceil(ttl.total_seconds())
        if not 1 <= seconds <= LONGEST.total_seconds():
            sentence = f"A signed address lives 1 second to 7 days, not {ttl}."
            raise Invalid(sentence, provider=self._provider, operation="sign")
        stamp = self._clock.now().strftime("%Y%m%dT%H%M%SZ")
        signed = dict(sorted({"host": self._host, **(headers or {})}.items()))
        scope = f"{stamp[:8]}/{self._region}/s3/aws4_request"
        asked = {
            **(query or {}),
            "X-Amz-Algorithm": _ALGORITHM,
            "X-Amz-Credential": f"{self._access_key}/{scope}",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": str(seconds),
            "X-Amz-SignedHeaders": ";".join(signed),
        }
        # keys need no quoting: their signs are a-z 0-9 . _ - and /
        path, words = f"{self._path}/{key}", _query(asked)
        lines = "".join(f"{name}:{value.strip()}\n" for name, value in signed.items())
        request = f"{method}\n{path}\n{words}\n{lines}\n{';'.join(signed)}\nUNSIGNED-PAYLOAD"
        text = f"{_ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        signature = hmac.new(self._key_of(stamp[:8]), text.encode(), hashlib.sha256).hexdigest()
        return f"{self._root}{path}?{words}&X-Amz-Signature={signature}"

    def _key_of(self, day: str) -> bytes:
        """The key of a day; the same for all addresses of it."""
        if day != self._day:
            key = self._secret
            for part in (day, self._region, "s3", "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._day, self._day_key = day, key
        return self._day_key


def _query(pairs: Mapping[str, str]) -> str:
    quoted = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in pairs.items())
    return "&".join(f"{name}={value}" for name, value in quoted)
