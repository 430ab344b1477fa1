"""A twin of Mux on loopback: it keeps live streams and assets, and fails as it is told."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

STREAMS, ASSETS = "/video/v1/live-streams", "/video/v1/assets"
FAILURES = ("timeout", "500", "429", "half", "wrong json", "expired")


class Twin:
    """What it keeps; `failure` is one of FAILURES, `asked` what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.streams: dict[str, dict[str, Any]] = {}
        self.assets: dict[str, dict[str, Any]] = {}
        self.failure = ""
        self.asked: list[str] = []

    def stream(self, **changed: Any) -> str:
        """Make a live stream behind the platform's back."""
        name = f"LS{len(self.streams)}"
        self.streams[name] = {
            "id": name,
            "stream_key": f"key-{name}-0",
            "status": "idle",
            "playback_ids": [{"id": f"PB{name}", "policy": "public"}],
            "latency_mode": "low",
            "simulcast_targets": [],
        } | changed
        return name

    def asset(self, **changed: Any) -> str:
        """Make an asset."""
        name = f"AS{len(self.assets)}"
        self.assets[name] = {
            "id": name,
            "created_at": "1700000000",
            "status": "ready",
            "duration": 12.5,
            "playback_ids": [{"id": f"PB{name}", "policy": "public"}],
        } | changed
        return name

    def answer(self, method: str, path: str, query: str, body: Any) -> tuple[int, Any]:
        """Status and data."""
        self.asked.append(f"{method} {path}")
        if path == STREAMS:
            if method == "GET":
                return 200, list(self.streams.values())
            policy = body["playback_policies"][0]
            name = self.stream(
                passthrough=body["passthrough"],
                latency_mode=body["latency_mode"],
                playback_ids=[{"id": f"PB{len(self.streams)}", "policy": policy}],
            )
            return 201, self.streams[name]
        if path == ASSETS:
            if method == "GET":
                wanted = re.search(r"live_stream_id=(\w+)", query)
                found = [one for one in self.assets.values() if not wanted or one.get("live_stream_id") == wanted[1]]
                return 200, found
            name = self.asset(passthrough=body["passthrough"], inputs=body["inputs"], status="preparing")
            return 201, self.assets[name]
        kind, name, act = re.fullmatch(r"/video/v1/([\w-]+)/([\w-]+)(?:/(.+))?", path).groups()  # type: ignore[union-attr]
        kept = self.streams if kind == "live-streams" else self.assets
        if name not in kept:
            return 404, None
        return self._act(method, kept, name, act, body)

    def _act(self, method: str, kept: dict[str, Any], name: str, act: str | None, body: Any) -> tuple[int, Any]:
        found = kept[name]
        if act is None and method == "DELETE":
            del kept[name]
            return 204, None
        if act == "reset-stream-key":
            found["stream_key"] += "x"
        elif act in ("complete", "disable", "enable"):
            found["status"] = {"complete": "idle", "disable": "disabled", "enable": "idle"}[act]
            return 200, {}
        elif act == "simulcast-targets":
            found["simulcast_targets"].append({"id": f"T{len(found['simulcast_targets'])}"} | body)
            return 201, found["simulcast_targets"][-1]
        elif act:
            left = [one for one in found["simulcast_targets"] if one["id"] != act.rpartition("/")[2]]
            status = 404 if len(left) == len(found["simulcast_targets"]) else 204
            found["simulcast_targets"] = left
            return status, None
        return 200, found


@contextmanager
def twin() -> Iterator[Twin]:
    """Serve one."""
    made = Twin()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            path, _, query = self.path.partition("?")
            if made.failure:
                self.fail()
                return
            status, data = made.answer(self.command, path, query, body)
            self.give(status, b"" if status == 204 else json.dumps({"data": data}).encode())

        def fail(self) -> None:
            made.asked.append("failed")
            match made.failure:
                case "timeout":
                    time.sleep(1.5)
                    self.close_connection = True
                case "half":
                    self.send_response(200)
                    self.send_header("content-length", "500")
                    self.end_headers()
                    self.wfile.write(b'{"data": {"id"')
                    self.close_connection = True
                case "wrong json":
                    self.give(200, b'{"data": {"id": 7, "playback_ids": "none"}}')
                case "429":
                    self.give(429, b"{}", {"Retry-After": "37"})
                case "expired":
                    self.give(401, b'{"error": {"messages": ["token-secret-of-ours"]}}')
                case _:
                    self.give(500, b"<html>", {"x-request-id": "req-77"})

        def give(self, status: int, body: bytes, more: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {
                "content-type": "application/json",
                "content-length": str(len(body)),
                **(more or {}),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
