"""Local storage in a folder of its own, and a browser that reads its addresses."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from aethex_live.clock import ManualClock
from aethex_live.secrets import Secrets
from aethex_plugins.storage_local.disk import Disk
from aethex_plugins.storage_local.http import ObjectFiles
from aethex_plugins.storage_local.links import Links
from aethex_plugins.storage_local.service import LocalStorage


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


Browse = Callable[..., Awaitable[Answer]]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "storage"


@pytest.fixture
def links(clock: ManualClock) -> Links:
    return Links(Secrets(b"s" * 32, clock).scoped("storage_local"))


@pytest.fixture
def storage(folder: Path, links: Links, clock: ManualClock) -> LocalStorage:
    return LocalStorage(Disk(folder), links, clock)


@pytest.fixture
def browse(storage: LocalStorage, links: Links) -> Browse:
    app = ObjectFiles(storage, links, public_cache_s=60)

    async def get(address: str, method: str = "GET", **headers: str) -> Answer:
        path, _, query = address.partition("?")
        sent: list[dict[str, object]] = []
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        }

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        await app(scope, None, send)
        start, *bodies = sent
        assert bodies[-1]["more_body"] is False
        return Answer(
            status=start["status"],  # type: ignore[arg-type]  # ASGI messages are untyped
            headers={name.decode(): value.decode() for name, value in start["headers"]},  # type: ignore[attr-defined]
            body=b"".join(part["body"] for part in bodies),  # type: ignore[misc]
        )

    return get
