"""aethex serve, aethex worker and aethex ingest: run the site, or one of its roles."""

from __future__ import annotations

import asyncio
import importlib
from pathlib import Path

import click

from aethex_live import logs
from aethex_live._site.beginning import begun
from aethex_live.cli.common import site_of, site_options
from aethex_live.settings import Role, Site


@click.command()
@click.option("--host", help="address to listen on (127.0.0.1)")
@click.option("--port", type=int, help="TCP port of the pages (8000)")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="run one role only (all)")
@click.option("--safe", is_flag=True, default=None, help="start the core and the chosen providers alone")
@click.option("--verbose", is_flag=True, help="a log line for every request")
@site_options
def serve(
    host: str | None,
    port: int | None,
    role: str | None,
    safe: bool | None,
    verbose: bool,
    config: Path | None,
    data: Path | None,
) -> None:
    """Start the site."""
    site = site_of(host=host, port=port, role=role, safe=safe, config=config, data=data)
    run(site, verbose=verbose)


@click.command()
@site_options
def worker(config: Path | None, data: Path | None) -> None:
    """Run jobs and the dispatcher alone, beside `aethex serve --role web`."""
    run(site_of(role=Role.WORKER.value, config=config, data=data), verbose=False)


@click.command()
@click.option("--host", help="address to hand media out on (127.0.0.1)")
@click.option("--port", type=int, help="TCP port of the media (8000)")
@click.option("--verbose", is_flag=True, help="a log line for every request")
@site_options
def ingest(host: str | None, port: int | None, verbose: bool, config: Path | None, data: Path | None) -> None:
    """Take streams in and hand media out, beside `aethex serve --role web`; one process a site."""
    run(site_of(role=Role.INGEST.value, host=host, port=port, config=config, data=data), verbose=verbose)


def run(site: Site, *, verbose: bool) -> None:
    """Serve until a signal comes."""
    logs.set_up("DEBUG" if verbose else "INFO")
    try:
        import uvloop
    except ImportError:  # not on Windows
        asyncio.run(_serve(site))
        return
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(site))


async def _serve(site: Site) -> None:
    """Begin with what takes time outside of this process; read the platform's code meanwhile."""
    async with begun(site) as start:
        server = await asyncio.to_thread(importlib.import_module, "aethex_live.server")
        await server.serve_site(site, start)
