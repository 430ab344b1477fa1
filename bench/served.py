"""A site to measure: `aethex serve` as a process of its own, with a channel that can go live."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path

ROOT = Path(__file__).parent.parent
START_S = 60.0
PASSWORD = "measured twice 9"


@dataclass
class ServedSite:
    """A site that runs: its address, its process, its log."""

    url: str
    rtmp_port: int
    process: subprocess.Popen[bytes]
    data: Path
    log: Path

    @property
    def pid(self) -> int:
        """The site's own process, without PostgreSQL."""
        return self.process.pid

    def call(self, method: str, path: str, body: object = None) -> dict[str, object]:
        """Call the API as the signed-in creator."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Origin": self.url}
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data, headers, method=method)
        with self._opener().open(request, timeout=20) as answer:
            found: dict[str, object] = json.loads(answer.read())
        return found

    def channel(self, slug: str) -> tuple[str, str]:
        """Make a channel; returns RTMP server and stream key."""
        self.call("POST", "/channels", {"slug": slug, "name": slug})
        shown = self.call("POST", f"/channels/{slug}/ingest/key", {})
        return str(shown["server"]), str(shown["key"])

    def sign_up(self, name: str) -> None:
        """Make an account and use it from now on."""
        self._jar = CookieJar()
        self.call("POST", "/users", {"username": name, "password": PASSWORD})
        self.call("POST", "/session", {"username": name, "password": PASSWORD})

    @property
    def cookies(self) -> CookieJar:
        """Those of the signed-in creator."""
        return self._jar

    def _opener(self) -> urllib.request.OpenerDirector:
        return urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))

    def kill(self) -> None:
        """End it at once, as a power cut of the process would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)


def free_port() -> int:
    """A TCP port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(data: Path, settings: Mapping[str, str] | None = None, command: tuple[str, ...] = ()) -> ServedSite:
    """Start a site and wait until it answers. `command` runs another program in place of `aethex serve`."""
    port, rtmp = free_port(), free_port()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AETHEX_")}
    environ |= {
        "AETHEX_STREAM_LOCAL__RTMP_PORT": str(rtmp),
        "AETHEX_PORT": str(port),
        "AETHEX_DATA": str(data),
    }
    log = data.parent / f"{data.name}.log"
    program = command or (sys.executable, "-m", "aethex_live.cli", "serve")
    with log.open("wb") as sink:
        process = subprocess.Popen(program, cwd=ROOT, env=environ | dict(settings or {}), stderr=sink, stdout=sink)
    site = ServedSite(f"http://127.0.0.1:{port}", rtmp, process, data, log)
    deadline = time.monotonic() + START_S
    while not re.search(rb"is up at", log.read_bytes()):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(f"the site did not start: {log.read_text()[-800:]}")
        time.sleep(0.02)
    return site


@contextmanager
def served(settings: Mapping[str, str] | None = None, command: tuple[str, ...] = ()) -> Iterator[ServedSite]:
    """A fresh site in a temporary folder, with an account that is signed in."""
    with tempfile.TemporaryDirectory(prefix="aethex-bench-", ignore_cleanup_errors=True) as folder:
        site = start(Path(folder) / "data", settings, command)
        try:
            site.sign_up("creator")
            yield site
        finally:
            stop(site)


def stop(site: ServedSite) -> None:
    """End it in good order."""
    if site.process.poll() is None:
        site.process.terminate()
        try:
            site.process.wait(20)
        except subprocess.TimeoutExpired:
            site.kill()


def ffmpeg() -> str:
    """The ffmpeg that the platform would use."""
    import imageio_ffmpeg

    return str(imageio_ffmpeg.get_ffmpeg_exe())
