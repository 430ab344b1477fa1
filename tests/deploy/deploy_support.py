"""The files of docs/deploy made fit for a test: other ports, other names, the rest as it stands."""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path

from needs import need

FILES = Path(__file__).parent.parent.parent / "docs" / "deploy"


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of our own for localhost, and its key."""
    certificate, key = folder / "fullchain.pem", folder / "privkey.pem"
    made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    where = ["-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", *made, *where], check=True, capture_output=True, timeout=30)
    return certificate, key


def nginx_conf(folder: Path, *, tls: int, web: list[int], ingest: int) -> Path:
    """The file of the docs inside a whole configuration, on ports of the test."""
    pem, key = certificate(folder)
    text = (FILES / "nginx.conf").read_text()
    servers = "".join(f"    server 127.0.0.1:{port} max_fails=0;\n" for port in web)
    text = re.sub(r"(    server 127\.0\.0\.1:800\d [^\n]*\n)+", servers, text)
    text = text.replace("127.0.0.1:8100", f"127.0.0.1:{ingest}")
    text = text.replace("/etc/letsencrypt/live/live.example.org/fullchain.pem", str(pem))
    text = text.replace("/etc/letsencrypt/live/live.example.org/privkey.pem", str(key))
    text = text.replace("/var/cache/nginx/aethex", str(folder / "cache"))
    text = text.replace("/var/log/nginx", str(folder))
    text = text.replace("live.example.org", "localhost")
    text = re.sub(r"    listen \[::\]:\d+[^\n]*\n", "", text)
    text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{tls} ssl").replace(
        "listen 80;", f"listen unix:{folder}/80;"
    )
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "whole.conf"
    whole.write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log {folder}/error.log warn;\n"
        f"events {{ worker_connections 4096; }}\n"
        f"http {{\naccess_log off;\n{temporary}types {{ text/html html; }}\n{text}\n}}\n"
    )
    return whole


def checked(conf: Path) -> subprocess.CompletedProcess[str]:
    """`nginx -t` on a configuration."""
    command = [str(need("nginx")), "-t", "-q", "-c", str(conf), "-e", str(conf.parent / "error.log")]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


async def run_nginx(conf: Path, port: int) -> asyncio.subprocess.Process:
    """Start nginx and wait until it takes connections."""
    command = [str(need("nginx")), "-c", str(conf), "-e", str(conf.parent / "error.log")]
    process = await asyncio.create_subprocess_exec(*command)
    async with asyncio.timeout(15):
        while True:
            assert process.returncode is None, (conf.parent / "error.log").read_text()
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            return process
