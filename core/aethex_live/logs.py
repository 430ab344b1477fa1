"""Log lines: one a line, with time, level, request id and plugin."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

QUIET = ("uvicorn", "uvicorn.error", "tortoise", "saq", "asyncio", "hypercorn", "PIL", "quart.app")


class Lines(logging.Formatter):
    """`time level logger [request] [plugin] text`, the parts that are known."""

    def format(self, record: logging.LogRecord) -> str:
        request = getattr(record, "request_id", "")
        plugin = getattr(record, "plugin", "")
        marks = "".join(f" [{name}={value}]" for name, value in (("request", request), ("plugin", plugin)) if value)
        head = f"{self.formatTime(record)} {record.levelname.lower():7} {record.name}{marks} "
        text = head + record.getMessage()
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return text


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
