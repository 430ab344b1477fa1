"""What the core's API takes and gives; times are ISO 8601 in UTC, durations seconds, sizes bytes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from aethex_live.domain.rights import Right


class Body(BaseModel):
    """A request's body: unknown fields are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid")


class Credentials(Body):
    """Name (or e-mail address) and password; a code where the account asks for a second step."""

    username: str = Field(min_length=1, max_length=254)
    password: str = Field(min_length=1, max_length=1024)
    code: str = Field(default="", max_length=40, description="six digits of the app, or a recovery code")


class Proof(Body):
    """Who is signed in proves it again: by password, or by a code."""

    password: str = Field(default="", max_length=1024)
    code: str = Field(default="", max_length=40)


class Registration(Body):
    """A new account."""

    username: str = Field(min_length=1, max_length=64)
    email: str = Field(default="", max_length=254)
    password: str = Field(min_length=1, max_length=1024)
    invite: str = Field(default="", max_length=100, description="from an invite link, where the site asks for one")
    accept_terms: int = Field(default=0, ge=0, description="the version of the terms that the person accepts")


class Me(BaseModel):
    """The account that asks."""

    id: UUID
    username: str
    display_name: str
    email: str | None
    email_verified: bool
    email_pending: str | None = Field(description="an address that waits for its confirmation")
    state: str = Field(description="active; pending: waits for an operator")
    role: Literal["member", "operator"]
    created_at: datetime
    bot: bool = Field(default=False, description="an account of a program, for which a person answers")


class MeChange(Body):
    """What an account may change of itself."""

    display_name: str = Field(min_length=1, max_length=50)
    email: str = Field(default="", max_length=254)


class PasswordChange(Body):
    """A new password, proved by the old one."""

    current_password: str = Field(min_length=1, max_length=1024)
    new_password: str = Field(min_length=1, max_length=1024)


class SessionOut(BaseModel):
    """A place where the account is signed in."""

    id: UUID
    device: str
    address: str
    created_at: datetime
    seen_at: datetime
    current: bool


class PlaySourceOut(BaseModel):
    """One way to play; the first is the best. `dvr` and `audio` stand beside the others."""

    url: str
    kind: Literal["ll-hls", "hls", "mp4", "dvr", "audio"]
    seconds: float | None = Field(default=None, description="how far back from live `dvr` reaches")


class PlaybackOut(BaseModel):
    """Ways to play what may not be public; ask again before `expires_at`, which is null for what is."""

    sources: list[PlaySourceOut]
    expires_at: datetime | None


class CategoryOut(BaseModel):
    """What a broadcast can be about."""

    slug: str
    name: str


class ChannelOut(BaseModel):
    """A channel."""

    id: UUID
    slug: str
    name: str
    title: str
    category: str | None = Field(description="slug of the category")
    language: str
    hue: int
    about: str
    visibility: Literal["public", "unlisted"]
    held: str = Field(description="to its owner: why an operator keeps it out of lists, and what to do; else empty")
    mature: bool = Field(description="its content is for adults, as its owner says")
    owner: str = Field(description="user name of the owner")
    created_at: datetime
    live: bool


class ClosedChannelOut(BaseModel):
    """A channel that is to be deleted, as its owner sees it."""

    id: UUID
    slug: str
    name: str
    delete_at: datetime
    by_operator: bool = Field(description="an operator closed it, and only one brings it back")


class ChannelNew(Body):
    """A new channel."""

    slug: str = Field(min_length=1, max_length=40)
    name: str = Field(min_length=1, max_length=50)


class ChannelChange(Body):
    """What is to change; fields that are left out stay."""

    slug: str | None = Field(default=None, max_length=40)
    name: str | None = Field(default=None, max_length=50)
    title: str | None = Field(default=None, max_length=140)
    category: str | None = Field(default=None, max_length=40)
    language: str | None = Field(default=None, max_length=12)
    hue: int | None = Field(default=None, ge=0, le=359)
    about: str | None = Field(default=None, max_length=2000)
    visibility: Literal["public", "unlisted"] | None = None
    mature: bool | None = None


class ModeratorNew(Body):
    """Who is to moderate."""

    username: str = Field(min_length=1, max_length=64)
    rights: list[Right] | None = Field(default=None, description="null: those of the chat")


class RightsChange(Body):
    """All rights that a moderator is to have."""

    rights: list[Right] = Field(min_length=1)


class ModeratorOut(BaseModel):
    """A moderator of a channel."""

    user_id: UUID
    username: str
    since: datetime
    rights: list[Right]


class RightOut(BaseModel):
    """A right and what it allows."""

    name: Right
    sentence: str


class RightList(BaseModel):
    """All rights."""

    items: list[RightOut]


class Typed(Body):
    """The name of what is to be deleted, typed to say that it is meant."""

    typed: str = Field(min_length=1, max_length=64)


class BroadcastOut(BaseModel):
    """A broadcast that runs."""

    id: UUID
    channel: str = Field(description="slug of the channel")
    channel_name: str
    title: str
    category: str | None
    state: Literal["live", "reconnecting"]
    started_at: datetime
    viewers: int
    sources: list[PlaySourceOut]


class LiveList(BaseModel):
    """Everything that is live now, most watched first."""

    items: list[BroadcastOut]


class IngestOut(BaseModel):
    """Where the encoder sends to, and how that goes; the key is asked for by itself."""

    server: str
    secure_server: str | None = Field(description="the address of RTMPS, null where it is off")
    rehearsal: bool = Field(description="what is sent next is a rehearsal: for the channel's own people alone")
    status: Literal["idle", "connecting", "live", "reconnecting"]
    verdict: Literal["excellent", "good", "poor", "none"]
    findings: list[str]
    bitrate_kbps: int | None
    fps: float | None
    keyframe_interval: float | None = Field(description="seconds")
    width: int | None
    height: int | None


class IngestChange(Body):
    """Whether what is sent next is a rehearsal."""

    rehearsal: bool


class KeyAsk(Body):
    """Asking for the stream key; the password is needed when the session is older than 15 minutes."""

    password: str = Field(default="", max_length=1024)


class KeyOut(BaseModel):
    """Server and key for the encoder."""

    server: str
    key: str


class VideoOut(BaseModel):
    """A recording."""

    id: UUID
    channel: str = Field(description="slug of the channel")
    title: str
    state: Literal["processing", "ready", "failed"]
    visibility: Literal["public", "unlisted", "private"]
    duration: float
    size: int
    width: int | None
    height: int | None
    incomplete: bool
    created_at: datetime
    expires_at: datetime | None = Field(description="when retention deletes it; null: never, or not told to you")
    sources: list[PlaySourceOut]


class DownloadOut(BaseModel):
    """A recording as one file; the address holds for some hours."""

    url: str


class DeletedVideos(BaseModel):
    """Deleted recordings that can still be brought back."""

    items: list[VideoOut]


class VideoChange(Body):
    """Title and visibility of a recording."""

    title: str = Field(min_length=1, max_length=140)
    visibility: Literal["public", "unlisted", "private"]


class PluginOut(BaseModel):
    """A plugin as the operator sees it."""

    name: str
    title: str
    version: str
    phase: int
    state: str
    reason: str
    next_step: str
    permissions: list[str]


class PluginSwitch(Body):
    """What is to become of a plugin: `resume` ends a suspension."""

    switch: Literal["on", "off", "resume"]


class MailOut(BaseModel):
    """A mail that was kept."""

    id: UUID
    to: str
    subject: str
    created_at: datetime
    text: str


class SiteOut(BaseModel):
    """What this site is."""

    name: str
    url: str
    version: str
    api: str
    registration: bool
    terms_version: int = Field(description="the version that new accounts must accept; 0: none")
    terms_url: str = Field(description="where the terms can be read")
    streaming: bool
