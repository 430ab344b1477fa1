"""Static files at run time: hashed addresses, the import map, what a browser may ask for."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from markupsafe import Markup

from aethex_live.errors import StartError
from aethex_live.web._plugin_files import plugin_files
from aethex_live.web._static_file import StaticFile, vendor_files

PREFIX = "/static/"
# the order in which text first needs them
PRELOADED = ("fonts/figtree.woff2", "fonts/archivo-wide.woff2")


@dataclass(frozen=True, slots=True)
class Assets:
    """Every static file of the core and of the plugins that run, by name and by address."""

    names: Mapping[str, str]
    files: Mapping[str, StaticFile] = field(repr=False)
    modules: Mapping[str, str]
    icons_file: Path
    plugin_folders: Mapping[str, Path]

    @classmethod
    def load(
        cls,
        static_dir: Path,
        plugins: Mapping[str, Path] | None = None,
        modules: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Assets:
        """Read the manifest of the static build and the `static/` folders of plugins.

        `plugins` is plugin name -> its `static/` folder, `modules` plugin name -> {bare name: file in that folder}
        as the hook `page_modules` gives them. Raises StartError when the static build is missing.
        """
        vendor = static_dir / "vendor"
        manifest = _manifest(vendor)
        names = {name: PREFIX + hashed for name, hashed in manifest["files"].items()}
        files = vendor_files(vendor, PREFIX, manifest["files"].values())
        import_names = _core_modules(names, manifest["modules"])
        for plugin, folder in sorted((plugins or {}).items()):
            found = plugin_files(plugin, folder, PREFIX)
            files |= found.files
            names |= found.names
            import_names |= found.modules
            for bare, file in (modules or {}).get(plugin, {}).items():
                import_names[bare] = _named(names, f"@{plugin}/{file}")
        return cls(names, files, dict(sorted(import_names.items())), vendor / "icons.json", dict(plugins or {}))

    def asset(self, name: str) -> str:
        """The public address of `css/aether.css`, `js/player.js`, or of a plugin's file `@chat/room.css`."""
        return _named(self.names, name)

    def resolve(self, address: str) -> StaticFile | None:
        """The file behind a request path below /static/, or None (answer 404)."""
        return self.files.get(address)

    def fonts(self) -> list[str]:
        """Addresses of the fonts that every page preloads."""
        return [self.names[name] for name in PRELOADED]

    def import_map_json(self) -> str:
        """The text inside `<script type="importmap">`, to the byte (its hash stands in the CSP)."""
        # "<" can't occur unescaped, so no module name can end the script element
        return json.dumps({"imports": self.modules}, separators=(",", ":")).replace("<", "\\u003c")

    def import_map(self) -> Markup:
        """The import map as an element for <head>, before the first module."""
        return Markup('<script type="importmap">{}</script>').format(Markup(self.import_map_json()))  # noqa: S704  # escaped above

    def import_map_hash(self) -> str:
        """The CSP source that allows the import map: `'sha256-…'`."""
        digest = hashlib.sha256(self.import_map_json().encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'"


def _manifest(vendor: Path) -> dict[str, dict[str, str]]:
    try:
        manifest: dict[str, dict[str, str]] = json.loads((vendor / "manifest.json").read_bytes())
    except (OSError, ValueError):
        raise StartError(
            f"The static files in {vendor} are missing: run `npm ci` and `python -m aethex_live._static`"
        ) from None
    return manifest


def _core_modules(names: Mapping[str, str], vendor_modules: Mapping[str, str]) -> dict[str, str]:
    """Bare names of third parties and `aethex/<file>` of ours, plus plain addresses for relative imports."""
    found = {bare: names[name] for bare, name in vendor_modules.items()}
    for name, address in names.items():
        path = PurePosixPath(name)
        if path.parts[0] == "js" and path.suffix == ".js":
            inner = PurePosixPath(*path.parts[1:]).with_suffix("")
            found[f"aethex/{inner}"] = address
            # `import "./bus.js"` inside a hashed module asks for the unhashed address; the map leads it on
            found[PREFIX + name] = address
    return found


def _named(names: Mapping[str, str], name: str) -> str:
    try:
        return names[name]
    except KeyError:
        raise LookupError(f"There is no static file {name!r}; correct the name or run the static build") from None
