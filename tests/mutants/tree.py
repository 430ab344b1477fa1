"""A copy of the project in which files can be broken; the working tree is only read."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from .listed import Mutant

ROOT: Final = Path(__file__).parent.parent.parent
BUILT: Final = ("core/aethex_live/static/vendor",)  # made by a build, so git does not know them
LINKED: Final = ("node_modules",)
_LIST: Final = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")


class Tree:
    """One copy. It is broken in one place at a time."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        self._times = itertools.count(1_000_000_000)
        for name in files():
            _copy(ROOT / name, folder / name)
        for name in BUILT:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, folder / name, dirs_exist_ok=True)
        for name in LINKED:
            if (ROOT / name).exists():
                (folder / name).symlink_to((ROOT / name).resolve())

    @contextmanager
    def broken(self, mutant: Mutant) -> Iterator[None]:
        """Break it, and mend it again. Raises ValueError for a mutant that does not fit the code."""
        path = self.root / mutant.file
        whole = path.read_text("utf-8")
        self._write(path, mutant.applied(whole))
        try:
            yield
        finally:
            self._write(path, whole)

    def _write(self, path: Path, text: str) -> None:
        path.write_text(text, "utf-8")
        # Python tells a compiled module from a newer one by whole seconds and the size: each change has its own time
        moment = next(self._times)
        os.utime(path, (moment, moment))

    @property
    def environment(self) -> dict[str, str]:
        """What processes need to take their modules from here, although the project is installed from elsewhere."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return kept | {"PYTHONPATH": str(self.root / "core")}


def files() -> list[str]:
    """All files of the project as they are now, with those that are new and not ignored."""
    listed = subprocess.run(_LIST, cwd=ROOT, capture_output=True, check=True, timeout=60, text=True).stdout
    return [name for name in listed.split("\0") if name and os.path.lexists(ROOT / name)]


def _copy(source: Path, target: Path) -> None:
    if source.is_symlink() or source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)
