"""Log lines: one a line, with time, level, request id and plugin."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

QUIET = ("uvicorn", "uvicorn.error", "tortoise", "saq", "asyncio", "hypercorn", "PIL", "quart.app")


class Lines(logging.Formatter):
    """`time level logger [request] [plugin] text`, the parts that are known."""

    def format(self, record: logging.LogRecord) -> str:
        request = getattr(record, "request_id", "") or request_id()
        plugin = getattr(record, "plugin", "") or plugin_of(record.name)
        marks = "".join(f" [{name}={value}]" for name, value in (("request", request), ("plugin", plugin)) if value)
        head = f"{self.formatTime(record)} {record.levelname.lower():7} {record.name}{marks} "
        text = head + record.getMessage()
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return text


def request_id() -> str:
    """The id of the request that is being answered in this task, or an empty text."""
    if "quart" not in sys.modules:  # log lines of a command's first moments need not wait for it
        return ""
    from quart import g, has_request_context

    return str(g.get("request_id", "")) if has_request_context() else ""


def plugin_of(logger: str) -> str:
    """The plugin that a logger belongs to: `aethex_plugins.chat.live` -> chat."""
    package, _, rest = logger.partition(".")
    return rest.partition(".")[0] if package == "aethex_plugins" else ""


def set_up(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send all log lines to standard error; libraries speak from warnings on."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("aethex").setLevel(level)
    logging.getLogger("aethex_live").setLevel(level)
    logging.getLogger("aethex_plugins").setLevel(level)
    # a line for every request is for who asks for it
    logging.getLogger("aethex.access").setLevel(logging.INFO if level == "DEBUG" else logging.WARNING)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
