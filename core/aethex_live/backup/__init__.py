"""Backups: the whole site in one file, made while it runs, and proved before it is restored."""

from .create import Made, create, rotate
from .errors import BackupError
from .manifest import Manifest
from .restore import Restored, check, restore

__all__ = ["BackupError", "Made", "Manifest", "Restored", "check", "create", "restore", "rotate"]
