"""Peers from npm: installed once, into bench/peers/node_modules; what can't be had is said."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.served import free_port

PEERS = Path(__file__).parent / "peers"
INSTALL_S = 300
START_S = 60.0


class NoPeer(RuntimeError):
    """A peer can't be had on this machine; the sentence says why."""


def install() -> None:
    """`npm ci` of the peers, when their lock has changed. Raises NoPeer."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        raise NoPeer("there is no Node")
    mark = PEERS / "node_modules" / ".installed"
    want = hashlib.sha256((PEERS / "package-lock.json").read_bytes()).hexdigest()
    if mark.is_file() and mark.read_text() == want:
        return
    command = ["npm", "ci", "--silent", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(command, cwd=PEERS, timeout=INSTALL_S, check=False, capture_output=True, text=True)
    except subprocess.TimeoutExpired:
        raise NoPeer(f"npm did not end within {INSTALL_S} s") from None
    if done.returncode:
        raise NoPeer(f"npm ci failed: {done.stderr.strip()[-200:]}")
    mark.write_text(want)


@contextmanager
def running(
    command: Sequence[str], folder: Path, environ: Mapping[str, str] | None = None, *, on: int | None = None
) -> Iterator[tuple[int, int]]:
    """A peer's server: its process and its port, `on` or else one that PORT tells it. Raises NoPeer."""
    port = on or free_port()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        command, cwd=folder, env=os.environ | dict(environ or {}) | {"PORT": str(port)}, stdout=quiet, stderr=quiet
    )
    try:
        wait_for(port, process)
        yield process.pid, port
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until somebody listens. Raises NoPeer."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NoPeer(f"the peer ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise NoPeer(f"the peer did not listen within {START_S:.0f} s")
