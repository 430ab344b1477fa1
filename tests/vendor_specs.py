"""Vendors' own API descriptions as judges: a stand-in on loopback that checks each request against them."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from needs import need


def specguard() -> ModuleType:
    """The judge beside the descriptions. Skips the test where they are not here."""
    tool = need("specs").parent / "tools" / "specguard.py"
    found = importlib.util.spec_from_file_location("specguard", tool)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@contextmanager
def stand_in(spec: str) -> Iterator[tuple[Any, str]]:
    """The judge of a description, and the address of its server; `guard.seen` has every call with its errors."""
    tool = specguard()
    guard = tool.Guard(need("specs") / spec)
    server = tool.serve(guard)
    try:
        yield guard, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
