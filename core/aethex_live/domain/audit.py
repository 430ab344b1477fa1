"""The audit: who did what to whom and why, written in the transaction of the deed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from aethex_live.actor import Actor
from aethex_live.ids import uuid7
from aethex_live.models import AuditEntry


class Audit:
    """Writes entries; nothing here changes or deletes one."""

    async def write(
        self,
        action: str,
        *,
        actor: Actor | None,
        subject: str,
        channel_id: UUID | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Add an entry. `action` is a dotted word such as "stream_key.shown"; `detail` holds no secret."""
        await AuditEntry.create(
            id=uuid7(),
            actor_id=actor.user_id if actor else None,
            actor_name=(actor.username if actor else "system")[:50],
            action=action,
            channel_id=channel_id,
            subject=subject,
            detail=dict(detail or {}),
        )
