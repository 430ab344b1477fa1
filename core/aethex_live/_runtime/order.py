"""The order in which plugins start: what is required first, then `after`, then by name."""

from __future__ import annotations

import heapq
from collections.abc import Mapping

from aethex_live._runtime.manifest import Manifest


def start_order(manifests: Mapping[str, Manifest]) -> list[str]:
    """The names, dependencies first. An `after` that would close a circle is a mere wish and is left out.

    Raises ValueError when `requires` has a circle; selection takes such plugins out before.
    """
    before = {name: set(manifest.requires) & manifests.keys() for name, manifest in manifests.items()}
    for name in sorted(manifests):
        for earlier in sorted(set(manifests[name].after) & manifests.keys()):
            if not _leads_to(before, start=earlier, target=name):
                before[name].add(earlier)
    return _sorted(before)


def _leads_to(before: Mapping[str, set[str]], *, start: str, target: str) -> bool:
    """Whether `start` has to wait for `target`, directly or through others."""
    seen, waiting = set[str](), [start]
    while waiting:
        name = waiting.pop()
        if name == target:
            return True
        if name not in seen:
            seen.add(name)
            waiting.extend(before[name])
    return False


def _sorted(before: Mapping[str, set[str]]) -> list[str]:
    left = {name: set(earlier) for name, earlier in before.items()}
    ready = [name for name, earlier in left.items() if not earlier]
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        done = heapq.heappop(ready)
        order.append(done)
        for name, earlier in left.items():
            if done in earlier:
                earlier.remove(done)
                if not earlier:
                    heapq.heappush(ready, name)
    if len(order) != len(left):
        raise ValueError(f"these plugins require each other: {', '.join(sorted(left.keys() - set(order)))}")
    return order


def circles(manifests: Mapping[str, Manifest]) -> set[str]:
    """The plugins that require themselves, directly or through others."""
    before = {name: set(manifest.requires) & manifests.keys() for name, manifest in manifests.items()}
    return {
        name for name, earlier in before.items() if any(_leads_to(before, start=one, target=name) for one in earlier)
    }
