"""The one error of the static build."""

from __future__ import annotations


class BuildError(Exception):
    """The static files can't be built; the text names the file and the next step."""
