"""How long a thread has waited for a processor: what a busy machine takes from it is not its own doing."""

from __future__ import annotations

import os


class RunQueue:
    """The kernel's count for one thread. Linux has it in /proc; elsewhere the answer is always 0."""

    def __init__(self, native_id: int) -> None:
        try:
            self._file: int | None = os.open(f"/proc/self/task/{native_id}/schedstat", os.O_RDONLY)
        except OSError:
            self._file = None

    def waited(self) -> float:
        """Seconds so far in which the thread was ready to run and did not."""
        if self._file is None:
            return 0.0
        try:
            return int(os.pread(self._file, 100, 0).split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            return 0.0

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
