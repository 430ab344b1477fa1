"""Vendors' own API descriptions as judges: a stand-in on loopback that checks each request against them."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from needs import find, need


def specguard(folder: Path) -> ModuleType:
    """The judge, which stands beside the folder of the descriptions."""
    tool = folder.parent / "tools" / "specguard.py"
    found = importlib.util.spec_from_file_location("specguard", tool)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def guard_of(spec: str) -> Any:
    """The judge of a vendor's description, or None where the descriptions are not here."""
    folder = find("specs")
    return specguard(folder).Guard(folder / spec) if folder is not None and (folder / spec).is_file() else None


@contextmanager
def stand_in(spec: str) -> Iterator[tuple[Any, str]]:
    """The judge of a description, and the address of its server; `guard.seen` has every call with its errors.

    Skips the test where the descriptions are not here.
    """
    folder = need("specs")
    tool = specguard(folder)
    guard = tool.Guard(folder / spec)
    server = tool.serve(guard)
    try:
        yield guard, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
