"""The file of a backup: a plain tar, written and read in one pass with little memory."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final, cast

from .errors import BackupError
from .folders import NOT_KEPT
from .manifest import DATA, DUMP, FOLDER, NAME, SEAL, Manifest, Member, decode

CHUNK: Final = 1 << 20
_MOST_MANIFEST: Final = 256 << 20
Sink = Callable[[tarfile.TarInfo, Iterator[bytes]], None]


class Writer:
    """Adds files one after the other and remembers their hashes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._tar: Any = tarfile.TarFile(fileobj=file, mode="w", format=tarfile.PAX_FORMAT, copybufsize=CHUNK)
        self.members: list[Member] = []
        self.changed: list[str] = []

    def add(self, name: str, path: Path) -> None:
        """Add the file at `path`; one that is no longer there is left out, as one that was never seen."""
        try:
            source = path.open("rb")
        except FileNotFoundError:
            return
        with source:
            info = self._tar.gettarinfo(arcname=name, fileobj=source)
            info.uid = info.gid = 0
            info.uname = info.gname = ""
            if info.type == tarfile.LNKTYPE:  # a second name of a file already added: stored whole all the same
                info.type, info.linkname = tarfile.REGTYPE, ""
                info.size = path.stat().st_size
            self._write(info, source)

    def _write(self, info: tarfile.TarInfo, source: IO[bytes]) -> None:
        reader = _Reader(source, info.size)
        self._tar.addfile(info, reader)
        self._tar.members = []  # else every header stays in memory
        self.members.append(Member(name=info.name, size=info.size, sha256=reader.hash.hexdigest()))
        if reader.short:
            self.changed.append(info.name)

    def close(self, manifest: Manifest) -> None:
        """Write the manifest and its seal, which end a whole backup."""
        content = manifest.encoded()
        for name, data in ((NAME, content), (SEAL, hashlib.sha256(content).hexdigest().encode())):
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o600
            self._tar.addfile(info, io.BytesIO(data))
        self._tar.close()


class _Reader:
    """Reads exactly `size` bytes and hashes them: what a file has lost since is made up by zeros, and told."""

    def __init__(self, source: IO[bytes], size: int) -> None:
        self._source, self._left = source, size
        self.hash = hashlib.sha256()
        self.short = False

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._source.read(wanted)
        if len(data) < wanted:
            self.short = True
            data += bytes(wanted - len(data))
        self._left -= wanted
        self.hash.update(data)
        return data


def read(path: Path, sink: Sink | None = None) -> Manifest:
    """Read a backup from end to end, handing each file to `sink`, and prove every byte by the manifest.

    Raises BackupError when anything is missing, changed or of a newer kind.
    """
    found: list[Member] = []
    manifest: Manifest | None = None
    content = b""
    try:
        with path.open("rb") as file, tarfile.open(fileobj=file, mode="r:") as tar:
            while (info := tar.next()) is not None:
                cast("Any", tar).members = []
                if manifest is not None:
                    raise BackupError(f"{path} is damaged: something follows its end.")
                chunks = _chunks(tar, info)
                if info.name == NAME:
                    content = _small(info, chunks, path)
                elif info.name == SEAL:
                    manifest = decode(content, _small(info, chunks, path), path)
                else:
                    found.append(_pass_on(info, chunks, sink, path))
    except (tarfile.TarError, EOFError) as error:
        raise BackupError(f"{path} is no whole backup ({error}): use another one.") from error
    except FileNotFoundError:
        raise BackupError(f"There is no file {path}.") from None
    except IsADirectoryError:
        raise BackupError(f"{path} is a folder: name the backup file in it.") from None
    if manifest is None:
        raise BackupError(f"{path} is cut off, or no backup of this platform: there is no manifest at its end.")
    _compare(path, tuple(found), manifest.members)
    return manifest


def _chunks(tar: tarfile.TarFile, info: tarfile.TarInfo) -> Iterator[bytes]:
    source = tar.extractfile(info) if info.isreg() else None
    while source is not None and (data := source.read(CHUNK)):
        yield data


def _small(info: tarfile.TarInfo, chunks: Iterator[bytes], path: Path) -> bytes:
    if info.size > _MOST_MANIFEST:
        raise BackupError(f"{path} is damaged: its manifest has {info.size} bytes.")
    return b"".join(chunks)


def _pass_on(info: tarfile.TarInfo, chunks: Iterator[bytes], sink: Sink | None, path: Path) -> Member:
    if not info.isreg() or not is_name(info.name):
        raise BackupError(f"{path} is no backup of this platform: it holds “{info.name[:80]}”.")
    hashed, size = hashlib.sha256(), 0

    def watched() -> Iterator[bytes]:
        nonlocal size
        for data in chunks:
            hashed.update(data)
            size += len(data)
            yield data

    if sink is not None:
        sink(info, watched())
    else:
        for _ in watched():
            pass
    if size != info.size:
        raise BackupError(f"{path} is cut off in the middle of {info.name}. Use another backup.")
    return Member(name=info.name, size=size, sha256=hashed.hexdigest())


def is_name(name: str) -> bool:
    """Whether a member may be called so: below one of our folders, and nowhere else."""
    if name == DUMP:
        return True
    parts = name.split("/")
    inside = name.startswith((DATA, FOLDER)) and not {"..", ".", ""} & set(parts) and "\0" not in name
    return inside and len(parts) >= (2 if name.startswith(DATA) else 3) and parts[1] not in NOT_KEPT


def _compare(path: Path, found: tuple[Member, ...], listed: tuple[Member, ...]) -> None:
    if found == listed:
        return
    for one, other in zip(found, listed, strict=False):
        if one != other:
            raise BackupError(f"{path} is damaged: {other.name} is not what was saved. Use another backup.")
    raise BackupError(f"{path} is damaged: it has {len(found)} of {len(listed)} files. Use another backup.")
