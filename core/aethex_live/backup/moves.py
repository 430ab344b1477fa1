"""Putting restored files in their place: by renames that a journal lets somebody finish after a crash."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from aethex_live._site.opening import JOURNAL

Rename = Callable[[Path, Path], None]


def put(target: Path, stage: Path, aside: Path | None, keep: Iterable[str], rename: Rename = os.rename) -> None:
    """Move what is in `stage` into `target`, and before it what is there into `aside`, but for the names in `keep`.

    All three are on one disk: `stage` and `aside` lie in `target`. Either all is moved or `finish` can do the rest.
    """
    staged = sorted(path.name for path in stage.iterdir())
    moves: list[tuple[str, str]] = []
    if aside is not None:
        aside.mkdir()
        spared = {*keep, stage.name, aside.name}
        there = sorted(path.name for path in target.iterdir() if path.name not in spared)
        moves += [(name, f"{aside.name}/{name}") for name in there]
    moves += [(f"{stage.name}/{name}", name) for name in staged]
    _write_journal(target, {"moves": moves, "stage": stage.name})
    finish(target, rename)


def unfinished(target: Path) -> bool:
    """Whether a restore into `target` was cut short in its last step."""
    return (target / JOURNAL).is_file()


def finish(target: Path, rename: Rename = os.rename) -> None:
    """Make the moves that the journal still has. A move whose goal is there was made."""
    journal = json.loads((target / JOURNAL).read_text())
    for source, goal in journal["moves"]:
        if not os.path.lexists(target / goal):
            rename(target / source, target / goal)
    _sync(target)
    (target / JOURNAL).unlink()
    stage = target / journal["stage"]
    if stage.is_dir():
        stage.rmdir()


def _write_journal(target: Path, content: object) -> None:
    draft = target / f"{JOURNAL}.new"
    with draft.open("w") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(target / JOURNAL)
    _sync(target)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
