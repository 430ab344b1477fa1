"""The event types of the core: what happened, in plain values; a field that changes its meaning is a new version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events: a dotted `type` and the `version` of its fields. Never secrets, never vendor objects."""

    type: ClassVar[str]
    version: ClassVar[int] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRegistered(Event):
    """An account was made."""

    type: ClassVar[str] = "user.registered"
    user_id: UUID
    username: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChanged(Event):
    """What is shown of an account changed; `fields` names what."""

    type: ClassVar[str] = "user.changed"
    user_id: UUID
    fields: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class UserBanned(Event):
    """An account was banned from the site."""

    type: ClassVar[str] = "user.banned"
    user_id: UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCreated(Event):
    """A channel was made."""

    type: ClassVar[str] = "channel.created"
    channel_id: UUID
    owner_id: UUID
    slug: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelChanged(Event):
    """A channel's words, colour or visibility changed; `fields` names what."""

    type: ClassVar[str] = "channel.changed"
    channel_id: UUID
    fields: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelModeratorAdded(Event):
    """An account may moderate the channel from now on."""

    type: ClassVar[str] = "channel.moderator_added"
    channel_id: UUID
    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelModeratorRemoved(Event):
    """An account may no longer moderate the channel."""

    type: ClassVar[str] = "channel.moderator_removed"
    channel_id: UUID
    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestConnected(Event):
    """An encoder was let in; `broadcast_id` is set when it continues a broadcast, `protocol` is rtmp or the like."""

    type: ClassVar[str] = "ingest.connected"
    ingest_id: UUID
    channel_id: UUID
    publish_id: UUID
    broadcast_id: UUID | None
    protocol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestDisconnected(Event):
    """The encoder is gone; the broadcast waits `window_s` seconds for it to come back."""

    type: ClassVar[str] = "ingest.disconnected"
    ingest_id: UUID
    channel_id: UUID
    publish_id: UUID
    broadcast_id: UUID
    window_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestKeyRotated(Event):
    """The stream key was replaced; only `key_version` is let in."""

    type: ClassVar[str] = "ingest.key_rotated"
    ingest_id: UUID
    channel_id: UUID
    key_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastStarted(Event):
    """A channel is live and can be watched; `playback` holds the fields of a PlaybackRef."""

    type: ClassVar[str] = "broadcast.started"
    broadcast_id: UUID
    channel_id: UUID
    title: str
    category: str | None
    started_at: datetime
    playback: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastChanged(Event):
    """Title or category of a live broadcast changed."""

    type: ClassVar[str] = "broadcast.changed"
    broadcast_id: UUID
    channel_id: UUID
    title: str
    category: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastEnded(Event):
    """A broadcast is over; `reason` is unpublish, timeout, creator, limit, moderation or crash."""

    type: ClassVar[str] = "broadcast.ended"
    broadcast_id: UUID
    channel_id: UUID
    reason: str
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingReady(Event):
    """A recording can be watched; `duration` in seconds; `incomplete` when the disk ended it early."""

    type: ClassVar[str] = "recording.ready"
    recording_id: UUID
    channel_id: UUID
    broadcast_id: UUID
    duration: float
    incomplete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFailed(Event):
    """A broadcast left nothing that can be watched; `reason` is a sentence."""

    type: ClassVar[str] = "recording.failed"
    broadcast_id: UUID
    channel_id: UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingChanged(Event):
    """Title or visibility of a recording changed."""

    type: ClassVar[str] = "recording.changed"
    recording_id: UUID
    channel_id: UUID
    title: str
    visibility: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingDeleted(Event):
    """A recording was deleted by its owner."""

    type: ClassVar[str] = "recording.deleted"
    recording_id: UUID
    channel_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginSuspended(Event):
    """A plugin's hooks and slots were suspended; `reason` is a sentence."""

    type: ClassVar[str] = "plugin.suspended"
    plugin: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginSwitched(Event):
    """An operator switched a plugin on or off."""

    type: ClassVar[str] = "plugin.switched"
    plugin: str
    on: bool
