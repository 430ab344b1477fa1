"""Addresses of media at Cloudflare: public ones, and signed ones, where a token stands in place of the id."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import RSAKey

from aethex_live.clock import ManualClock
from aethex_live.providers.streaming import PlaybackRef, StreamCap

PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
DOMAIN = "https://customer-abc.cloudflarestream.com"


def ref(name: str, *, live: bool = True) -> PlaybackRef:
    return PlaybackRef(provider="cloudflare", id=name, live=live)


@pytest.fixture
def public(opened: Callable[..., Any]) -> Any:
    return opened("http://127.0.0.1:9", delivery_url=DOMAIN)


@pytest.fixture
def signing(opened: Callable[..., Any]) -> Any:
    key = {"signing_key_id": "k1", "signing_private_key": base64.b64encode(PEM).decode()}
    return opened("http://127.0.0.1:9", delivery_url=DOMAIN, **key)


def test_public_addresses(public: Any) -> None:
    (live,) = public.playback(ref("in1"))
    assert (live.url, live.kind, live.expires_at) == (
        f"{DOMAIN}/in1/manifest/video.m3u8?protocol=llhls",
        "ll-hls",
        None,
    )
    (recorded,) = public.playback(ref("v1", live=False))
    assert (recorded.url, recorded.kind) == (f"{DOMAIN}/v1/manifest/video.m3u8", "hls")
    assert public.image(ref("v1", live=False)) == f"{DOMAIN}/v1/thumbnails/thumbnail.jpg?width=640"
    assert StreamCap.PRIVATE not in public.capabilities
    # without a key what only a key opens has no address
    assert public.playback(ref("signed:v1")) == []
    assert public.image(ref("signed:v1")) is None


def test_signed_addresses_open_one_thing_for_some_hours(
    signing: Any, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = RSAKey.import_key(PRIVATE.public_key())
    # the key is read once: to read it takes a hundred times as long as to sign with it
    monkeypatch.setattr(RSAKey, "import_key", lambda *_: pytest.fail("the key is read again"))
    assert StreamCap.PRIVATE in signing.capabilities
    (source,) = signing.playback(ref("signed:v1", live=False))
    name = source.url.removeprefix(f"{DOMAIN}/").partition("/")[0]
    token = jwt.decode(name, verify, algorithms=["RS256"])
    expires = int(clock.now().timestamp()) + 6 * 3600
    assert token.header["kid"] == "k1"
    assert token.claims == {"sub": "v1", "kid": "k1", "exp": expires}
    assert int(source.expires_at.timestamp()) == expires
    assert signing.image(ref("signed:v1")).startswith(f"{DOMAIN}/ey")
