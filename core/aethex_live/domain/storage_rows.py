"""Rows that name stored files: which they are, and how they come to name another provider."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aethex_live.errors import PluginError
from aethex_live.hookspecs.storage import StorageReference

if TYPE_CHECKING:
    from aethex_live.db import Database

_NAME = re.compile(r"[a-z][a-z0-9_]{0,60}")
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Naming:
    """A key, or the beginning of several, that rows of a table name."""

    reference: StorageReference
    key: str


class StorageRows:
    """The rows of all plugins that name stored files."""

    def __init__(self, db: Database, references: Iterable[tuple[str, StorageReference]]) -> None:
        self._db = db
        self._references = [checked(plugin, reference) for plugin, reference in references]

    async def naming(self, provider: str, prefix: str) -> list[Naming]:
        """What rows name at a provider, below a prefix."""
        found: list[Naming] = []
        for one in self._references:
            after = ""
            while keys := await self._page(one, provider, prefix, after):
                found += [Naming(one, key) for key in keys]
                after = keys[-1]
        return found

    async def hand_over(self, namings: Sequence[Naming], source: str, target: str) -> Counter[str]:
        """Let rows name `target` in place of `source`; how many did, by table. Those that changed meanwhile stay."""
        changed: Counter[str] = Counter()
        for one in self._references:
            keys = [naming.key for naming in namings if naming.reference == one]
            sql = (
                f'update "{one.table}" set "{one.provider}" = $1 '  # noqa: S608 - names are checked, values are arguments
                f'where "{one.provider}" = $2 and "{one.key}" = any($3::text[])'
            )
            for start in range(0, len(keys), _PAGE):
                async with self._db.transaction():
                    changed[one.table] += await self._db.execute(sql, [target, source, keys[start : start + _PAGE]])
        return changed

    async def _page(self, one: StorageReference, provider: str, prefix: str, after: str) -> list[str]:
        # by code point, as keys are compared everywhere else
        key = f'"{one.key}" collate "C"'
        sql = (
            f'select distinct {key} as key from "{one.table}" where "{one.provider}" = $1 '  # noqa: S608 - as above
            f"and starts_with({key}, $2) and {key} > $3 order by 1 limit {_PAGE}"
        )
        return [row["key"] for row in await self._db.fetch(sql, [provider, prefix, after])]


async def has_rows(db: Database, plugin: str) -> bool:
    """Whether a plugin, which may be off, has written anything into tables of its own."""
    found = await db.fetch(
        "select tablename from pg_tables where schemaname = current_schema() and starts_with(tablename, $1)",
        [f"{plugin}_"],
    )
    for row in found:
        table = row["tablename"].replace('"', '""')
        if (await db.fetch(f'select exists (select 1 from "{table}") as has'))[0]["has"]:  # noqa: S608 - quoted
            return True
    return False


def checked(plugin: str, reference: StorageReference) -> StorageReference:
    """The reference itself. Raises PluginError for names that are none, or of a table of somebody else's."""
    names = (reference.table, reference.provider, reference.key)
    if not all(map(_NAME.fullmatch, names)) or not reference.table.startswith(f"{plugin}_"):
        raise PluginError(f"{plugin}: storage_references names {reference.table}, which is no table of its own.")
    return reference


def belongs(key: str, named: Collection[str]) -> str | None:
    """The name that a file belongs to: its own key, or one that it begins with up to a / - or . sign."""
    if key in named:
        return key
    ends = (place for place in range(len(key) - 1, 0, -1) if key[place] in "/-.")
    return next((key[:end] for end in ends if key[:end] in named), None)
