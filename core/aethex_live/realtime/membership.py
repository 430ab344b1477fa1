"""Who hears a topic: coming and going, with the callbacks of the topic's class."""

from __future__ import annotations

import logging

from aethex_live.realtime.connection import Connection
from aethex_live.realtime.contracts import Actor, Presence
from aethex_live.realtime.topics import Topic

log = logging.getLogger("aethex.realtime")


def join(connection: Connection, actor: Actor, topic: Topic) -> None:
    """From the next flush on the connection hears the topic."""
    topic.add(connection)
    _tell(topic.declared.on_join, "on_join", topic, actor, connection)


def leave(connection: Connection, topic: Topic, now: float) -> None:
    """It hears it no more."""
    topic.remove(connection, now)
    _tell(topic.declared.on_leave, "on_leave", topic, connection.actor, connection)


def _tell(callback: Presence | None, what: str, topic: Topic, actor: Actor | None, connection: Connection) -> None:
    if callback is None:
        return
    try:
        callback(topic.name, actor, connection.id)
    except Exception:
        log.exception("topic %s: %s failed", topic.name, what)
