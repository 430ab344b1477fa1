"""The manifest at the end of a backup: what is in it, so that every byte and every row can be proved."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, ValidationError

from .errors import BackupError

FORMAT = 1
NAME = "manifest.json"
SEAL = "manifest.sha256"
DUMP = "database.dump"
DATA = "data/"
FOLDER = "folder/"


class Member(BaseModel):
    """A file of the backup."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    size: int
    sha256: str


class Table(BaseModel):
    """What a table held: its rows, and a sum over them that does not depend on their order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int
    sum: str


class Manifest(BaseModel):
    """A backup's description of itself.

    `secret` is the fingerprint of the site's secret; `folders` are the plugins' folders by `plugin.setting` with their
    default places in the data folder; `changed` names files that grew shorter while they were read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    site: str
    version: str
    made_at: datetime
    postgres: int
    migrations: tuple[str, ...]
    secret: str
    secret_included: bool
    media: bool
    folders: Mapping[str, str]
    tables: Mapping[str, Table]
    audit_head: str
    members: tuple[Member, ...]
    changed: tuple[str, ...] = ()

    def encoded(self) -> bytes:
        """As it stands in the backup."""
        return self.model_dump_json().encode()

    @property
    def size(self) -> int:
        """Bytes of all members."""
        return sum(member.size for member in self.members)

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables.values())


def decode(content: bytes, seal: bytes, path: object) -> Manifest:
    """The manifest of the backup at `path`. Raises BackupError when it is damaged, or of a newer kind."""
    if hashlib.sha256(content).hexdigest().encode() != seal.strip():
        raise BackupError(f"{path} is damaged: its manifest was changed. Use another backup.")
    try:
        return Manifest.model_validate_json(content)
    except ValidationError as error:
        found = _format_of(content)
        if found is not None and found > FORMAT:
            raise BackupError(
                f"{path} is a backup of format {found}, this version reads up to {FORMAT}: install the newer version."
            ) from None
        raise BackupError(f"{path} is no backup of this platform: its manifest can't be read.") from error


def _format_of(content: bytes) -> int | None:
    import json

    try:
        found = json.loads(content)
    except ValueError:
        return None
    value = found.get("format") if isinstance(found, dict) else None
    return value if isinstance(value, int) else None
