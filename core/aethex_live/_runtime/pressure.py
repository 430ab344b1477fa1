"""Whether the machine is short of processors, as the kernel sees it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

PRESSURE: Final = Path("/proc/pressure/cpu")
SHORT_PERCENT: Final = 60.0  # of the last ten seconds in which something that could run had to wait
SHORT_LOAD: Final = 3.0  # threads that want to run, a processor, where the kernel does not tell more


def processor_is_short(pressure: Path = PRESSURE) -> bool:
    """Whether whatever runs here may be late without any fault of its own."""
    try:
        # "some avg10=1.25 avg60=..."
        return float(pressure.read_text().split()[1].removeprefix("avg10=")) > SHORT_PERCENT
    except (OSError, ValueError, IndexError):
        return _load() > SHORT_LOAD * (os.cpu_count() or 1)


def _load() -> float:
    """The load average of a minute; 0 where there is none (Windows)."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
