"""The build itself: collect, cut, join, name by content, compress, swap into place."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from pathlib import Path, PurePosixPath

from aethex_live._static import css, marks, sources
from aethex_live._static.compress import compress_all
from aethex_live._static.emoji import emoji_table
from aethex_live._static.errors import BuildError
from aethex_live._static.icons import icon_table
from aethex_live._static.licenses import licenses
from aethex_live._static.stamp import source_files, stamp

SHEET = "css/aether.css"
MARK = "img/logo.svg"
MARK_SIZES = (32, 192, 512)


def build(root: Path, static: Path, *, force: bool = False) -> int | None:
    """Build `static/vendor`; returns the number of files, or None when it is up to date."""
    mark = stamp(root, static)
    target = static / "vendor"
    if not force and _built(target) == mark:
        return None
    with tempfile.TemporaryDirectory(dir=static, prefix=".vendor-") as scratch:
        writer = _Writer(Path(scratch) / "vendor")
        _fill(writer, root, static)
        compress_all(writer.written)
        writer.finish(mark)
        _swap(writer.folder, target)
    return len(writer.names)


def _built(target: Path) -> str | None:
    try:
        return str(json.loads((target / "manifest.json").read_bytes())["stamp"])
    except (OSError, ValueError, KeyError):
        return None


def _fill(writer: _Writer, root: Path, static: Path) -> None:
    modules = sources.node_modules(root)
    sources.check_versions(root, modules)
    for file in sources.VENDOR_FILES:
        writer.add(file.name, sources.read(modules, file.package, file.path))
    archivo = sources.read(modules, sources.ARCHIVO, sources.ARCHIVO_SOURCE)
    writer.add("fonts/archivo-wide.woff2", _cached_cut(archivo, root))
    sheets = []
    for path in source_files(static):
        name = path.relative_to(static).as_posix()
        if path.suffix == ".css":
            sheets.append((path.name, path.read_text("utf-8")))
        else:
            writer.add(name, path.read_bytes())
    tables = (sources.read(modules, sources.EMOJI, path) for path in sources.EMOJI_TABLES)
    writer.add("data/emoji.json", emoji_table(*tables))
    _marks(writer, (static / MARK).read_bytes())
    writer.add(SHEET, css.join(sheets, writer.address_from_sheet))
    writer.add_plain("icons.json", icon_table(sources.read(modules, sources.LUCIDE, "icon-nodes.json")))
    writer.add_plain("THIRD_PARTY_LICENSES", licenses(modules))


def _marks(writer: _Writer, svg: bytes) -> None:
    """The mark for tabs, home screens and browsers that ask for /favicon.ico."""
    for size in MARK_SIZES:
        writer.add(f"img/mark-{size}.png", marks.png(svg, size))
    writer.add("img/favicon.ico", marks.ico(svg))


def _cached_cut(archivo: bytes, root: Path) -> bytes:
    """The cut display font; cutting takes a second and a half, so the result stays in node_modules/.cache."""
    key = hashlib.sha256(archivo + Path(__file__).with_name("fonts.py").read_bytes()).hexdigest()[:16]
    kept = root / "node_modules" / ".cache" / "aethex" / f"archivo-wide-{key}.woff2"
    if kept.is_file():
        return kept.read_bytes()
    from aethex_live._static.fonts import cut_display_font  # late: a build without changes need not load fontTools

    cut = cut_display_font(archivo)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(cut)
    return cut


def _swap(fresh: Path, target: Path) -> None:
    """Put the new folder in place of the old one; a reader never sees half of it."""
    old = fresh.with_name("old")
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)


class _Writer:
    """Writes files under names that carry their content's hash and remembers which is which."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, str] = {}
        self.written: list[Path] = []
        folder.mkdir()

    def add(self, name: str, body: bytes) -> None:
        """Write `css/aether.css` as `css/aether.<hash>.css`."""
        pure = PurePosixPath(name)
        digest = hashlib.sha256(body).hexdigest()[:10]
        hashed = str(pure.with_name(f"{pure.stem}.{digest}{pure.suffix}"))
        path = self.folder / hashed
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        self.names[name] = hashed
        self.written.append(path)

    def add_plain(self, name: str, body: bytes) -> None:
        """Write a file that browsers never ask for."""
        (self.folder / name).write_bytes(body)

    def address_from_sheet(self, relative: str) -> str:
        """The hashed address of `../img/cell.svg`, as seen from the style sheet."""
        name = relative.removeprefix("../")
        if name not in self.names:
            raise BuildError(f"A style sheet names {relative}, which is not below static/: correct the url()")
        return f"../{self.names[name]}"

    def finish(self, mark: str) -> None:
        """Write the manifest last: its presence says that the build is whole."""
        manifest = {"stamp": mark, "files": dict(sorted(self.names.items())), "modules": sources.BARE_NAMES}
        (self.folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
