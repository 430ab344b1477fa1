"""The page of the realtime protocol says all that pages send to the chat, and all that they hear of it."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

from aethex_plugins.chat.live import Handlers, topic_classes

PAGE = (Path(__file__).parents[3] / "docs" / "realtime.md").read_text("utf-8")


def test_every_event_that_pages_send_is_on_the_page() -> None:
    names = [event.name for event in Handlers(Mock()).events()]
    assert "chat.send" in names
    assert [name for name in names if f"`{name}`" not in PAGE] == []


def test_every_topic_is_on_the_page() -> None:
    prefixes = [declared.prefix for declared in topic_classes(Mock())]
    assert "chat" in prefixes
    assert [prefix for prefix in prefixes if f"`{prefix}:<" not in PAGE] == []
