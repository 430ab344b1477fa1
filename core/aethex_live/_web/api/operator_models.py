"""Models of the operator's API: status, settings, people, channels, jobs, audit."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from aethex_live._web.api.models import Body
from aethex_live.web.api import PageQuery


class FindingOut(BaseModel):
    """What a check found; `next_step` is empty where nothing is to do."""

    check: str
    level: Literal["ok", "warning", "bad"]
    sentence: str
    next_step: str


class StatusOut(BaseModel):
    """How the site is: the worst of all findings, and each of them."""

    verdict: Literal["ok", "warning", "bad"]
    findings: list[FindingOut]


class SettingOut(BaseModel):
    """A setting with its value, secrets masked, and who says it."""

    name: str = Field(description="as in aethex.toml: `port`, `providers.auth`, `plugins.chat.max_length`")
    value: str
    source: str
    description: str
    choosable: bool = Field(description="whether it can be changed by PATCH")
    waiting: bool = Field(description="whether another value was chosen, which counts from the next start")


class Settings(BaseModel):
    """All settings of the core and of the plugins."""

    items: list[SettingOut]


class SettingsChange(Body):
    """Settings to choose; an empty text goes back to the default."""

    name: str | None = Field(default=None, max_length=500)
    url: str | None = Field(default=None, max_length=500)
    terms_version: str | None = Field(default=None, max_length=500)
    terms_url: str | None = Field(default=None, max_length=500)
    channels_per_person: str | None = Field(default=None, max_length=500)
    recordings_days: str | None = Field(default=None, max_length=500)
    leaving_days: str | None = Field(default=None, max_length=500)


class PersonOut(BaseModel):
    """An account as operators see it."""

    id: UUID
    username: str
    name: str
    email: str | None
    role: Literal["member", "operator"]
    state: str
    created_at: datetime
    last_seen_at: datetime | None
    delete_at: datetime | None


class PeopleQuery(PageQuery):
    """Which accounts."""

    q: str = Field(default="", max_length=100, description="part of a name or e-mail address")
    state: Literal["", "active", "pending", "banned", "leaving"] = ""
    role: Literal["", "member", "operator"] = ""


class PersonAct(Body):
    """What to do about an account; a ban needs a reason."""

    act: Literal["ban", "unban", "sign-out"]
    reason: str = Field(default="", max_length=400)


class ListedChannelOut(BaseModel):
    """A channel as operators see it."""

    id: UUID
    slug: str
    name: str
    owner: str
    visibility: Literal["public", "unlisted"]
    held: bool = Field(description="an operator keeps it out of lists")
    held_reason: str
    delete_at: datetime | None = Field(description="it is closed, and deleted for good then")
    live: bool
    created_at: datetime


class ChannelsQuery(PageQuery):
    """Which channels."""

    q: str = Field(default="", max_length=100, description="part of a name, an address or the owner's user name")
    live: bool = False
    visibility: Literal["", "public", "unlisted"] = ""


class ChannelAct(Body):
    """What to do about a channel; the owner reads the reason for unlisting it."""

    act: Literal["unlist", "list", "end", "restore"]
    reason: str = Field(default="", max_length=400)


class DeadJobOut(BaseModel):
    """A job that was given up."""

    id: UUID
    topic: str
    plugin: str
    attempts: int
    error: str


class DeadLetterOut(BaseModel):
    """An event that a reader could not handle."""

    id: UUID
    consumer: str
    event_id: UUID
    type: str
    attempts: int
    error: str
    created_at: datetime


class WorkAct(Body):
    """What is to become of something that failed."""

    act: Literal["retry", "discard"]


class AuditOut(BaseModel):
    """An entry of the audit; `number` and `chain` are there a moment after it was written."""

    id: UUID
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    number: int | None
    chain: str | None


class AuditQuery(PageQuery):
    """Which entries."""

    actor: str = Field(default="", max_length=80, description="user name of who did it")
    action: str = Field(default="", max_length=80, description="the action, or its beginning")
    since: datetime | None = None
    until: datetime | None = Field(default=None, description="not included")


class TryOut(Body):
    """How to try a provider; `to` is where a test mail goes."""

    to: str = Field(default="", max_length=254)
