"""The two files of an object: `name@<id>` holds its bytes, the sidecar `name@meta` its facts and that id."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aethex_live.providers import Unavailable

from .errors import PROVIDER

SIDECAR = "@meta"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a sidecar holds; `modified` in seconds since 1970, `blob` is the id in the bytes' file name."""

    blob: str
    size: int
    etag: str
    content_type: str
    modified: float
    metadata: Mapping[str, str]


def sidecar_of(base: Path) -> Path:
    """The file of facts of the object at `base`."""
    return base.with_name(base.name + SIDECAR)


def blob_of(base: Path, name: str) -> Path:
    """The file of bytes with the id `name`."""
    return base.with_name(f"{base.name}@{name}")


def read_sidecar(base: Path) -> Facts | None:
    """The facts of the object at `base`, None when there is none. Raises Unavailable for a damaged file."""
    try:
        return Facts(**json.loads(sidecar_of(base).read_bytes()))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, TypeError) as error:
        raise Unavailable(
            f"The stored file {sidecar_of(base).name} is damaged: delete it, then store that object again.",
            provider=PROVIDER,
            operation="read",
        ) from error
