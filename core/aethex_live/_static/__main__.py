"""The command `python -m aethex_live._static`: builds when something changed, says so in one line."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from aethex_live._static.errors import BuildError

PACKAGE = Path(__file__).resolve().parent.parent


def main(arguments: list[str] | None = None) -> int:
    """Build the static files; 0 on success or when nothing changed, 2 with a sentence when it can't."""
    parser = argparse.ArgumentParser(prog="python -m aethex_live._static", description=__doc__)
    parser.add_argument("--root", type=Path, default=PACKAGE.parent.parent, help="folder with package-lock.json")
    parser.add_argument("--static", type=Path, default=PACKAGE / "static", help="folder of our own sources")
    parser.add_argument("--force", action="store_true", help="build even when nothing changed")
    options = parser.parse_args(arguments)
    began = time.perf_counter()
    try:
        from aethex_live._static.build import build  # late: needs the extra `static`, which BuildError explains

        built = build(options.root, options.static, force=options.force)
    except ImportError as error:
        sys.stderr.write(f"The static build needs {error.name}: pip install 'aethex-live[static]'\n")
        return 2
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if built is not None:
        spent = time.perf_counter() - began
        sys.stdout.write(f"Static files: {built} built in {spent:.1f} s\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
