"""Checks of addresses: the ports to listen on, the public address, whom to believe about visitors."""

from __future__ import annotations

import errno
import ipaddress
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from aethex_live._runtime.discovery import Found
from aethex_live.settings import Role, Site

from .finding import Finding, bad, ok, warning

_SECONDS = 5
_EVERYONE = 8  # a network of fewer bits than this is (nearly) everybody


def ports(site: Site, found: Mapping[str, Found]) -> Iterator[Finding]:
    """Whether the ports of the site and of the plugins that are on are free, or are the site's already."""
    runs = _is_ours(site)
    if site.role is not Role.WORKER:
        yield _port("http", site.host, site.port, runs=runs, setting="--port")
    for name, plugin in found.items():
        if plugin.manifest is None:
            continue
        table = site.plugin_table(name)
        for setting, default in plugin.manifest.ports.items():
            host = str(table.get(setting.removesuffix("port") + "host", "127.0.0.1"))
            port = int(str(table.get(setting, default)))
            named = f"AETHEX_{name.upper()}__{setting.upper()}"
            if port:
                yield _port(setting.removesuffix("_port"), host, port, runs=runs, setting=named)


def _port(check: str, host: str, port: int, *, runs: bool, setting: str) -> Finding:
    error = _bind(host, port)
    if error is None:
        return ok(check, f"Port {port} is free.")
    if error.errno == errno.EADDRINUSE:
        if runs:
            return ok(check, f"Port {port} is in use, and the site answers.")
        return bad(check, f"Port {port} is taken by another program.", f"Stop it, or choose another port: {setting}")
    if error.errno == errno.EACCES:
        return bad(check, f"This account may not listen on port {port}.", f"Choose one above 1023: {setting}")
    return bad(check, f"{host}:{port} can't be listened on ({error.strerror}).", "Choose an address of this machine.")


def _bind(host: str, port: int) -> OSError | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return error
    return None


def _is_ours(site: Site) -> bool:
    """Whether a site answers where this one would listen."""
    host = "127.0.0.1" if site.host in ("0.0.0.0", "::", "") else site.host  # noqa: S104 - compared, not bound
    return _answers(f"http://{f'[{host}]' if ':' in host else host}:{site.port}/livez") == ""


def _answers(url: str) -> str:
    """Empty when the address answers 200; else why it does not."""
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 - http(s), checked by the settings
            return "" if answer.status == 200 else f"it answers {answer.status}"
    except urllib.error.HTTPError as error:
        return f"it answers {error.code}"
    except (OSError, ValueError) as error:
        return str(getattr(error, "reason", error))


def public(site: Site) -> Iterator[Finding]:
    """Whether the public address, TLS and the trust in proxies fit together."""
    local = _is_local(urlsplit(site.url).hostname or "")
    open_to_all = not _is_local(site.host)
    if local:
        if open_to_all:
            yield warning(
                "address",
                f"The site listens on {site.host}, but its address is {site.url}: links in mails lead nowhere.",
                "Set url to the address that people use: AETHEX_URL=https://live.example.org",
            )
        else:
            yield ok("address", f"The site is for this machine alone: {site.url}")
        return
    if not site.https:
        yield warning(
            "tls",
            f"{site.url} is not https: passwords and sessions cross the network in the clear.",
            "Put a proxy with TLS in front (docs/going-public.md) and set url to its https address.",
        )
    yield from _proxies(site)
    why = _answers(f"{site.url}/livez")
    if why:
        yield warning("address", f"{site.url} does not answer from here: {why}.", "Is the site up, and its proxy?")
    else:
        yield ok("address", f"{site.url} answers.")


def _proxies(site: Site) -> Iterator[Finding]:
    wide = [name for name in site.trusted_proxies if ipaddress.ip_network(name, strict=False).prefixlen < _EVERYONE]
    if wide:
        yield bad(
            "proxy",
            f"trusted_proxies has {wide[0]}: any visitor may then claim any address, and rate limits are void.",
            "Name the proxy's own address only, such as 127.0.0.1.",
        )
    elif site.https and not site.trusted_proxies:
        yield bad(
            "proxy",
            "The address is https, which a proxy gives, but trusted_proxies is empty: all visitors count as one.",
            "Name the proxy's address: AETHEX_TRUSTED_PROXIES=127.0.0.1",
        )
    elif site.trusted_proxies:
        yield ok("proxy", f"Visitors' addresses are taken from {', '.join(site.trusted_proxies)}.")


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
