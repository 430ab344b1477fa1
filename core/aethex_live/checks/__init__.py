"""Checks of a site: what `aethex doctor` and the status page say about it."""

from .finding import Finding, Level, bad, ok, warning, worst

__all__ = ["Finding", "Level", "bad", "ok", "warning", "worst"]
