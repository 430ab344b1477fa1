"""What a disk does to an object: full, interrupted, cleaned."""

import asyncio
import errno
import os
import resource
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aethex_live.providers import Invalid, Unavailable
from aethex_plugins.storage_local.disk import Disk
from aethex_plugins.storage_local.service import LocalStorage


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


async def read(storage: LocalStorage, key: str) -> bytes:
    return b"".join([piece async for piece in storage.get(key)])


@pytest.fixture
def small_disk():
    """No file of this process may grow beyond 64 KiB, which the kernel answers as it does a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_full_disk_is_said_and_leaves_nothing(storage: LocalStorage, folder: Path, small_disk):
    with pytest.raises(Unavailable, match="disk of this site's files is full") as refused:
        await storage.put("a/big", b"x" * 200_000, content_type="text/plain")
    assert refused.value.retryable
    assert files(folder) == []


async def test_a_full_disk_keeps_what_was_there(storage: LocalStorage, folder: Path, small_disk):
    await storage.put("a", b"old", content_type="text/plain")
    before = files(folder)
    with pytest.raises(Unavailable):
        await storage.put("a", b"x" * 200_000, content_type="text/plain")
    assert files(folder) == before
    assert await read(storage, "a") == b"old"


@pytest.mark.parametrize("broken", ["fsync", "replace"])
async def test_a_disk_that_fails_at_the_end_leaves_nothing(storage: LocalStorage, folder: Path, monkeypatch, broken):
    await storage.put("other", b"1", content_type="text/plain")

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, broken, fail)
    with pytest.raises(Unavailable):
        await storage.put("b", b"x", content_type="text/plain")
    monkeypatch.undo()
    assert [name for name in files(folder) if not name.startswith("other@")] == []


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path, links, clock):
    (tmp_path / "file").write_text("in the way")
    storage = LocalStorage(Disk(tmp_path / "file" / "storage"), links, clock)
    with pytest.raises(Unavailable, match="can't be used"):
        await storage.put("a", b"1", content_type="text/plain")


async def test_replacing_leaves_one_file_of_bytes(storage: LocalStorage, folder: Path):
    for content in (b"1", b"2", b"3"):
        await storage.put("a", content, content_type="text/plain")
    assert len(files(folder)) == 2


async def test_deleting_takes_empty_folders_with_it(storage: LocalStorage, folder: Path):
    await storage.put("a/b/c", b"1", content_type="text/plain")
    await storage.delete("a/b/c")
    assert list(folder.iterdir()) == []


async def test_a_cancelled_put_leaves_nothing(storage: LocalStorage, folder: Path):
    started = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"beginning"
        started.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(storage.put("a", endless(), content_type="text/plain"))
    await asyncio.wait_for(started.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert files(folder) == []


async def test_a_reader_gets_the_object_that_it_opened(storage: LocalStorage):
    await storage.put("a", b"old" * 200_000, content_type="text/plain")
    reader = storage.get("a")
    first = await anext(reader)
    await storage.put("a", b"new", content_type="text/plain")
    rest = [piece async for piece in reader]
    assert first + b"".join(rest) == b"old" * 200_000


async def test_puts_and_deletes_at_once_never_fail(storage: LocalStorage):
    """Deleting removes empty folders, which a put beside it may be about to use."""

    async def put_and_delete(number: int) -> None:
        for _ in range(20):
            await storage.put(f"deep/er/{number}", b"1", content_type="text/plain")
            await storage.delete(f"deep/er/{number}")

    await asyncio.gather(*(put_and_delete(number) for number in range(6)))


async def test_leftovers_of_a_crash_are_swept_and_nothing_else(storage: LocalStorage, folder: Path):
    # Given an object, an upload that is running, and two that a crash interrupted long ago
    disk = Disk(folder)
    await storage.put("a/kept", b"1", content_type="text/plain")
    kept = set(files(folder))
    disk.begin("a/running").write(b"new")
    disk.begin("a/crashed").write(b"old")
    (folder / "a" / "crashed@0123.draft").write_text("{}")
    long_ago = time.time() - 2 * 24 * 3600
    for path in folder.rglob("*"):
        if path.is_file() and "running" not in path.name:
            os.utime(path, (long_ago, long_ago))
    # When the daily sweep runs
    count = disk.sweep()
    # Then only the leftovers are gone
    assert count == 2
    assert kept <= set(files(folder))
    assert any("running" in name for name in files(folder))


async def test_a_damaged_sidecar_is_named(storage: LocalStorage, folder: Path):
    await storage.put("a", b"1", content_type="text/plain")
    (folder / "a@meta").write_text("{")
    with pytest.raises(Unavailable, match="a@meta is damaged"):
        await storage.head("a")


@pytest.mark.parametrize("content_type", ["", "text", "text/html\r\nx: y", "a/b; c", "text/plain;" + "x" * 200])
async def test_what_is_no_media_type_is_refused(storage: LocalStorage, content_type: str):
    with pytest.raises(Invalid):
        await storage.put("a", b"1", content_type=content_type)


@pytest.mark.parametrize("metadata", [{"a b": "c"}, {"a": "x" * 3000}])
async def test_metadata_is_bounded(storage: LocalStorage, metadata: dict[str, str]):
    with pytest.raises(Invalid):
        await storage.put("a", b"1", content_type="text/plain", metadata=metadata)
