# ruff: noqa: A005 - it is bench.http, as the area is called
"""Hot GETs from memory in front of Quart, with the real middleware and cookies: beside Fastify, and beside nginx."""

from __future__ import annotations

import shutil
import sys
import tempfile
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from bench import npm
from bench.figures import Figure, process_tree
from bench.load import Target, Times, interleaved
from bench.peers.hot_site import PATH, SIZE
from bench.served import ServedSite, free_port, served

GOAL_US = 40.0
PART_GOAL_US = 600.0
SITE = "aethex"
_NGINX = """
worker_processes 1; daemon off; pid {folder}/pid; error_log stderr crit;
events {{ worker_connections 256; }}
http {{
  access_log off; sendfile on; tcp_nopush on; open_file_cache max=100; keepalive_requests 1000000;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port}; root {folder}/www; }}
}}
"""


def run(quick: bool) -> Iterable[Figure]:
    """Playlist and viewer count beside Fastify; a part beside nginx."""
    rounds, seconds = (3, 0.6) if quick else (7, 2.0)
    program = (sys.executable, "-m", "bench.peers.hot_site")
    with served(command=program) as site, tempfile.TemporaryDirectory(prefix="aethex-nginx-") as folder:
        site.call("POST", "/channels", {"slug": "hot", "name": "Hot"})
        yield from hot(site, rounds, seconds)
        yield from parts(site, Path(folder), rounds, seconds)


def hot(site: ServedSite, rounds: int, seconds: float) -> Iterator[Figure]:
    """The two hot GETs, in the same rounds as Fastify's."""
    viewers = f"{site.url}/api/v1/channels/hot/viewers"
    playlist = f"{site.url}/live/{PATH}/index.m3u8"
    with ExitStack() as stack:
        base, pids, missing = _fastify(stack, read(playlist).decode())
        for name, own, other in (
            ("live playlist", playlist, "/live/index.m3u8"),
            ("viewer count", viewers, "/viewers"),
        ):
            targets = [Target(SITE, own, [site.pid], len(read(own)))]
            if base:
                targets.append(Target("Fastify", base + other, pids, len(read(base + other))))
            times = interleaved(targets, rounds=rounds, seconds=seconds)
            yield figure(f"hot GET, {name}", times, "Fastify", GOAL_US, missing)


def parts(site: ServedSite, folder: Path, rounds: int, seconds: float) -> Iterator[Figure]:
    """A part of 2 MB from the live window, in the same rounds as nginx with sendfile."""
    address = f"{site.url}/live/{PATH}/7.0.m4s"
    with ExitStack() as stack:
        targets = [Target(SITE, address, [site.pid], SIZE)]
        missing = ""
        try:
            targets.append(_nginx(stack, folder, read(address)))
        except npm.NoPeer as reason:
            missing = str(reason)
        times = interleaved(targets, rounds=rounds, seconds=seconds, connections=4)
        yield figure("live part of 2 MB", times, "nginx", PART_GOAL_US, missing)


def figure(name: str, times: Mapping[str, Times], peer: str, goal: float, missing: str) -> Figure:
    """What was measured; not valid when the rounds of our own server differ too much."""
    own, other = times[SITE], times.get(peer)
    notes = [f"no {peer}: {missing}"] if missing else []
    notes += [own.doubt] if own.doubt else []
    return Figure(
        figure=name,
        value=round(own.median, 1),
        unit="us CPU a request",
        goal=goal,
        met=own.median <= goal and own.steady,
        peer=peer if other else None,
        peer_value=round(other.median, 1) if other else None,
        ratio=round(own.median / other.median, 2) if other else None,
        valid=own.steady,
        note="; ".join(notes),
    )


def read(url: str) -> bytes:
    """The body at an address."""
    with urllib.request.urlopen(url, timeout=20) as answer:
        body: bytes = answer.read()
    return body


def _fastify(stack: ExitStack, playlist: str) -> tuple[str, Sequence[int], str]:
    """Its address and processes, or why there is none."""
    try:
        npm.install()
        pid, port = stack.enter_context(npm.running(["node", "fastify.js"], npm.PEERS, {"PLAYLIST": playlist}))
    except npm.NoPeer as reason:
        return "", (), str(reason)
    return f"http://127.0.0.1:{port}", [pid], ""


def _nginx(stack: ExitStack, folder: Path, body: bytes) -> Target:
    """nginx with one file of the same size. Raises NoPeer."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        raise npm.NoPeer("it is not installed")
    port = free_port()
    folder.chmod(0o755)  # started by root, nginx reads as somebody else
    (folder / "www").mkdir()
    (folder / "www" / "part.m4s").write_bytes(body)
    (folder / "conf").write_text(_NGINX.format(folder=folder, port=port))
    pid, _ = stack.enter_context(npm.running([program, "-p", str(folder), "-c", str(folder / "conf")], folder, on=port))
    address = f"http://127.0.0.1:{port}/part.m4s"
    read(address)  # its worker is there then
    return Target("nginx", address, process_tree(pid), len(body))
