"""URL rules that work out how to build their address when it is first asked for, not at every start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from quart.routing import QuartRule


class LazyRule(QuartRule):
    """Werkzeug compiles two functions for every rule, which takes half of the app's start; few are ever called.

    It overrides a private method of Werkzeug, which is pinned; tests/core/web/test_rules.py compares the addresses.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled = super()._compile_builder
        found: Callable[..., tuple[str, str]] | None = None

        def build(rule: LazyRule, /, **values: Any) -> tuple[str, str]:
            nonlocal found
            found = found or compiled(append_unknown)
            return found(rule, **values)

        return build
