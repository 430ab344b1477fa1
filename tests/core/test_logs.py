"""Log lines carry the request and the plugin that they belong to."""

import io
import logging

from quart import Quart, g

from aethex_live.logs import Lines, plugin_of


def line_of(logger: str, text: str) -> str:
    """A line as the handler writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines())
    handler.handle(logging.LogRecord(logger, logging.WARNING, "x.py", 1, text, (), None))
    return stream.getvalue()


async def test_a_line_written_while_a_request_is_answered_names_it() -> None:
    async with Quart(__name__).test_request_context("/"):
        g.request_id = "abc123"
        assert "[request=abc123]" in line_of("aethex.web", "something is odd")
    assert "request=" not in line_of("aethex.web", "something is odd")


def test_a_line_of_a_plugin_names_the_plugin() -> None:
    assert "[plugin=chat]" in line_of("aethex_plugins.chat.live", "something is odd")
    assert plugin_of("aethex_live.web") == ""
    assert plugin_of("aethex_plugins.stream_local") == "stream_local"
