"""How a hook is declared: pluggy's marker plus the verb that calls it and its time limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

import pluggy

Verb = Literal["collect", "notify", "ask", "fold"]
F = TypeVar("F", bound=Callable[..., object])

PROJECT = "aethex"
_hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

# seconds; the published table of failures (docs/plugins.md) is made from these
LIMITS: dict[Verb, float | None] = {"collect": None, "notify": 5.0, "ask": 2.0, "fold": 0.05}


@dataclass(frozen=True, slots=True)
class SpecFacts:
    """The verb that calls a hook and how long one implementation may take, in seconds."""

    verb: Verb
    limit: float | None
    provisional: bool = False


def spec(verb: Verb, *, limit: float | None = None, provisional: bool = False) -> Callable[[F], F]:
    """Declare a hook. `limit` in seconds, else the verb's own; `provisional` hooks may still change."""

    def mark(function: F) -> F:
        facts = SpecFacts(verb, limit if limit is not None else LIMITS[verb], provisional)
        function.__aethex_spec__ = facts  # type: ignore[attr-defined]  # functions take attributes, their type doesn't say so
        return _hookspec(function)

    return mark


def facts_of(function: Callable[..., object]) -> SpecFacts:
    """The facts of a declared hook. Raises TypeError for a function that is none."""
    facts = getattr(function, "__aethex_spec__", None)
    if not isinstance(facts, SpecFacts):
        raise TypeError(f"{function!r} is not a hook of the platform; declare it with @spec in hookspecs")
    return facts
