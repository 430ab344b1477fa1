"""What a move of stored files has done so far: a file to which lines are added, so that a kill loses a line at most."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from aethex_live.errors import AethexError


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A file that lies at the new place, read back and found equal: what it was like at the old one."""

    key: str
    etag: str
    size: int
    digest: str


class Journal:
    """The files that were moved from one place to another, by key. Held by one process at a time."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._moved: dict[str, Moved] = {}

    @classmethod
    def open(cls, folder: Path, source: str, target: str) -> Self:
        """The journal of this way. Raises AethexError while another process moves files the same way."""
        folder.mkdir(parents=True, exist_ok=True)
        file = open(folder / f"{source}-to-{target}.jsonl", "a+b")  # noqa: SIM115 - `close` closes it
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise AethexError(f"Another process moves files from {source} to {target} already: let it end.") from None
        journal = cls(file)
        journal._read()
        return journal

    def _read(self) -> None:
        self._file.seek(0)
        whole = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                break  # the line that a kill cut off
            whole += len(line)
            key, *facts = json.loads(line)
            if facts:
                self._moved[key] = Moved(key=key, etag=facts[0], size=facts[1], digest=facts[2])
            else:
                self._moved.pop(key, None)
        self._file.truncate(whole)

    def get(self, key: str) -> Moved | None:
        """What is known of a file that was moved."""
        return self._moved.get(key)

    def add(self, moved: Moved) -> None:
        """Write down that a file is there."""
        self._write([moved.key, moved.etag, moved.size, moved.digest])
        self._moved[moved.key] = moved

    def drop(self, key: str) -> None:
        """Write down that a file is not there any more."""
        if self._moved.pop(key, None) is not None:
            self._write([key])

    def __iter__(self) -> Iterator[Moved]:
        return iter(list(self._moved.values()))

    def _write(self, line: list[str | int]) -> None:
        self._file.write(json.dumps(line).encode() + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Let others have it."""
        self._file.close()
