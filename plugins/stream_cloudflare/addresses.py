"""Addresses of media at Cloudflare, signed where the site has a signing key. Nothing here touches the network."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from aethex_live.clock import Clock
from aethex_live.providers import NotConfigured
from aethex_live.providers.streaming import PlaybackRef, PlaySource

from .names import PROVIDER

LIFE: Final = timedelta(hours=6)
SIGNED: Final = "signed:"  # begins the id of what is played by signed addresses alone
WIDTH: Final = 640


class Addresses:
    """`key` is None where all is public. At Cloudflare a token stands in the address in place of the id."""

    def __init__(self, delivery_url: str, key: SigningKey | None, clock: Clock) -> None:
        self._base = delivery_url.rstrip("/")
        self._key = key
        self._clock = clock

    @property
    def origins(self) -> Sequence[str]:
        """Where browsers load from."""
        return (self._base,)

    def playback(self, ref: PlaybackRef) -> Sequence[PlaySource]:
        """The one way to play; none for what only a key can sign that is not there."""
        name, expires = self._name(ref.id)
        if name is None:
            return []
        kind: Literal["ll-hls", "hls"] = "ll-hls" if ref.live else "hls"
        wish = "?protocol=llhls" if ref.live else ""
        return [PlaySource(url=f"{self._base}/{name}/manifest/video.m3u8{wish}", kind=kind, expires_at=expires)]

    def image(self, ref: PlaybackRef) -> str | None:
        """A still picture, for live the newest."""
        name, _ = self._name(ref.id)
        return f"{self._base}/{name}/thumbnails/thumbnail.jpg?width={WIDTH}" if name else None

    def _name(self, text: str) -> tuple[str | None, datetime | None]:
        """What stands in the address, and until when it opens anything."""
        name = text.removeprefix(SIGNED)
        if not text.startswith(SIGNED):
            return name, None
        if self._key is None:
            return None, None
        expires = self._clock.now() + LIFE
        return self._key.token(name, expires), expires


class SigningKey:
    """A signing key of Cloudflare Stream; parsed once, it signs in a quarter of a millisecond."""

    def __init__(self, key_id: str, pem: str) -> None:
        """Raises NotConfigured for what is no key."""
        self._id = key_id
        try:
            self._key = RSAKey.import_key(base64.b64decode(pem, validate=True))
        except (JoseError, ValueError, binascii.Error):
            raise NotConfigured(
                "[plugins.stream_cloudflare] signing_private_key is no private key in base64: it is the `pem` that the "
                "API gives once when a signing key is made (POST …/stream/keys).",
                provider=PROVIDER,
                operation="set_up",
            ) from None

    def token(self, video: str, expires: datetime) -> str:
        """What opens one video or live input until `expires`."""
        claims = {"sub": video, "kid": self._id, "exp": int(expires.astimezone(UTC).timestamp())}
        return jwt.encode({"alg": "RS256", "kid": self._id}, claims, self._key)


def reference(uid: str, *, signed: bool) -> str:
    """The id of a PlaybackRef."""
    return f"{SIGNED}{uid}" if signed else uid
