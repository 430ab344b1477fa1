"""Which files of which package are shipped: the one list of third-party browser code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from aethex_live._static.errors import BuildError


@dataclass(frozen=True, slots=True)
class VendorFile:
    """A file taken as it is from an npm package; `name` is what `asset()` calls it."""

    name: str
    package: str
    path: str


FIGTREE = "@fontsource-variable/figtree"
ARCHIVO = "@fontsource-variable/archivo"
ARCHIVO_SOURCE = "files/archivo-latin-standard-normal.woff2"
LUCIDE = "lucide-static"
EMOJI = "emojibase-data"
EMOJI_TABLES = ("en/compact.json", "en/shortcodes/github.json")
# bundled into socket.io.esm.min.js, so their licences travel with it
SOCKET_IO_PARTS = ("engine.io-client", "engine.io-parser", "socket.io-parser", "@socket.io/component-emitter")

VENDOR_FILES = (
    VendorFile("lib/htmx.js", "htmx.org", "dist/htmx.esm.min.js"),
    VendorFile("lib/media-chrome.js", "media-chrome", "dist/iife/all.js"),
    VendorFile("lib/hls.js", "hls.js", "dist/hls.light.min.mjs"),
    VendorFile("lib/hls.worker.js", "hls.js", "dist/hls.worker.js"),
    VendorFile("lib/socket.io.js", "socket.io-client", "dist/socket.io.esm.min.js"),
    VendorFile("fonts/figtree.woff2", FIGTREE, "files/figtree-latin-wght-normal.woff2"),
    VendorFile("fonts/figtree-ext.woff2", FIGTREE, "files/figtree-latin-ext-wght-normal.woff2"),
)

# bare module names of third parties; ours are aethex/<file>, made from static/js
BARE_NAMES = {"htmx": "lib/htmx.js", "hls.js": "lib/hls.js", "socket.io-client": "lib/socket.io.js"}

LICENSED = (
    *dict.fromkeys(file.package for file in VENDOR_FILES),
    ARCHIVO,
    LUCIDE,
    EMOJI,
    *SOCKET_IO_PARTS,
)


def node_modules(root: Path) -> Path:
    """The folder that `npm ci` made. Raises BuildError when it isn't there."""
    folder = root / "node_modules"
    if not folder.is_dir():
        raise BuildError(f"{folder} is missing: run `npm ci` in {root} first")
    return folder


def read(modules: Path, package: str, path: str) -> bytes:
    """A file of an installed package. Raises BuildError with the next step when it isn't there."""
    try:
        return (modules / package / path).read_bytes()
    except OSError as error:
        raise BuildError(f"{package} has no {path} ({error.strerror}): run `npm ci` again") from None


def locked_versions(root: Path) -> dict[str, str]:
    """Package name -> version, as package-lock.json has it."""
    try:
        packages = json.loads((root / "package-lock.json").read_bytes())["packages"]
    except (OSError, ValueError, KeyError) as error:
        raise BuildError(f"{root / 'package-lock.json'} can't be read ({error}); restore it from git") from None
    prefix = "node_modules/"
    return {key[len(prefix) :]: entry["version"] for key, entry in packages.items() if key.startswith(prefix)}


def check_versions(root: Path, modules: Path) -> None:
    """Refuse to ship what the lock file doesn't name."""
    wanted = locked_versions(root)
    for package in LICENSED:
        found = json.loads(read(modules, package, "package.json")).get("version")
        if found != wanted.get(package):
            raise BuildError(f"{package} is {found}, package-lock.json wants {wanted.get(package)}: run `npm ci`")
