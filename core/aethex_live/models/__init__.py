"""The rows of the core: what several plugins need, and nothing that only one of them needs (Tortoise app `core`)."""

from .accounts import ApiToken, Identity, Session, User
from .broadcasts import Broadcast, Ingest, Recording
from .channels import Category, Channel, ChannelModerator, ChannelSlug
from .log import AuditEntry, Event, EventCursor, EventDeadLetter
from .site import ControlMessage, ControlVersion, PluginState, SiteFact, Topic
from .webhooks import MailStop, ProviderState, WebhookDelivery, WebhookEvent
from .work import Outbox, ScheduleState

__all__ = [
    "ApiToken",
    "AuditEntry",
    "Broadcast",
    "Category",
    "Channel",
    "ChannelModerator",
    "ChannelSlug",
    "ControlMessage",
    "ControlVersion",
    "Event",
    "EventCursor",
    "EventDeadLetter",
    "Identity",
    "Ingest",
    "MailStop",
    "Outbox",
    "PluginState",
    "ProviderState",
    "Recording",
    "ScheduleState",
    "Session",
    "SiteFact",
    "Topic",
    "User",
    "WebhookDelivery",
    "WebhookEvent",
]
