"""Stand-ins for Stripe: its own API description as a judge, and a server that answers as it is told, or badly."""

from __future__ import annotations

import importlib.util
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl

from aethex_live.clock import ManualClock
from aethex_plugins.payments_stripe.client import Client
from aethex_plugins.payments_stripe.events import Webhooks
from aethex_plugins.payments_stripe.service import StripePayments

KEY = "sk_test_canary0Key"
ACCOUNT_SECRET, CONNECT_SECRET = "whsec_account", "whsec_connect"
Behaviour = Callable[[BaseHTTPRequestHandler], None]


def specguard(specs: Path) -> ModuleType:
    """The judge, which lies beside the descriptions."""
    spec = importlib.util.spec_from_file_location("specguard", specs.parent / "tools" / "specguard.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def provider_at(base: str, *, timeout_s: float = 5.0, clock: ManualClock | None = None, **more: Any) -> StripePayments:
    """The provider, its calls going to `base`."""
    client = Client(KEY, base, timeout_s, clock or ManualClock())
    return StripePayments(client, Webhooks([ACCOUNT_SECRET], [CONNECT_SECRET], live=False), **more)


@dataclass
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, str]


@dataclass
class Answer:
    """What is sent back; `slow` seconds late."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    slow: float = 0.0
    cut: bool = False  # half of the body, then the connection is closed
    lost: bool = False  # nothing at all

    @classmethod
    def of(cls, value: object, status: int = 200, **more: Any) -> Answer:
        return cls(json.dumps(value).encode(), status, **more)

    @classmethod
    def error(cls, status: int, type_: str = "invalid_request_error", **said: Any) -> Answer:
        headers = said.pop("headers", {})
        message = "Somebody at person@example.org with sk_live_secret did that."
        body = {"error": {"type": type_, "message": message} | said}
        return cls(json.dumps(body).encode(), status, {"Request-Id": "req_7"} | headers)


class Canned:
    """A server whose next answers are in `answers`; after the last of them it repeats it."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[Asked] = []
        canned = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                canned.asked.append(Asked(self.command, self.path, headers, dict(parse_qsl(body.decode()))))
                canned.send(self, canned.answers.pop(0) if len(canned.answers) > 1 else canned.answers[0])

            do_GET = do_POST = do_DELETE = answer

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def send(self, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        time.sleep(answer.slow)
        if answer.lost:
            handler.close_connection = True
            return
        handler.send_response(answer.status)
        for name, value in ({"Request-Id": "req_1", "content-type": "application/json"} | answer.headers).items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(answer.body)))
        handler.end_headers()
        handler.wfile.write(answer.body[: len(answer.body) // 2] if answer.cut else answer.body)
        handler.close_connection = answer.cut

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
