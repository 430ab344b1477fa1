"""What a backup or a restore refuses."""

from __future__ import annotations

from aethex_live.errors import AethexError


class BackupError(AethexError):
    """A backup can't be made, is not whole or can't be restored; nothing was changed. The sentence says what to do."""
