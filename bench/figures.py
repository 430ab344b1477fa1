"""What a measurement answers, and how CPU time and memory of processes are read."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure. `met` is None where it can't be judged; a figure that is not valid is not met."""

    figure: str
    value: float | None
    unit: str
    goal: float | str | None
    met: bool | None
    peer: str | None = None
    peer_value: float | None = None
    ratio: float | None = None
    valid: bool = True
    note: str = ""


def process_tree(pid: int) -> list[int]:
    """The process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    tree = [pid]
    for member in tree:
        tree += children.get(member, [])
    return tree


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of the processes so far; the kernel counts in steps of 10 ms."""
    return sum(int(f[11]) + int(f[12]) for pid in pids if (f := _stat(pid))) / TICKS_PER_SECOND


def rss_mb(pid: int) -> float:
    """Resident memory in MB; 0 when the process has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) / 1024


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat behind the name: state, parent, ...; utime is [11], stime [12]."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return text[text.rindex(")") + 2 :].split()
