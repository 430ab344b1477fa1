"""Addresses of media at Mux: public ones, signed ones, views, and what they cost."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import RSAKey

from aethex_live.clock import ManualClock
from aethex_live.providers.streaming import PlaybackRef, StreamCap

PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def ref(name: str, *, live: bool = True, **more: Any) -> PlaybackRef:
    return PlaybackRef(provider="mux", id=name, live=live, **more)


@pytest.fixture
def signing(opened: Callable[..., Any]) -> Any:
    return opened("http://127.0.0.1:9", signing_key_id="k1", signing_private_key=base64.b64encode(PEM).decode())


def test_public_addresses(opened: Callable[..., Any]) -> None:
    provider = opened("http://127.0.0.1:9")
    (live,) = provider.playback(ref("PB1"))
    assert (live.url, live.kind, live.expires_at) == ("https://stream.mux.com/PB1.m3u8", "ll-hls", None)
    (view,) = provider.playback(ref("PB1", live=False, start=10.0, end=20.5))
    assert view.url == "https://stream.mux.com/PB1.m3u8?asset_start_time=10&asset_end_time=20.5"
    assert provider.image(ref("PB1")) == "https://image.mux.com/PB1/thumbnail.webp?width=640"
    assert provider.origins == ("https://stream.mux.com", "https://image.mux.com")
    assert StreamCap.PRIVATE not in provider.capabilities
    # without a key what only a key opens has no address
    assert provider.playback(ref("signed:PB1")) == []
    assert provider.image(ref("signed:PB1")) is None


def test_signed_addresses_open_one_thing_for_some_hours(signing: Any, clock: ManualClock) -> None:
    assert StreamCap.PRIVATE in signing.capabilities
    (source,) = signing.playback(ref("signed:PB1", start=5.0))
    parts = urlsplit(source.url)
    token = jwt.decode(parse_qs(parts.query)["token"][0], RSAKey.import_key(PRIVATE.public_key()), algorithms=["RS256"])
    assert parts.path == "/PB1.m3u8"
    assert token.header["kid"] == "k1"
    expires = int(clock.now().timestamp()) + 6 * 3600
    assert token.claims == {"sub": "PB1", "aud": "v", "exp": expires, "asset_start_time": "5"}
    picture = signing.image(ref("signed:PB1"))
    shown = jwt.decode(picture.partition("token=")[2], RSAKey.import_key(PRIVATE.public_key()), algorithms=["RS256"])
    assert (shown.claims["aud"], shown.claims["width"]) == ("t", "640")


def test_the_key_is_read_once_and_addresses_need_no_network(signing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """To read a key takes a hundred times as long as to sign with it."""
    monkeypatch.setattr(RSAKey, "import_key", lambda *_: pytest.fail("the key is read again"))
    assert signing.playback(ref("signed:PB1"))
    assert signing.image(ref("signed:PB1"))
    assert signing.calls.condition.healthy
