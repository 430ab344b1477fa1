"""The files on the disk: blocking calls, made by the provider in threads.

An object is two files side by side: `name@<id>` holds its bytes, the sidecar `name@meta` its facts and that
id. Putting the sidecar in place is the one step that counts, so a crash leaves the old object or the new one,
never a mixture.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from aethex_live.providers import Conflict, Unavailable

from .errors import PROVIDER, disk_errors, missing
from .keys import key_of, path_of

SIDECAR = "@meta"
# leftovers of a crash are younger than any upload that is still running
_LEFTOVER_S = 24 * 3600.0
_TRIES = 5  # a folder or file may vanish between two steps when somebody deletes beside us


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a sidecar holds; `modified` in seconds since 1970, `blob` is the id in the bytes' file name."""

    blob: str
    size: int
    etag: str
    content_type: str
    modified: float
    metadata: Mapping[str, str]


class Disk:
    """The storage folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def begin(self, key: str) -> Upload:
        """Start an upload; nobody sees it before its commit."""
        base = self._base(key)
        with disk_errors("put"):
            for _ in range(_TRIES):
                with suppress(FileNotFoundError):
                    _make_folder(base.parent)
                    return Upload(key, base)
            raise FileNotFoundError(2, "its folder vanishes again and again")

    def find(self, key: str, operation: str = "list") -> Facts | None:
        """The facts of an object, or None."""
        with disk_errors(operation):
            return _read_sidecar(self._base(key))

    def facts(self, key: str, operation: str) -> Facts:
        """The facts of an object. Raises NotFound."""
        found = self.find(key, operation)
        if found is None:
            raise missing(key, operation)
        return found

    def open(self, key: str) -> tuple[BinaryIO, Facts]:
        """The bytes and the facts that belong to them. Raises NotFound."""
        base = self._base(key)
        for _ in range(_TRIES):
            facts = self.facts(key, "get")
            with disk_errors("get"), suppress(FileNotFoundError):  # it was replaced just now: look again
                return open(_blob(base, facts.blob), "rb"), facts
        raise missing(key, "get")

    def delete(self, key: str) -> None:
        """Delete an object; a missing one is no error."""
        base = self._base(key)
        with disk_errors("delete"):
            facts = _read_sidecar(base)
            if facts is None:
                return
            _sidecar(base).unlink(missing_ok=True)
            _blob(base, facts.blob).unlink(missing_ok=True)
            self._prune(base.parent)

    def keys(self, prefix: str) -> list[str]:
        """All keys that begin with `prefix`, sorted."""
        head = prefix.rpartition("/")[0]
        found = []
        for folder, _, files in os.walk(self._base(head) if head else self._root):
            names = Path(folder).relative_to(self._root).parts
            for file in files:
                if file.endswith(SIDECAR):
                    found.append(key_of([*names, file.removesuffix(SIDECAR)]))
        return sorted(key for key in found if key.startswith(prefix))

    def sweep(self) -> int:
        """Remove what interrupted uploads left behind; returns how many files."""
        before = time.time() - _LEFTOVER_S
        count = 0
        for folder, _, files in os.walk(self._root):
            for file in files:
                if not file.endswith(SIDECAR) and _is_leftover(Path(folder, file), before):
                    Path(folder, file).unlink(missing_ok=True)
                    count += 1
        return count

    def _base(self, key: str) -> Path:
        return self._root / path_of(key)

    def _prune(self, folder: Path) -> None:
        """Remove folders that became empty."""
        with suppress(OSError):  # not empty, or gone already
            while folder != self._root:
                folder.rmdir()
                folder = folder.parent


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
        self._file = open(_blob(base, self._blob), "xb")  # noqa: SIM115 - commit or abort closes it

    def write(self, piece: bytes) -> None:
        """Add a piece."""
        with disk_errors("put"):
            self._file.write(piece)
        self._digest.update(piece)
        self._size += len(piece)

    def commit(
        self, *, content_type: str, modified: float, metadata: Mapping[str, str], if_absent: bool
    ) -> Facts:
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
            before = _read_sidecar(self._base)
            self._publish(if_absent)
            _sync_folder(self._base.parent)
            if before is not None:
                _blob(self._base, before.blob).unlink(missing_ok=True)
        return facts

    def _publish(self, if_absent: bool) -> None:
        if not if_absent:
            os.replace(self._draft, _sidecar(self._base))
            self._published = True
            return
        try:
            os.link(
                self._draft, _sidecar(self._base)
            )  # the one call that refuses an existing name in one step
        except FileExistsError:
            raise Conflict(
                f"The storage key {self._key!r} is taken.", provider=PROVIDER, operation="put"
            ) from None
        self._published = True
        self._draft.unlink()

    def abort(self) -> None:
        """Leave nothing behind, unless the object is published already."""
        with self._ending:
            if self._published:
                return
            with suppress(OSError):
                self._file.close()
            for path in (self._draft, _blob(self._base, self._blob)):
                with suppress(OSError):
                    path.unlink(missing_ok=True)


def _sidecar(base: Path) -> Path:
    return base.with_name(base.name + SIDECAR)


def _blob(base: Path, name: str) -> Path:
    return base.with_name(f"{base.name}@{name}")


def _read_sidecar(base: Path) -> Facts | None:
    try:
        return Facts(**json.loads(_sidecar(base).read_bytes()))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, TypeError) as error:
        raise Unavailable(
            f"The file {_sidecar(base)} is damaged: delete it, then store that object again.",
            provider=PROVIDER,
            operation="read",
        ) from error


def _is_leftover(path: Path, before: float) -> bool:
    try:
        if path.stat().st_mtime > before:
            return False
        name, _, blob = path.name.rpartition("@")
        if not name:
            return False  # not a file of ours
        facts = _read_sidecar(path.with_name(name))
    except (OSError, Unavailable):
        return False
    return facts is None or facts.blob != blob


def _finish(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()


def _make_folder(folder: Path) -> None:
    """Make a folder so that it outlives a power cut: each new name is on the disk."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
