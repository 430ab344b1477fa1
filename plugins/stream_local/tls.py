"""The certificate of RTMPS: loaded at the start, loaded again when its files change."""

from __future__ import annotations

import asyncio
import logging
import ssl
from pathlib import Path
from typing import Final

from aethex_live.errors import StartError
from aethex_live.waiting import end_task

log = logging.getLogger(__name__)

_LOOK_S: Final = 30.0


class Certificate:
    """A TLS context that follows its files; connections that are there keep the certificate that they began with."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._certificate, self._key = certificate, key
        self._seen: tuple[object, ...] = ()
        self._task: asyncio.Task[None] | None = None
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2

    def load(self) -> None:
        """Read the files. Blocks. Raises StartError that names the file and what is wrong with it."""
        self._seen = self._stamp()
        for what, path in (("certificate", self._certificate), ("key", self._key)):
            try:
                path.read_bytes()
            except OSError as error:
                setting = f"AETHEX_STREAM_LOCAL__RTMPS_{what.upper()}"
                raise StartError(
                    f"RTMPS can't be offered: its {what} {path} can't be read ({error.strerror}). Set {setting} to a "
                    "PEM file that this account may read, or remove rtmps_port."
                ) from error
        try:
            # a test load first: a context that fails halfway would be left with a certificate without its key
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self._certificate, self._key, password=_no_password)
            self.context.load_cert_chain(self._certificate, self._key, password=_no_password)
        except (ssl.SSLError, ValueError) as error:
            raise StartError(
                f"RTMPS can't be offered: {self._certificate} and {self._key} are no PEM certificate with its own key "
                f"without a password ({getattr(error, 'reason', None) or error}). Put the right files there."
            ) from error

    def watch(self) -> None:
        """Look at the files now and then; `stop` ends it."""
        self._task = asyncio.get_running_loop().create_task(self._watch(), name="rtmps certificate")

    async def stop(self) -> None:
        """Look no more."""
        await end_task(self._task)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            await asyncio.to_thread(self.renew)

    def renew(self) -> bool:
        """Load the files again if they changed; bad ones are logged and the old certificate stays. Blocks."""
        if self._stamp() == self._seen:
            return False
        try:
            self.load()
        except StartError as error:
            log.error("the new certificate of RTMPS is not taken, the old one stays: %s", error)  # noqa: TRY400  (said whole)
            return False
        log.info("RTMPS has a new certificate")
        return True

    def _stamp(self) -> tuple[object, ...]:
        return tuple(_state(path) for path in (self._certificate, self._key))


def _state(path: Path) -> object:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _no_password() -> str:
    """Without this OpenSSL would ask on the terminal."""
    raise ValueError("the key has a password")
