"""Whether the machine is short of processors, as the kernel sees it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

PRESSURE: Final = Path("/proc/pressure/cpu")
SHORT_PERCENT: Final = 60.0  # of the last ten seconds in which something that could run had to wait
AGAIN_S: Final = 1.0
SHORT_LOAD: Final = 3.0  # threads that want to run, a processor, where the kernel does not tell more


def processor_is_short(pressure: Path = PRESSURE) -> bool:
    """Whether whatever runs here may be late without any fault of its own."""
    try:
        # "some avg10=1.25 avg60=..."
        return float(pressure.read_text().split()[1].removeprefix("avg10=")) > SHORT_PERCENT
    except (OSError, ValueError, IndexError):
        return _load() > SHORT_LOAD * (os.cpu_count() or 1)


class Pressure:
    """The same, asked of the kernel once a second at most: pages ask for each of their parts."""

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, ask: Callable[[], bool] = processor_is_short
    ) -> None:
        self._monotonic = monotonic
        self._ask = ask
        self._asked = float("-inf")
        self._short = False

    def __call__(self) -> bool:
        """Whether the machine was short of processors within the last second."""
        now = self._monotonic()
        if now - self._asked >= AGAIN_S:
            self._asked, self._short = now, self._ask()
        return self._short


def _load() -> float:
    """The load average of a minute; 0 where there is none (Windows)."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
