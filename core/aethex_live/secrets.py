"""The site's secret: where it is kept, what derives from it, and signed texts that expire."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
import os
import secrets
import stat
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from aethex_live.clock import Clock
from aethex_live.errors import AethexError, ConfigError, StartError
from aethex_live.settings import Site

FILE_NAME = "secret"
MIN_LENGTH = 32  # characters of AETHEX_SECRET: 32 of base64 carry 192 bits
_SALT = b"aethex-live"
_NEVER = 0
_MAC_BYTES = 32
_EXPIRY_BYTES = 8
_RECIPE = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"

log = logging.getLogger(__name__)


class BadSignature(AethexError):
    """A signed text was changed, made for another purpose or signed with another secret."""


class SignatureExpired(BadSignature):
    """A signed text is genuine, but its time is over."""


class Secrets:
    """Keys and signatures by purpose; what is made for one purpose is worthless for every other."""

    def __init__(self, secret: bytes, clock: Clock, *, scope: str = "") -> None:
        self._key = hmac.digest(_SALT, secret, "sha256")
        self._secret = secret
        self._clock = clock
        self._scope = scope

    def __repr__(self) -> str:
        return f"Secrets(scope={self._scope!r})"

    def scoped(self, name: str) -> Secrets:
        """The secrets of one plugin: its purposes can't meet those of the core or of another plugin."""
        return Secrets(self._secret, self._clock, scope=f"{self._scope}{name}:")

    @property
    def fingerprint(self) -> str:
        """16 hex digits that tell this secret from another without giving it away."""
        return self.derive("fingerprint", 8).hex()

    def derive(self, purpose: str, length: int = 32) -> bytes:
        """A key of `length` bytes (1 to 8160) for a purpose: HKDF-SHA256 (RFC 5869), always the same."""
        if not 1 <= length <= 255 * 32:
            raise ValueError(f"a derived key has 1 to 8160 bytes, not {length}")
        info = f"{self._scope}{purpose}".encode()
        key, block = b"", b""
        for counter in range(1, -(-length // 32) + 1):
            block = hmac.digest(self._key, block + info + bytes([counter]), "sha256")
            key += block
        return key[:length]

    def sign(self, purpose: str, payload: bytes, ttl: timedelta | None = None) -> str:
        """The payload as a signed text for addresses and cookies; readable by anyone, changed by nobody.

        `ttl` is how long it holds, from now; None is for ever.
        """
        expiry = _NEVER if ttl is None else int((self._clock.now() + ttl).timestamp() * 1000)
        body = expiry.to_bytes(_EXPIRY_BYTES, "big") + payload
        return _encoded(body + self._mac(purpose, body))

    def unsign(self, purpose: str, text: str) -> bytes:
        """The payload of a signed text. Raises BadSignature, or SignatureExpired when its time is over."""
        signed = _decoded(text)
        body, mac = signed[:-_MAC_BYTES], signed[-_MAC_BYTES:]
        if len(body) < _EXPIRY_BYTES or not hmac.compare_digest(mac, self._mac(purpose, body)):
            raise BadSignature("The link or token is not genuine; ask for a new one.")
        expiry = int.from_bytes(body[:_EXPIRY_BYTES], "big")
        if expiry != _NEVER and self._clock.now().timestamp() * 1000 >= expiry:
            raise SignatureExpired("The link or token has expired; ask for a new one.")
        return body[_EXPIRY_BYTES:]

    def _mac(self, purpose: str, body: bytes) -> bytes:
        return hmac.digest(self.derive(f"sign:{purpose}"), body, hashlib.sha256)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    try:
        data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature("The link or token is damaged; ask for a new one.") from None
    if _encoded(data) != text:  # the unused bits of the last letter: one payload, one text
        raise BadSignature("The link or token is damaged; ask for a new one.")
    return data


def load_secrets(site: Site, clock: Clock) -> Secrets:
    """The site's secrets: from AETHEX_SECRET, else from `data/secret`, which is made when it is missing."""
    if site.secret is None:
        return Secrets(_from_file(site.data / FILE_NAME), clock)
    given = site.secret.get_secret_value().strip()
    if len(given) < MIN_LENGTH:
        source = site.source("secret")
        raise ConfigError(f"secret ({source}) has {len(given)} characters; {MIN_LENGTH} are needed: {_RECIPE}")
    return Secrets(given.encode(), clock)


def _from_file(path: Path) -> bytes:
    try:
        if not path.exists():
            _make(path)
        _tighten(path)
        text = path.read_bytes().strip()
    except OSError as error:
        raise StartError(f"The secret {path} can't be used: {error.strerror}. Check the data folder.") from error
    if len(text) < MIN_LENGTH:
        raise StartError(
            f"The secret {path} has {len(text)} of {MIN_LENGTH} characters: put it back from a backup. "
            "If it is lost, delete the file; stream keys and sessions change then."
        )
    return text


def _make(path: Path) -> None:
    """Whole or not at all: two processes that start at once end up with one secret."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_urlsafe(48).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _tighten(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        log.warning("%s was readable by others (mode %o); only its owner may read it now", path, mode)
        path.chmod(0o600)
