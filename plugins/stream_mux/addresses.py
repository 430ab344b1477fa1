"""Addresses of media at Mux, signed where the site has a signing key. Nothing here touches the network."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from aethex_live.clock import Clock
from aethex_live.providers import NotConfigured
from aethex_live.providers.streaming import PlaybackRef, PlaySource

from .errors import PROVIDER

LIFE: Final = timedelta(hours=6)
SIGNED: Final = "signed:"  # begins the id of what is played by signed addresses alone
WIDTH: Final = "640"


class Addresses:
    """`key` is None where all is public. A parsed key signs in a quarter of a millisecond."""

    def __init__(self, stream_url: str, image_url: str, key: SigningKey | None, clock: Clock) -> None:
        self._stream_url, self._image_url = stream_url.rstrip("/"), image_url.rstrip("/")
        self._key = key
        self._clock = clock

    @property
    def origins(self) -> Sequence[str]:
        """Where browsers load from."""
        return (self._stream_url, self._image_url)

    def playback(self, ref: PlaybackRef) -> Sequence[PlaySource]:
        """The one way to play; none for what only a key can sign that is not there."""
        view = {"asset_start_time": ref.start, "asset_end_time": ref.end}
        words = {name: f"{at:g}" for name, at in view.items() if at is not None}
        kind: Literal["ll-hls", "hls"] = "ll-hls" if ref.live else "hls"
        name, signed = _split(ref.id)
        if not signed:
            return [PlaySource(url=_with(f"{self._stream_url}/{name}.m3u8", words), kind=kind)]
        if self._key is None:
            return []
        expires = self._clock.now() + LIFE
        token = self._key.token(name, "v", expires, words)
        return [PlaySource(url=f"{self._stream_url}/{name}.m3u8?token={token}", kind=kind, expires_at=expires)]

    def image(self, ref: PlaybackRef) -> str | None:
        """A still picture, for live the newest."""
        name, signed = _split(ref.id)
        words = {"width": WIDTH} | ({"time": f"{ref.start:g}"} if ref.start is not None else {})
        place = f"{self._image_url}/{name}/thumbnail.webp"
        if not signed:
            return _with(place, words)
        if self._key is None:
            return None
        # what a signed address asks for has to be in its token
        return f"{place}?token={self._key.token(name, 't', self._clock.now() + LIFE, words)}"


class SigningKey:
    """A signing key of Mux."""

    def __init__(self, key_id: str, private_key: str) -> None:
        """Raises NotConfigured for what is no key."""
        self._id = key_id
        try:
            self._key = RSAKey.import_key(base64.b64decode(private_key, validate=True))
        except (JoseError, ValueError, binascii.Error):
            raise NotConfigured(
                "[plugins.stream_mux] signing_private_key is no private key in base64, as Mux shows it once when a "
                "signing key is made (dashboard, Settings, Signing Keys).",
                provider=PROVIDER,
                operation="set_up",
            ) from None

    def token(self, playback_id: str, audience: str, expires: datetime, words: Mapping[str, str]) -> str:
        """What opens one playback id for one use until `expires`."""
        claims = {"sub": playback_id, "aud": audience, "exp": int(expires.astimezone(UTC).timestamp()), **words}
        return jwt.encode({"alg": "RS256", "kid": self._id}, claims, self._key)


def playback_id(found: Sequence[Mapping[str, object]]) -> str | None:
    """The id by which we play what has these playback ids of Mux: a public one, else a signed one."""
    by_policy = {str(one.get("policy")): str(one.get("id")) for one in reversed(found)}
    if name := by_policy.get("public"):
        return name
    return f"{SIGNED}{by_policy['signed']}" if "signed" in by_policy else None


def _split(text: str) -> tuple[str, bool]:
    return text.removeprefix(SIGNED), text.startswith(SIGNED)


def _with(url: str, words: Mapping[str, str]) -> str:
    return f"{url}?{urlencode(words)}" if words else url
