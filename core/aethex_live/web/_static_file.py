"""One static file as it goes to a browser: type, body, compressed twins."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".wasm": "application/wasm",
}
# names carry a hash of the content, so a browser never has to ask again
CACHE_CONTROL = "public, max-age=31536000, immutable"


@dataclass(slots=True)
class StaticFile:
    """A file with an immutable address; bodies are read at the first request and kept."""

    content_type: str
    path: Path | None = None
    bodies: dict[str, bytes] = field(default_factory=dict, repr=False)
    encodings: tuple[str, ...] = ()

    def body(self, accept_encoding: str = "") -> tuple[bytes, str | None]:
        """The bytes for a browser that accepts `accept_encoding`, and the Content-Encoding they have."""
        for encoding in self.encodings:
            if _accepts(accept_encoding, encoding):
                return self._read(encoding), encoding
        return self._read(""), None

    def _read(self, encoding: str) -> bytes:
        if encoding not in self.bodies:
            assert self.path is not None, "a file without a path has all its bodies from the start"
            suffix = {"br": ".br", "gzip": ".gz", "": ""}[encoding]
            self.bodies[encoding] = self.path.with_name(self.path.name + suffix).read_bytes()
        return self.bodies[encoding]


def _accepts(header: str, encoding: str) -> bool:
    for part in header.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() == encoding:
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def content_type(name: str) -> str:
    """The media type of a file by its ending; what we don't know is never run by a browser."""
    return TYPES.get(Path(name).suffix.lower(), "application/octet-stream")


def vendor_files(vendor: Path, prefix: str, hashed: Iterable[str]) -> dict[str, StaticFile]:
    """Address -> file for everything that the static build wrote."""
    files = {}
    for name in hashed:
        path = vendor / name
        twins = (("br", ".br"), ("gzip", ".gz"))
        found = tuple(encoding for encoding, suffix in twins if path.with_name(path.name + suffix).is_file())
        files[prefix + name] = StaticFile(content_type(name), path, encodings=found)
    return files


def from_bytes(name: str, body: bytes) -> StaticFile:
    """A file that exists in memory only; text is gzipped at once."""
    kind = content_type(name)
    bodies = {"": body}
    if (
        kind.startswith(("text/", "image/svg", "application/json")) and len(body) > 512
    ):  # bytes; below, gzip gains nothing
        bodies["gzip"] = gzip.compress(body, 6, mtime=0)
    return StaticFile(kind, None, bodies, tuple(encoding for encoding in bodies if encoding))
