"""What a restore refuses before it touches anything."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aethex_live._runtime.discovery import Found
from aethex_live.checks.schema import newer
from aethex_live.clock import SystemClock
from aethex_live.db._runtime import foreign_server
from aethex_live.secrets import load_secrets
from aethex_live.settings import Site

from .errors import BackupError
from .folders import STAGE
from .manifest import Manifest


def refuse_newer(manifest: Manifest, found: Mapping[str, Found]) -> None:
    """Raises BackupError when the backup was made by newer code."""
    if unknown := newer(manifest.migrations, found):
        raise BackupError(
            f"The backup is newer than this code (it was made by version {manifest.version} and has the migration"
            f" {unknown[0]}): install that version, then restore."
        )


def refuse_other_secret(site: Site, manifest: Manifest) -> None:
    """Raises BackupError when AETHEX_SECRET is another one than the site had, or is missing."""
    if site.secret is None and not manifest.secret_included:
        raise BackupError(
            "The site's secret was in AETHEX_SECRET and is not in the backup: set AETHEX_SECRET to it, then restore."
        )
    if site.secret is not None and load_secrets(site, SystemClock()).fingerprint != manifest.secret:
        raise BackupError(
            "AETHEX_SECRET is not the secret of the site that was saved: sessions and stream keys would not fit."
            " Set it to the old one"
            + (", or unset it: the backup has the file of the secret." if manifest.secret_included else ".")
        )


def refuse_running(site: Site) -> None:
    """Raises BackupError while a site runs on the data folder's own database."""
    server = foreign_server(site.data / "postgres" / "cluster")
    if server is not None:
        raise BackupError(f"A site runs on {site.data} (PostgreSQL is process {server.pid}): stop it first.")


def refuse_occupied(target: Path, spare: set[str], *, replace: bool) -> None:
    """Raises BackupError when something is at the target that would be in the way."""
    if not target.exists():
        return
    if not target.is_dir():
        raise BackupError(f"{target} is a file: name a folder.")
    there = sorted(path.name for path in target.iterdir() if path.name not in spare and not path.name.startswith(STAGE))
    if there and not replace:
        raise BackupError(
            f"{target} is not empty (it has {there[0]}): name an empty folder with --into, or keep what is there aside"
            " with --replace."
        )
