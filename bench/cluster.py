"""A site split as the docs do it: PostgreSQL, Redis, two web processes, worker and ingest behind nginx, supervised.

Also its chat alone: two web processes behind one plain address, and a Redis that may be killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aethex_live.db import EmbeddedPostgres
from bench.served import ROOT, free_port

AETHEX = (sys.executable, "-m", "aethex_live.cli")
START_S = 120.0
DEPLOY = ROOT / "docs" / "deploy"
REDIS_BACK_S = 1.0
UNITS = {"web1": "aethex-web@", "web2": "aethex-web@", "worker": "aethex-worker", "ingest": "aethex-ingest"}


class Missing(Exception):
    """A program that is needed is not here; the text names it."""


@dataclass
class Service:
    """A process that is started again as soon after its end as its unit in the docs says."""

    name: str
    command: tuple[str, ...]
    environ: dict[str, str]
    log: Path
    starts: int = 0
    process: asyncio.subprocess.Process | None = None
    _task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to supervise."""
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        with self.log.open("ab") as log:
            while True:
                self.starts += 1
                self.process = await asyncio.create_subprocess_exec(
                    *self.command, cwd=ROOT, env=self.environ, stdout=log, stderr=log
                )
                await self.process.wait()
                unit = UNITS.get(self.name)
                await asyncio.sleep(restart_seconds(unit) if unit else REDIS_BACK_S)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process of this moment."""
        assert self.process is not None
        self.process.send_signal(number)

    async def stop(self) -> None:
        """End supervisor and process."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            try:
                async with asyncio.timeout(20):
                    await self.process.wait()
            except TimeoutError:
                self.process.kill()
                await self.process.wait()


@dataclass
class Cluster:
    """The running parts; `url` is nginx's."""

    url: str
    dsn: str
    rtmp_port: int
    ports: dict[str, int]
    services: dict[str, Service] = field(default_factory=dict)

    async def ready(self, name: str) -> None:
        """Wait until a process answers that it takes requests."""
        async with asyncio.timeout(START_S):
            while not await _ready(self.ports[name]):
                await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def cluster(folder: Path) -> AsyncIterator[Cluster]:
    """Start everything; stop everything. Raises Missing."""
    redis, nginx = program("redis-server"), program("nginx")
    async with contextlib.AsyncExitStack() as closing:
        server = EmbeddedPostgres(folder / "postgres", max_connections=200)
        closing.push_async_callback(server.stop)
        await server.start()
        redis_port, tls = free_port(), free_port()
        ports = {name: free_port() for name in ("web1", "web2", "ingest")}
        await _beside(closing, [*_redis(redis, redis_port), "--dir", str(folder)], folder / "redis.log")
        found = Cluster(f"https://localhost:{tls}", server.dsn(), free_port(), ports)
        environ = _environ(found, folder, redis_port)
        await asyncio.to_thread(
            subprocess.run, [*AETHEX, "migrate"], cwd=ROOT, env=environ, check=True, timeout=START_S
        )
        for name, arguments in _commands(ports).items():
            service = Service(name, (*AETHEX, *arguments), environ, folder / f"{name}.log")
            found.services[name] = service
            closing.push_async_callback(service.stop)
            service.start()
        await asyncio.gather(*(found.ready(name) for name in ports))
        conf = _proxy(folder, tls, ports)
        await _beside(closing, [nginx, "-c", str(conf), "-e", str(folder / "nginx.log")], folder / "nginx.out")
        yield found


@contextlib.asynccontextmanager
async def chat_cluster(folder: Path, settings: Mapping[str, str]) -> AsyncIterator[Cluster]:
    """Two web processes behind one address over plain HTTP, and a supervised Redis. Raises Missing."""
    redis, nginx = program("redis-server"), program("nginx")
    async with contextlib.AsyncExitStack() as closing:
        server = EmbeddedPostgres(folder / "postgres", max_connections=100)
        closing.push_async_callback(server.stop)
        await server.start()
        redis_port, plain = free_port(), free_port()
        ports = {name: free_port() for name in ("web1", "web2")}
        found = Cluster(f"http://localhost:{plain}", server.dsn(), free_port(), ports)
        environ = _environ(found, folder, redis_port) | dict(settings)
        commands = {name: (*AETHEX, *_commands(ports | {"ingest": 0})[name]) for name in ports}

        def begin(name: str, line: tuple[str, ...]) -> None:
            service = found.services[name] = Service(name, line, environ, folder / f"{name}.log")
            closing.push_async_callback(service.stop)
            service.start()

        begin("redis", (*_redis(redis, redis_port), "--dir", str(folder)))
        await _listens(redis_port)
        migrate = [*AETHEX, "migrate"]
        await asyncio.to_thread(subprocess.run, migrate, cwd=ROOT, env=environ, check=True, timeout=START_S)
        for name, line in commands.items():
            begin(name, line)
        await asyncio.gather(*(found.ready(name) for name in ports))
        conf = _plain_proxy(folder, plain, ports)
        await _beside(closing, [nginx, "-c", str(conf), "-e", str(folder / "nginx.log")], folder / "nginx.out")
        yield found


async def _listens(port: int) -> None:
    """Wait until somebody takes connections."""
    async with asyncio.timeout(START_S):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.05)


def _redis(path: str, port: int) -> tuple[str, ...]:
    return (path, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")


def restart_seconds(unit: str) -> float:
    """RestartSec of a unit."""
    found = re.search(r"^RestartSec=(\d+)(ms)?$", (DEPLOY / f"{unit}.service").read_text(), re.MULTILINE)
    assert found is not None, f"{unit} says no RestartSec"
    return int(found[1]) / (1000 if found[2] else 1)


def program(name: str) -> str:
    """Where a program is. Raises Missing."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if path is None:
        raise Missing(f"needs {name}")
    return path


def _environ(found: Cluster, folder: Path, redis_port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AETHEX_")}
    return kept | {
        "AETHEX_DATA": str(folder / "data"),
        "AETHEX_URL": found.url,
        "AETHEX_TRUSTED_PROXIES": "127.0.0.1",
        "AETHEX_STREAM_LOCAL__RTMP_PORT": str(found.rtmp_port),
        "DATABASE_URL": found.dsn,
        "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
    }


def _commands(ports: dict[str, int]) -> dict[str, tuple[str, ...]]:
    """As in the units of docs/deploy."""
    return {
        "web1": ("serve", "--role", "web", "--port", str(ports["web1"])),
        "web2": ("serve", "--role", "web", "--port", str(ports["web2"])),
        "worker": ("worker",),
        "ingest": ("ingest", "--port", str(ports["ingest"])),
    }


def _proxy(folder: Path, tls: int, ports: dict[str, int]) -> Path:
    """The file of the docs, with other ports and names, in a whole configuration."""
    pem, key = folder / "fullchain.pem", folder / "privkey.pem"
    made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    where = ["-subj", "/CN=localhost", "-keyout", str(key), "-out", str(pem)]
    subprocess.run([program("openssl"), *made, *where], check=True, capture_output=True, timeout=30)
    text = (DEPLOY / "nginx.conf").read_text()
    for shown, real in (
        ("127.0.0.1:8000", f"127.0.0.1:{ports['web1']}"),
        ("127.0.0.1:8001", f"127.0.0.1:{ports['web2']}"),
        ("127.0.0.1:8100", f"127.0.0.1:{ports['ingest']}"),
        ("/etc/letsencrypt/live/live.example.org", str(folder)),
        ("/var/cache/nginx/aethex", str(folder / "cache")),
        ("live.example.org", "localhost"),
        ("$host;", "$http_host;"),
        ("listen 443 ssl", f"listen 127.0.0.1:{tls} ssl"),
        ("listen 80;", f"listen unix:{folder}/80;"),
    ):
        text = text.replace(shown, real)
    text = re.sub(r"    listen \[::\]:\d+[^\n]*\n", "", text)
    temporary = "".join(f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi"))
    temporary += "".join(f"{name}_temp_path {folder}/{name};\n" for name in ("uwsgi", "scgi"))
    conf = folder / "nginx.conf"
    conf.write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/pid;\nevents {{ worker_connections 8192; }}\n"
        f"http {{\naccess_log off;\n{temporary}{text}\n}}\n"
    )
    return conf


def _plain_proxy(folder: Path, port: int, ports: dict[str, int]) -> Path:
    """What is needed to share sockets out: a process that is away is passed over, and asked again at once."""
    servers = " ".join(f"server 127.0.0.1:{web} max_fails=0;" for web in ports.values())
    conf = folder / "nginx.conf"
    conf.write_text(
        f"""daemon off; master_process off; pid {folder}/pid; worker_rlimit_nofile 16384;
events {{ worker_connections 8192; }}
http {{
  access_log off; client_body_temp_path {folder}/client_body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  map $http_upgrade $connection_upgrade {{ default upgrade; "" close; }}
  upstream web {{ {servers} }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass http://web; proxy_http_version 1.1; proxy_buffering off; proxy_read_timeout 120s;
      proxy_connect_timeout 5s; proxy_next_upstream error timeout http_502 http_503;
      proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
    }}
  }}
}}
"""
    )
    return conf


async def _beside(closing: contextlib.AsyncExitStack, command: list[str], log: Path) -> None:
    """A program that runs beside until the end."""
    with log.open("ab") as sink:
        process = await asyncio.create_subprocess_exec(*command, stdout=sink, stderr=sink)

    async def end() -> None:
        if process.returncode is None:
            process.terminate()
            await process.wait()

    closing.push_async_callback(end)
    await asyncio.sleep(0.5)
    if process.returncode is not None:
        raise Missing(f"{command[0]} ended at once: {log.read_text()[-400:]}")


async def _ready(port: int) -> bool:
    """Whether /readyz answers 200."""
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = await reader.readline()
            writer.close()
    except (OSError, TimeoutError):
        return False
    return b" 200 " in answer


def now() -> float:
    """Seconds of a clock that only goes forward."""
    return time.monotonic()
