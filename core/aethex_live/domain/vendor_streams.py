"""What vendors tell of streams, as broadcasts and recordings: by their events, or by what they answer when asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from aethex_live.events import record
from aethex_live.events.types import RecordingDeleted
from aethex_live.ids import derived_id
from aethex_live.models import Broadcast, Channel, Ingest, Recording
from aethex_live.providers.streaming import LiveState, LiveStatus, PlaybackRef, ProviderRecording

if TYPE_CHECKING:
    from aethex_live.clock import Clock
    from aethex_live.db import Database
    from aethex_live.domain.accounts import Accounts
    from aethex_live.domain.broadcasts import Broadcasts
    from aethex_live.jobs import Jobs
    from aethex_live.providers.webhooks import ProviderEvent

WATCH: Final = "core.watch_ingest"
SHUT: Final = "core.end_ingest"
WINDOW_S: Final = 60.0  # in which encoders come back, where the vendor does not say
UNDO_OVER: Final = timedelta(days=30)  # a recording that its provider has deleted can't be brought back


class VendorStreams:
    """Writes the journal of broadcasts for providers that tell by webhooks or are asked. Every call may be repeated.

    A vendor has no broadcasts of its own: one is named by what is recorded of it, else by its ingest and its beginning.
    """

    def __init__(self, db: Database, clock: Clock, broadcasts: Broadcasts, accounts: Accounts, jobs: Jobs) -> None:
        self._db = db
        self._clock = clock
        self._broadcasts = broadcasts
        self._accounts = accounts
        self._jobs = jobs

    async def heard(self, provider: str, event: ProviderEvent) -> str:
        """Do what follows from an event, inside the caller's transaction; what that was, "" for nothing."""
        family, _, what = event.type.partition(".")
        if family == "recording":
            return await self._recording(provider, event, what)
        if family not in {"ingest", "broadcast"}:
            return ""
        ingest = await _ingest(provider, event.subject, event.ref)
        if ingest is None:
            return "No channel here has this ingest."
        match event.type:
            case "ingest.connected":
                said = await self._connected(ingest, event)
            case "broadcast.started":
                return await self.began(ingest, event.occurred_at, **_named(event))
            case "broadcast.ended":
                return await self.over(ingest, event.occurred_at, recording_id=_text(event, "recording_id"))
            case _:
                said = await self._disconnected(ingest, event)
        await self.watch(ingest)
        return said

    async def asked(self, ingest: Ingest, state: LiveState) -> str:
        """Correct our rows by what the vendor says of an ingest at this moment; "" when they are right."""
        now = self._clock.now()
        match state.status:
            case LiveStatus.IDLE:
                return await self.over(ingest, now)
            case LiveStatus.LIVE:
                live = await _live(ingest)
                if live is not None and live.state == "live" and _is_same(live, state.recording_id):
                    return ""
                return await self.began(
                    ingest,
                    state.started_at or now,
                    recording_id=state.recording_id,
                    playback_id=state.playback_id,
                )
            case LiveStatus.RECONNECTING:
                gone = await Broadcast.filter(ingest_id=ingest.id, state="live").update(state="reconnecting")
                return "The encoder is gone." if gone else ""
        return ""

    async def began(
        self, ingest: Ingest, at: datetime, *, recording_id: str | None = None, playback_id: str | None = None
    ) -> str:
        """An ingest can be watched since `at`; what became of it."""
        if reason := await self._why_not(ingest):
            await self._jobs.publish(SHUT, {"ingest": str(ingest.id)}, plugin="core")
            return f"It is ended at the provider: {reason}"
        live = await _live(ingest)
        if live is not None and _is_same(live, recording_id):
            await Broadcast.filter(id=live.id, state="reconnecting").update(state="live")
            return "The broadcast goes on."
        name = recording_id or f"{ingest.provider_id}@{at.isoformat()}"
        once = derived_id("broadcast", ingest.provider, name)
        if await Broadcast.exists(id=once):
            return "This broadcast is over already."
        if live is not None:
            await self._broadcasts.ended(live.id, reason="unpublish", ended_at=max(at, live.started_at))
        playback = PlaybackRef(provider=ingest.provider, id=playback_id or ingest.provider_id, live=True)
        await self._broadcasts.started(ingest, broadcast_id=once, started_at=at, playback=playback, provider_id=name)
        return "The broadcast has begun."

    async def over(self, ingest: Ingest, at: datetime, *, recording_id: str | None = None) -> str:
        """Nothing of an ingest can be watched live since `at`; what became of it, "" for nothing."""
        rows = Broadcast.filter(ingest_id=ingest.id, started_at__lte=at).exclude(state="ended")
        ended = [row for row in await rows if recording_id is None or _is_same(row, recording_id)]
        for row in ended:
            await self._broadcasts.ended(row.id, reason="unpublish", ended_at=at)
            if name := recording_id or _recorded(row):
                await self._broadcasts.recording_begun(row.id, provider_id=name)
        return "The broadcast is over." if ended else ""

    async def forgotten(self, row: Broadcast) -> str:
        """Nobody can say how a broadcast stands, nor play it: it is over."""
        await self._broadcasts.ended(row.id, reason="crash", ended_at=self._clock.now())
        return "The broadcast is over."

    async def watch(self, ingest: Ingest, *, step: int = 0) -> None:
        """Have the vendor asked in a moment how the ingest stands; the further `step`, the later (30 s at most)."""
        at = self._clock.now() + timedelta(seconds=min(2**step, 30))
        payload = {"ingest": str(ingest.id), "step": step}
        await self._jobs.publish(WATCH, payload, plugin="core", available_at=at)

    async def found(self, found: ProviderRecording) -> str:
        """Correct our row of a recording by what the vendor says of it; "" when it still waits."""
        provider = found.playback.provider
        if found.status == "failed":
            return await self._failed(provider, found.id)
        row = await Recording.get_or_none(provider=provider, provider_id=found.id)
        if found.status != "ready" or row is None or row.broadcast_id is None:
            return ""
        await self._ready(row.broadcast_id, found.id, found.playback, {"duration": found.duration})
        return "The recording is ready."

    async def lost(self, recording: Recording) -> str:
        """The vendor does not have a recording that was waited for."""
        return await self._failed(recording.provider, recording.provider_id)

    async def _connected(self, ingest: Ingest, event: ProviderEvent) -> str:
        live = await _live(ingest)
        await self._broadcasts.connected(
            ingest,
            publish_id=derived_id("publish", ingest.provider, event.id),
            broadcast_id=live.id if live else None,
            protocol=_text(event, "protocol") or "rtmps",
        )
        return "An encoder was let in."

    async def _disconnected(self, ingest: Ingest, event: ProviderEvent) -> str:
        live = await _live(ingest)
        if live is None:
            return ""
        await self._broadcasts.disconnected(
            ingest,
            publish_id=derived_id("publish", ingest.provider, event.id),
            broadcast_id=live.id,
            window_s=_number(event.data.get("window_s")) or WINDOW_S,
        )
        return "The encoder is gone."

    async def _recording(self, provider: str, event: ProviderEvent, what: str) -> str:
        if what == "failed":
            return await self._failed(provider, event.subject)
        if what == "deleted":
            return await self._deleted(provider, event.subject)
        broadcast = await self._broadcast_of(provider, event)
        if broadcast is None:
            return "No channel here has this recording."
        if broadcast.state != "ended":
            await self._broadcasts.ended(broadcast.id, reason="unpublish", ended_at=event.occurred_at)
        playback = PlaybackRef(provider=provider, id=_text(event, "playback_id") or event.subject, live=False)
        await self._ready(broadcast.id, event.subject, playback, event.data)
        return "The recording is ready."

    async def _broadcast_of(self, provider: str, event: ProviderEvent) -> Broadcast | None:
        """What was recorded; made, and over, when its beginning was missed. None: the ingest is not ours."""
        named = Broadcast.filter(provider=provider, provider_id=event.subject)
        waited = Broadcast.filter(recordings__provider=provider, recordings__provider_id=event.subject)
        if found := await named.first() or await waited.first():
            return found
        ingest = await _ingest(provider, _text(event, "ingest_id") or "", event.ref)
        if ingest is None:
            return None
        began = _moment(event) or event.occurred_at - timedelta(seconds=_number(event.data.get("duration")) or 0.0)
        unnamed = Broadcast.filter(ingest_id=ingest.id, provider_id__startswith=f"{ingest.provider_id}@")
        near = unnamed.filter(started_at__lte=event.occurred_at, recordings__id__isnull=True).order_by("-started_at")
        return await near.first() or await self._missed(ingest, event.subject, began, event.occurred_at)

    async def _missed(self, ingest: Ingest, name: str, began: datetime, ended: datetime) -> Broadcast:
        """The row of a broadcast of which nobody heard; it is not announced any more."""
        channel = await Channel.get(id=ingest.channel_id)
        playback = PlaybackRef(provider=ingest.provider, id=ingest.provider_id, live=True)
        return await Broadcast.create(
            id=derived_id("broadcast", ingest.provider, name),
            channel=channel,
            ingest=ingest,
            provider=ingest.provider,
            provider_id=name,
            title=channel.title or channel.name,
            category_id=channel.category_id,
            state="ended",
            started_at=began,
            ended_at=max(began, ended),
            end_reason="unpublish",
            playback=playback.as_json(),
        )

    async def _ready(self, broadcast_id: UUID, name: str, playback: PlaybackRef, facts: Any) -> None:
        width, height = _number(facts.get("width")), _number(facts.get("height"))
        await self._broadcasts.recording_ready(
            broadcast_id,
            duration=_number(facts.get("duration")) or 0.0,
            size=int(_number(facts.get("size")) or 0),
            width=int(width) if width else None,
            height=int(height) if height else None,
            has_audio=facts.get("has_audio") is not False,
            incomplete=False,
            playback=playback,
            provider_id=name,
        )

    async def _failed(self, provider: str, name: str) -> str:
        reason = "The provider could not make the recording ready."
        failed = await self._broadcasts.recording_failed(provider, name, reason=reason)
        return "The recording failed." if failed else ""

    async def _deleted(self, provider: str, name: str) -> str:
        rows = Recording.filter(provider=provider, provider_id=name).exclude(state="deleted")
        row = await rows.first()
        if row is None:
            return ""
        gone = self._clock.now() - UNDO_OVER
        await Recording.filter(id=row.id).update(state="deleted", deleted_at=gone)
        deleted = RecordingDeleted(recording_id=row.id, channel_id=row.channel_id)
        await record(deleted, subject=f"recording:{row.id}", channel=row.channel_id)
        return "The recording was deleted at the provider."

    async def _why_not(self, ingest: Ingest) -> str:
        """Why nothing of this ingest may be shown, in a sentence; "" when it may."""
        channel = await Channel.get(id=ingest.channel_id).select_related("owner")
        if not ingest.enabled or channel.delete_at is not None:
            return "the channel may not go live."
        return self._accounts.why_not(channel.owner) or ""


def _named(event: ProviderEvent) -> dict[str, str | None]:
    return {name: _text(event, name) for name in ("recording_id", "playback_id")}


def _text(event: ProviderEvent, name: str) -> str | None:
    value = event.data.get(name)
    return value if isinstance(value, str) and 0 < len(value) <= 180 else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _moment(event: ProviderEvent) -> datetime | None:
    try:
        at = datetime.fromisoformat(_text(event, "started_at") or "")
    except ValueError:
        return None
    return at if at.tzinfo else None


async def _ingest(provider: str, subject: str, ref: str | None) -> Ingest | None:
    """By the provider's id, else by our own that it echoes."""
    if found := await Ingest.get_or_none(provider=provider, provider_id=subject):
        return found
    try:
        return await Ingest.get_or_none(provider=provider, id=UUID(ref or ""))
    except ValueError:
        return None


async def _live(ingest: Ingest) -> Broadcast | None:
    return await Broadcast.filter(ingest_id=ingest.id).exclude(state="ended").order_by("-started_at").first()


def _recorded(row: Broadcast) -> str | None:
    """The provider's id of what is recorded of a broadcast, by which it is named; None where it has none."""
    return None if "@" in row.provider_id else row.provider_id


def _is_same(row: Broadcast, recording_id: str | None) -> bool:
    """Whether a broadcast is the one of which `recording_id` is recorded, as far as one can know."""
    return recording_id is None or _recorded(row) in {None, recording_id}
