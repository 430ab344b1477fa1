"""Writes confusables.txt anew: `python -m aethex_live.domain._confusables_make confusables.txt` with Unicode's file.

Unicode publishes it at https://www.unicode.org/Public/security/latest/confusables.txt.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from pathlib import Path

_ROW = re.compile(r"\s*([0-9A-F]+)\s*;\s*([0-9A-F ]+?)\s*;\s*MA")
_VERSION = re.compile(r"# Version: ([0-9.]+)")
_NOTICE = """\
# Look-alikes of Unicode {version} (UTS 39, confusables.txt), made by _confusables_make.py.
# Copyright Unicode, Inc.; used under the Unicode License V3, https://www.unicode.org/license.txt.
# What it is written as : the characters that look like it; hexadecimal.
"""


def made(published: str) -> str:
    """The compact table of Unicode's file."""
    groups: dict[str, list[str]] = defaultdict(list)
    for line in published.splitlines():
        if row := _ROW.match(line):
            groups["+".join(f"{int(code, 16):X}" for code in row[2].split())].append(f"{int(row[1], 16):X}")
    version = _VERSION.search(published)
    notice = _NOTICE.format(version=version[1] if version else "of an unknown version")
    return notice + "".join(f"{written}:{','.join(sources)}\n" for written, sources in sorted(groups.items()))


if __name__ == "__main__":
    Path(__file__).with_name("confusables.txt").write_text(made(Path(sys.argv[1]).read_text("utf-8-sig")), "ascii")
