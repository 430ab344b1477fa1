"""The event log: what happened, written with the change itself, and handed in order to all who want to know."""

from .consumers import Consumer, Recorded
from .dispatcher import Dispatcher
from .log import CHANNEL, record
from .registry import EventTypes
from .types import Event

__all__ = ["CHANNEL", "Consumer", "Dispatcher", "Event", "EventTypes", "Recorded", "record"]
