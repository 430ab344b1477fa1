"""Bytes on their way to the disk.

Putting the sidecar in place is the one step that counts: a crash leaves the old object or the new one, never a
mixture.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from aethex_live.providers import Conflict

from .errors import PROVIDER, disk_errors
from .sidecar import Facts, blob_of, read_sidecar, sidecar_of


class Upload:
    """Bytes on their way to the disk."""

    def __init__(self, key: str, base: Path) -> None:
        self._key = key
        self._base = base
        self._blob = secrets.token_hex(8)
        self._draft = base.with_name(f"{base.name}@{self._blob}.draft")
        self._digest = hashlib.sha256()
        self._size = 0
        self._published = False
        self._ending = threading.Lock()  # an abort beside a commit would tear the object
        self._file = open(blob_of(base, self._blob), "xb")  # noqa: SIM115 - commit or abort closes it

    def write(self, piece: bytes) -> None:
        """Add a piece."""
        with disk_errors("put"):
            self._file.write(piece)
        self._digest.update(piece)
        self._size += len(piece)

    def commit(self, *, content_type: str, modified: float, metadata: Mapping[str, str], if_absent: bool) -> Facts:
        """Make the object visible, whole and on the disk. Raises Conflict for `if_absent` and a taken key."""
        facts = Facts(
            blob=self._blob,
            size=self._size,
            etag=self._digest.hexdigest()[:32],
            content_type=content_type,
            modified=modified,
            metadata=dict(metadata),
        )
        with self._ending, disk_errors("put"):
            _finish(self._file)
            with open(self._draft, "xb") as draft:
                draft.write(json.dumps(asdict(facts)).encode())
                _finish(draft)
            before = read_sidecar(self._base)
            self._publish(if_absent)
            sync_folder(self._base.parent)
            if before is not None:
                blob_of(self._base, before.blob).unlink(missing_ok=True)
        return facts

    def _publish(self, if_absent: bool) -> None:
        if not if_absent:
            os.replace(self._draft, sidecar_of(self._base))
            self._published = True
            return
        try:
            # the one call that refuses an existing name in one step
            os.link(self._draft, sidecar_of(self._base))
        except FileExistsError:
            raise Conflict(f"The storage key {self._key!r} is taken.", provider=PROVIDER, operation="put") from None
        self._published = True
        self._draft.unlink()

    def abort(self) -> None:
        """Leave nothing behind, unless the object is published already."""
        with self._ending:
            if self._published:
                return
            with suppress(OSError):
                self._file.close()
            for path in (self._draft, blob_of(self._base, self._blob)):
                with suppress(OSError):
                    path.unlink(missing_ok=True)


def _finish(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()


def make_folder(folder: Path) -> None:
    """Make a folder so that it outlives a power cut: each new name is on the disk."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
