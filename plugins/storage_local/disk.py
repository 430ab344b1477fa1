"""The files on the disk: blocking calls, made by the provider in threads."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from aethex_live.providers import Unavailable

from .errors import disk_errors, missing
from .keys import key_of, path_of
from .sidecar import SIDECAR, Facts, blob_of, read_sidecar, sidecar_of
from .upload import Upload, make_folder

# no upload that is still running has a file that nobody wrote to for so long
_LEFTOVER_S = 24 * 3600.0
_TRIES = 5  # a folder or file may vanish between two steps when somebody deletes beside us


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
                    make_folder(base.parent)
                    return Upload(key, base)
            raise FileNotFoundError(2, "its folder vanishes again and again")

    def find(self, key: str, operation: str = "list") -> Facts | None:
        """The facts of an object, or None."""
        with disk_errors(operation):
            return read_sidecar(self._base(key))

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
                return open(blob_of(base, facts.blob), "rb"), facts
        raise missing(key, "get")

    def delete(self, key: str) -> None:
        """Delete an object; a missing one is no error."""
        base = self._base(key)
        with disk_errors("delete"):
            facts = read_sidecar(base)
            if facts is None:
                return
            sidecar_of(base).unlink(missing_ok=True)
            blob_of(base, facts.blob).unlink(missing_ok=True)
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


def _is_leftover(path: Path, before: float) -> bool:
    try:
        if path.stat().st_mtime > before:
            return False
        name, _, blob = path.name.rpartition("@")
        if not name:
            return False  # not a file of ours
        facts = read_sidecar(path.with_name(name))
    except (OSError, Unavailable):
        return False
    return facts is None or facts.blob != blob
