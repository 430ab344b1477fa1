"""Icons: Lucide's and those of plugins, written into the page as SVG."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from pathlib import Path

from markupsafe import Markup, escape

log = logging.getLogger(__name__)

_SVG = (
    '<svg class="ax-icon" width="{size}" height="{size}" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
    ' stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{inner}</svg>'
)
_INSIDE = re.compile(r"<svg\b[^>]*>(.*)</svg>", re.DOTALL)


class Icons:
    """The Jinja function `icon`. In development an unknown name raises; in production it gives an empty box."""

    def __init__(self, table_file: Path, plugins: Mapping[str, Path] | None = None, *, strict: bool = False) -> None:
        self._table_file = table_file
        self._plugins = dict(plugins or {})
        self._strict = strict
        self._table: dict[str, str] | None = None
        self._made: dict[tuple[str, int], Markup] = {}

    def __call__(self, name: str, size: int = 18) -> Markup:
        """The icon `heart`, or `chat:wave` from static/icons/wave.svg of the plugin `chat`; `size` in CSS pixels."""
        key = (name, size)
        if key not in self._made:
            # our own table and a plugin's own file: both are code of the site, not a visitor's text
            self._made[key] = Markup(_SVG.format(size=int(size), inner=self._inner(name)))  # noqa: S704
        return self._made[key]

    def _inner(self, name: str) -> str:
        plugin, _, own = name.rpartition(":")
        found = self._of_plugin(plugin, own) if plugin else self._lucide().get(name)
        if found is not None:
            return found
        if self._strict:
            raise LookupError(
                f"There is no icon {name!r}; see lucide.dev for names, or ship static/icons/ in the plugin"
            )
        log.warning("There is no icon %s; an empty box stands in", escape(name))
        return ""

    def _lucide(self) -> dict[str, str]:
        if self._table is None:
            self._table = json.loads(self._table_file.read_bytes())
        return self._table

    def _of_plugin(self, plugin: str, name: str) -> str | None:
        folder = self._plugins.get(plugin)
        if folder is None or not re.fullmatch(r"[\w-]+", name):
            return None
        try:
            match = _INSIDE.search((folder / "icons" / f"{name}.svg").read_text("utf-8"))
        except OSError:
            return None
        return match[1] if match else None
