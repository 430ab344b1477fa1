"""The states of a plugin's life, and which may follow which."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass


class State(enum.StrEnum):
    """Where a plugin stands; the order is that of its life."""

    FOUND = "found"
    OFF = "off"
    INCOMPATIBLE = "incompatible"
    MISCONFIGURED = "misconfigured"
    LOADED = "loaded"
    FAILED = "failed"
    RUNNING = "running"
    SUSPENDED = "suspended"
    STOPPED = "stopped"

    @property
    def phrase(self) -> str:
        """The state as the end of a sentence: `is off`, `has failed`."""
        return "has failed" if self is State.FAILED else f"is {self}"


FOLLOWING: Mapping[State, frozenset[State]] = {
    State.FOUND: frozenset({State.OFF, State.INCOMPATIBLE, State.MISCONFIGURED, State.LOADED, State.FAILED}),
    State.OFF: frozenset(),
    State.INCOMPATIBLE: frozenset(),
    State.MISCONFIGURED: frozenset(),
    State.LOADED: frozenset({State.RUNNING, State.SUSPENDED, State.FAILED, State.OFF, State.STOPPED}),
    State.FAILED: frozenset({State.STOPPED}),
    State.RUNNING: frozenset({State.SUSPENDED, State.OFF, State.STOPPED, State.FAILED}),
    State.SUSPENDED: frozenset({State.RUNNING, State.OFF, State.STOPPED}),
    State.STOPPED: frozenset(),
}
"""Off, incompatible and misconfigured last until the next start (decision 18)."""


@dataclass(frozen=True, slots=True)
class Status:
    """A state with its reason in a sentence and what the operator can do next (empty: nothing to do)."""

    state: State
    reason: str
    next_step: str = ""

    def followed_by(self, status: Status) -> Status:
        """`status`, when it may follow. Raises ValueError for a step that a life can't take."""
        if status.state is not self.state and status.state not in FOLLOWING[self.state]:
            raise ValueError(f"a plugin can't go from {self.state} to {status.state}")
        return status


RESTART = "Restart the site"
