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
class BotMade(Event):
    """An account of a program was made; the person `owner_id` answers for it. It ends with "user.deleted"."""

    type: ClassVar[str] = "bot.made"
    user_id: UUID
    owner_id: UUID
    username: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSignedIn(Event):
    """A session was opened; `provider` proved who it is, or is "link" for a link of the operator's."""

    type: ClassVar[str] = "user.signed_in"
    user_id: UUID
    session_id: UUID
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserAdmitted(Event):
    """An operator let an account in that had waited."""

    type: ClassVar[str] = "user.admitted"
    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDeclined(Event):
    """An operator declined an account that had waited; it is gone."""

    type: ClassVar[str] = "user.declined"
    user_id: UUID
    username: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChanged(Event):
    """What is shown of an account changed; `fields` names what."""

    type: ClassVar[str] = "user.changed"
    user_id: UUID
    fields: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityLinked(Event):
    """An account can be entered with an identity elsewhere; `issuer` is the short name of who proves it there."""

    type: ClassVar[str] = "user.identity_linked"
    user_id: UUID
    provider: str
    issuer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityUnlinked(Event):
    """An identity elsewhere opens an account no more; `issuer` is "" when the site does not know it any more."""

    type: ClassVar[str] = "user.identity_unlinked"
    user_id: UUID
    provider: str
    issuer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserBanned(Event):
    """An account was banned from the site."""

    type: ClassVar[str] = "user.banned"
    user_id: UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsAccepted(Event):
    """A person accepted a version of the site's terms."""

    type: ClassVar[str] = "user.terms_accepted"
    user_id: UUID
    version_accepted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UserLeaving(Event):
    """An account is to be deleted at `delete_at`; until then it is closed and can be brought back."""

    type: ClassVar[str] = "user.leaving"
    user_id: UUID
    delete_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UserStayed(Event):
    """The deletion of an account was called off."""

    type: ClassVar[str] = "user.stayed"
    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDeleted(Event):
    """An account is deleted for good: who keeps something about the person removes it now."""

    type: ClassVar[str] = "user.deleted"
    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiTokenMade(Event):
    """A personal API token was made; `scopes` are the names of what it may do."""

    type: ClassVar[str] = "user.token_made"
    user_id: UUID
    token_id: UUID
    scopes: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiTokenRevoked(Event):
    """A personal API token was revoked."""

    type: ClassVar[str] = "user.token_revoked"
    user_id: UUID
    token_id: UUID


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
class ChannelClosed(Event):
    """A channel is to be deleted at `delete_at`; until then it is hidden and can be brought back."""

    type: ClassVar[str] = "channel.closed"
    channel_id: UUID
    owner_id: UUID
    slug: str
    delete_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRestored(Event):
    """The deletion of a channel was called off."""

    type: ClassVar[str] = "channel.restored"
    channel_id: UUID
    owner_id: UUID
    slug: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDeleted(Event):
    """A channel was deleted with everything in it; its addresses are free again."""

    type: ClassVar[str] = "channel.deleted"
    channel_id: UUID
    owner_id: UUID
    slug: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelModeratorAdded(Event):
    """An account may moderate the channel from now on."""

    type: ClassVar[str] = "channel.moderator_added"
    channel_id: UUID
    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelModeratorChanged(Event):
    """A moderator's rights changed; `rights` names all that they have now."""

    type: ClassVar[str] = "channel.moderator_changed"
    channel_id: UUID
    user_id: UUID
    rights: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelModeratorRemoved(Event):
    """An account may no longer moderate the channel."""

    type: ClassVar[str] = "channel.moderator_removed"
    channel_id: UUID
    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestConnected(Event):
    """An encoder was let in; `broadcast_id` is set when it continues a broadcast, `protocol` is rtmp or the like.

    `private`: it sends a rehearsal, of which nobody outside is told.
    """

    type: ClassVar[str] = "ingest.connected"
    ingest_id: UUID
    channel_id: UUID
    publish_id: UUID
    broadcast_id: UUID | None
    protocol: str
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestDisconnected(Event):
    """The encoder is gone; the broadcast waits `window_s` seconds for it to come back. `private`: a rehearsal."""

    type: ClassVar[str] = "ingest.disconnected"
    ingest_id: UUID
    channel_id: UUID
    publish_id: UUID
    broadcast_id: UUID
    window_s: float
    private: bool = False


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
class RehearsalSwitched(Event):
    """What a channel sends next is a rehearsal from now on, or public again."""

    type: ClassVar[str] = "rehearsal.switched"
    channel_id: UUID
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalStarted(Event):
    """A rehearsal can be watched by the channel's owner and moderators, and by nobody else."""

    type: ClassVar[str] = "rehearsal.started"
    broadcast_id: UUID
    channel_id: UUID
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalEnded(Event):
    """A rehearsal is over; `reason` as in `BroadcastEnded`."""

    type: ClassVar[str] = "rehearsal.ended"
    broadcast_id: UUID
    channel_id: UUID
    reason: str
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingReady(Event):
    """A recording can be watched; `duration` in seconds; `incomplete` when the disk ended it early.

    `private`: by its owner alone, as after a rehearsal.
    """

    type: ClassVar[str] = "recording.ready"
    recording_id: UUID
    channel_id: UUID
    broadcast_id: UUID
    duration: float
    incomplete: bool
    private: bool = False


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
    """A recording was deleted by its owner: nobody can watch it, and for seven days it can be brought back."""

    type: ClassVar[str] = "recording.deleted"
    recording_id: UUID
    channel_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRestored(Event):
    """A deleted recording was brought back."""

    type: ClassVar[str] = "recording.restored"
    recording_id: UUID
    channel_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPurged(Event):
    """A recording is gone for good, its media too; `reason` is deleted or expired."""

    type: ClassVar[str] = "recording.purged"
    recording_id: UUID
    channel_id: UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingKept(Event):
    """A recording is kept for as long as its owner wants, whatever the retention."""

    type: ClassVar[str] = "recording.kept"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class UserUnbanned(Event):
    """An operator let a banned account back in."""

    type: ClassVar[str] = "user.unbanned"
    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRoleChanged(Event):
    """An operator gave or took the right to run the site; `role` is "member" or "operator"."""

    type: ClassVar[str] = "user.role_changed"
    user_id: UUID
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteChanged(Event):
    """An operator changed settings of the site in the browser; `fields` names them."""

    type: ClassVar[str] = "site.changed"
    fields: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderTold(Event):
    """A provider told something by a webhook: `told` is one of `providers.webhooks.TYPES`, about its `subject`.

    `event_id` is the provider's id of the event, `ref` our own id as it echoes it, `happened_at` its time. `data` are
    the facts about streams and money; nothing of persons.
    """

    type: ClassVar[str] = "provider.told"
    kind: str
    provider: str
    told: str
    event_id: str
    subject: str
    ref: str | None
    happened_at: datetime
    data: Mapping[str, Any]
