"""Between the streaming server and the core: stream keys are checked there, facts are written there."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from uuid import UUID

from aethex_live.clock import Clock
from aethex_live.db import Database
from aethex_live.domain.accounts import CLOSED, Accounts
from aethex_live.domain.broadcasts import Broadcasts
from aethex_live.models import Ingest, User
from aethex_live.providers.streaming import PlaybackRef

from .keys import StreamKeys
from .ports import Admission, Connected, Disconnected, Ended, RecordingReady, Refusal, Started

log = logging.getLogger(__name__)

PROVIDER = "local"
_WRONG_KEY = Refusal(
    "This stream key is not right: copy it again from the studio, and choose “Custom” as service.", "BadName"
)


class CoreGate:
    """Admits the key of an ingest's current version, while the channel's owner may act."""

    def __init__(self, db: Database, keys: StreamKeys, accounts: Accounts) -> None:
        self._db, self._keys, self._accounts = db, keys, accounts

    async def admit(self, key: str, peer: str) -> Admission | Refusal:
        """Whether `key` may publish."""
        ingest_id = self._keys.ingest_of(key)
        if ingest_id is None:
            return _WRONG_KEY
        self._db.bind()
        row = await _ingest(ingest_id)
        if row is None or not self._keys.fits(key, ingest_id, row.key_version):
            return _WRONG_KEY
        if not row.enabled:
            return Refusal("This channel may not go live: open the studio to see why.")
        if row.channel.delete_at is not None:
            return Refusal("This channel is deleted: bring it back in the studio first.")
        if reason := self._accounts.why_not(row.channel.owner):
            return Refusal(reason)
        return Admission(str(ingest_id), version=row.key_version, rehearsal=row.rehearsal)


class CoreJournal:
    """Writes what happened into the core's rows and event log. A deleted ingest is no error."""

    def __init__(self, db: Database, broadcasts: Broadcasts, clock: Clock) -> None:
        self._db, self._broadcasts, self._clock = db, broadcasts, clock

    async def connected(self, fact: Connected) -> None:
        """An encoder was let in."""
        if row := await self._row(fact.ingest_id):
            await self._broadcasts.connected(
                row,
                publish_id=fact.publish_id,
                broadcast_id=fact.broadcast_id if fact.continues else None,
                protocol="rtmp",
                rehearsal=fact.rehearsal,
            )

    async def disconnected(self, fact: Disconnected) -> None:
        """The encoder is gone, the reconnect window runs."""
        if row := await self._row(fact.ingest_id):
            await self._broadcasts.disconnected(
                row,
                publish_id=fact.publish_id,
                broadcast_id=fact.broadcast_id,
                window_s=fact.window_s,
                rehearsal=fact.rehearsal,
            )

    async def started(self, fact: Started) -> None:
        """The broadcast can be watched."""
        if row := await self._row(fact.ingest_id):
            place = f"{fact.ingest_id}/{fact.broadcast_id}"
            playback = PlaybackRef(provider=PROVIDER, id=place, live=True, audio_only=fact.audio_only)
            await self._broadcasts.started(
                row,
                broadcast_id=fact.broadcast_id,
                started_at=fact.at,
                playback=playback,
                rehearsal=fact.rehearsal,
            )

    async def ended(self, fact: Ended) -> None:
        """The broadcast is over."""
        self._db.bind()
        await self._broadcasts.ended(fact.broadcast_id, reason=fact.reason, ended_at=fact.at)

    async def recording_ready(self, fact: RecordingReady) -> None:
        """The recording can be watched."""
        self._db.bind()
        await self._broadcasts.recording_ready(
            fact.broadcast_id,
            duration=fact.duration,
            size=fact.size,
            width=fact.width,
            height=fact.height,
            has_audio=fact.has_audio,
            incomplete=fact.incomplete,
            playback=PlaybackRef(provider=PROVIDER, id=str(fact.broadcast_id), live=False),
        )

    async def end_lost(self, known: Sequence[UUID]) -> None:
        """End rows that a crash left open and of which no file tells, as with recording switched off."""
        self._db.bind()
        for row in await self._broadcasts.unended(PROVIDER):
            if row.id not in known:
                log.warning("broadcast %s was cut off and nothing of it was kept", row.id)
                await self._broadcasts.ended(row.id, reason="crash", ended_at=self._clock.now())

    async def _row(self, ingest_id: str) -> Ingest | None:
        self._db.bind()
        row = await _ingest(UUID(ingest_id))
        if row is None:
            log.warning("ingest %s is gone, what happened on it is not written down", ingest_id)
        return row


async def ingests_of_user(user_id: UUID) -> Sequence[str]:
    """Ids of the ingests on all channels of a person."""
    rows = await Ingest.filter(provider=PROVIDER, channel__owner_id=user_id).values("provider_id")
    return [str(row["provider_id"]) for row in rows]


async def shut_out(user_id: UUID, accounts: Accounts) -> str | None:
    """Why a person may not stream now, in a sentence; None when they may."""
    user = await User.get_or_none(id=user_id)
    return accounts.why_not(user) if user is not None else CLOSED


async def _ingest(ingest_id: UUID) -> Ingest | None:
    rows = Ingest.filter(provider=PROVIDER, provider_id=str(ingest_id))
    return await rows.select_related("channel", "channel__owner").first()
