"""A site for moving its stored files by the command, in a process of its own that can be killed."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from aethex_live.clock import SystemClock
from aethex_live.db import Database
from aethex_live.db.database import CORE
from aethex_live.ids import uuid7
from aethex_live.secrets import Secrets
from aethex_plugins.storage_local.disk import Disk
from aethex_plugins.storage_local.links import Links
from aethex_plugins.storage_local.service import LocalStorage
from buckets import ACCESS, SECRET, raw

LIMIT_S = 120.0


@dataclass(frozen=True)
class Done:
    """How the command ended, and all that it said."""

    code: int
    text: str


@dataclass
class Site:
    """A site that is not running; its files are local, and a bucket is there for them."""

    dsn: str
    data: Path
    endpoint: str
    bucket: str

    async def run(self, *words: str, **environ: str) -> Done:
        """Move from local to s3."""
        return await self.call("--from", "local", "--to", "s3", *words, **environ)

    async def call(self, *words: str, **environ: str) -> Done:
        process = await self._start(*words, **environ)
        async with asyncio.timeout(LIMIT_S):
            said, _ = await process.communicate()
        return Done(process.returncode or 0, said.decode())

    async def run_and_kill(self, after: int, *words: str) -> bool:
        """Move, and kill the process when so many more files are written down; whether it came to that."""
        until = self.written() + after
        process = await self._start("--from", "local", "--to", "s3", *words)
        reading = asyncio.create_task(process.communicate())
        async with asyncio.timeout(LIMIT_S):
            while self.written() < until and process.returncode is None:
                await asyncio.sleep(0.005)
            if process.returncode is None:
                process.send_signal(signal.SIGKILL)
            await reading
        return process.returncode == -signal.SIGKILL

    async def _start(self, *words: str, **environ: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "aethex_live.cli", "storage", "migrate", "--data", str(self.data), *words),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, **self._environ(), **environ},
        )

    def _environ(self) -> dict[str, str]:
        table = {
            "BUCKET": self.bucket,
            "ENDPOINT_URL": self.endpoint,
            "PATH_STYLE": "true",
            "ACCESS_KEY_ID": ACCESS,
            "SECRET_ACCESS_KEY": SECRET,
        }
        return {"DATABASE_URL": self.dsn} | {f"AETHEX_STORAGE_S3__{name}": value for name, value in table.items()}

    def written(self) -> int:
        """How many lines the journal has."""
        path = self.data / "storage-moves" / "local-to-s3.jsonl"
        return path.read_bytes().count(b"\n") if path.exists() else 0

    def storage(self) -> LocalStorage:
        """The old place."""
        secrets = Secrets(b"s" * 32, SystemClock()).scoped("storage_local")
        return LocalStorage(Disk((self.data / "storage").resolve()), Links(secrets), SystemClock())

    def local_digests(self) -> dict[str, str]:
        """SHA-256 of all files at the old place, by key."""
        disk = Disk((self.data / "storage").resolve())
        found = {}
        for key in disk.keys(""):
            with disk.open(key)[0] as file:
                found[key] = hashlib.sha256(file.read()).hexdigest()
        return found

    def bucket_digests(self) -> dict[str, str]:
        """SHA-256 of all objects of the bucket, by key."""
        s3, found = raw(self.endpoint), {}
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket):
            for item in page.get("Contents", []):
                body = s3.get_object(Bucket=self.bucket, Key=item["Key"])["Body"].read()
                found[item["Key"]] = hashlib.sha256(body).hexdigest()
        return found

    async def add_person(self, username: str, key: str) -> UUID:
        """Somebody whose picture has this key."""
        user = uuid7()
        async with _open(self.dsn) as database:
            await database.execute(
                "insert into core_user (id, username, username_key, display_name, created_at) "
                "values ($1, $2, $2, $2, now())",
                [user, username],
            )
            await database.execute(
                "insert into profiles_profile (id, user_id, avatar_provider, avatar_key) values ($1, $2, 'local', $3)",
                [uuid7(), user, key],
            )
        return user

    async def provider_of(self, user: UUID) -> str:
        """Who keeps the picture of somebody."""
        async with _open(self.dsn) as database:
            rows = await database.fetch("select avatar_provider from profiles_profile where user_id = $1", [user])
        return str(rows[0]["avatar_provider"])


@asynccontextmanager
async def _open(dsn: str) -> AsyncIterator[Database]:
    database = await Database.connect(dsn, (CORE,), pool=(1, 2))
    try:
        yield database
    finally:
        await database.close()


async def fill(site: Site, count: int) -> None:
    """Files of some hundred bytes to some hundred kB at the old place, two of them of a picture."""
    storage = site.storage()
    keys = ["public/avatars/0001/abc-96.webp", "public/avatars/0001/abc-512.webp"]
    keys += [f"public/files/{number % 17:02}/{number:05}.bin" for number in range(count - len(keys))]

    async def put(number: int, key: str) -> None:
        size = 200_000 if number % 50 == 0 else 200 + number
        await storage.put(key, key.encode().ljust(size, b"."), content_type="image/webp")

    for start in range(0, len(keys), 50):
        await asyncio.gather(*(put(start + at, key) for at, key in enumerate(keys[start : start + 50])))
