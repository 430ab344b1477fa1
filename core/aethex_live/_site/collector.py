"""The garbage collector of a process that serves: what the start made is left alone, and less is looked at in vain."""

from __future__ import annotations

import gc

# Nearly all objects of requests and sockets are freed by their reference counts; the collector only looks for cycles,
# and with Python's own 700 it looks after every few dozen sockets: a tenth of the CPU of a connect.
YOUNG, OLDER, OLD = 20_000, 20, 50


def settle() -> None:
    """The site is up: what was made so far stays, and need not be looked at again; the rest seldom."""
    gc.freeze()
    gc.set_threshold(YOUNG, OLDER, OLD)
    gc.enable()
