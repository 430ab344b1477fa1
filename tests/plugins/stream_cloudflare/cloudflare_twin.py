"""A twin of Cloudflare Stream on loopback: it keeps live inputs and videos, and fails as it is told."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

ACCOUNT = "a" * 32
FAILURES = ("timeout", "500", "429", "half", "wrong json", "refused inside", "expired")


class Twin:
    """What it keeps; `failure` is one of FAILURES, `asked` what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.inputs: dict[str, dict[str, Any]] = {}
        self.videos: dict[str, dict[str, Any]] = {}
        self.outputs: dict[str, list[dict[str, Any]]] = {}
        self.keys: dict[str, str] = {}
        self.failure = ""
        self.asked: list[str] = []

    def input(self, **changed: Any) -> str:
        """Make a live input."""
        name = f"in{len(self.inputs)}"
        rtmps = {"url": "rtmps://live.cloudflare.com:443/live/", "streamKey": f"key-{name}-0"}
        self.inputs[name] = {"uid": name, "rtmps": rtmps, "enabled": True, "meta": {}, "recording": {}} | changed
        return name

    def video(self, state: str = "ready", **changed: Any) -> str:
        """Make a video."""
        name = f"v{len(self.videos)}"
        self.videos[name] = {
            "uid": name,
            "created": f"2026-11-20T12:00:0{len(self.videos)}.123456789Z",
            "status": {"state": state},
            "duration": 12.5 if state == "ready" else -1,
        } | changed
        return name

    def second(self) -> None:
        """A second passes: what is on air at an input that is shut ends."""
        for video in self.videos.values():
            found = self.inputs.get(video.get("liveInput", ""))
            if found is not None and not found["enabled"]:
                video["status"] = {"state": "ready"}
                found["status"] = "client_disconnect"

    def answer(self, method: str, path: str, body: Any, key: str | None) -> tuple[int, Any]:
        """Status and result."""
        self.asked.append(f"{method} {path}")
        if path == "/live_inputs":
            if key not in self.keys:
                self.keys[str(key)] = self.input(**body)
            return 200, self.inputs[self.keys[str(key)]]
        if path == "/clip":
            if key not in self.keys:
                self.keys[str(key)] = self.video("queued", **body)
            return 200, self.videos[self.keys[str(key)]]
        if found := re.fullmatch(r"/live_inputs/(\w+)(/\w+)?(?:/(\w+))?", path):
            return self._input(method, *found.groups(), body)
        name = path.removeprefix("/")
        if name not in self.videos:
            return 404, None
        return 200, self.videos.pop(name) if method == "DELETE" else self.videos[name]

    def _input(self, method: str, name: str, part: str | None, which: str | None, body: Any) -> tuple[int, Any]:
        if name not in self.inputs:
            return 404, None
        found, outputs = self.inputs[name], self.outputs.setdefault(name, [])
        match method, part:
            case "DELETE", None:
                return 200, self.inputs.pop(name)
            case "PUT", None:
                # what is left out is set back
                rtmps = found["rtmps"]
                found = self.inputs[name] = {
                    "uid": name,
                    "rtmps": rtmps,
                    "status": found.get("status"),
                    "meta": {},
                } | body
            case "POST", "/rotate_keys":
                found["rtmps"]["streamKey"] += "x"
            case "GET", "/videos":
                return 200, [video for video in self.videos.values() if video.get("liveInput") == name]
            case "GET", "/outputs":
                return 200, outputs
            case "POST", "/outputs":
                outputs.append({"uid": f"o{len(outputs)}"} | body)
                return 200, outputs[-1]
            case "DELETE", "/outputs":
                left = [one for one in outputs if one["uid"] != which]
                status = 404 if len(left) == len(outputs) else 200
                outputs[:] = left
                return status, None
        return 200, found


@asynccontextmanager
async def twin() -> AsyncIterator[Twin]:
    """Serve one."""
    made = Twin()

    async def handle(request: web.Request) -> web.StreamResponse:
        if made.failure:
            made.asked.append("failed")
            return await _fail(made.failure, request)
        if request.path.endswith("/views"):
            return web.json_response({"liveViewers": 113})
        body = await request.json() if request.can_read_body else None
        path = request.path.removeprefix(f"/accounts/{ACCOUNT}/stream")
        status, result = made.answer(request.method, path, body, request.headers.get("Idempotency-Key"))
        envelope = {"success": status == 200, "errors": [], "messages": [], "result": result}
        return web.json_response(envelope, status=status)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        await runner.cleanup()


async def _fail(failure: str, request: web.Request) -> web.StreamResponse:
    match failure:
        case "timeout":
            await asyncio.sleep(1.5)
            return web.Response()
        case "half":
            response = web.StreamResponse(headers={"Content-Length": "500"})
            await response.prepare(request)
            await response.write(b'{"success": true, "result": {"uid"')
            assert request.transport is not None
            request.transport.close()
            return response
        case "wrong json":
            return web.json_response({"success": True, "result": ["what is this"]})
        case "refused inside":
            return web.json_response({"success": False, "errors": [{"message": "api-token-of-ours"}]})
        case "429":
            return web.json_response({}, status=429, headers={"Retry-After": "37"})
        case "expired":
            return web.json_response({"errors": [{"message": "api-token-of-ours"}]}, status=401)
    return web.Response(status=500, text="<html>", headers={"cf-ray": "ray-77"})
