"""aethex providers: who does each exclusive job, what they can do, and whether they really do it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from aethex_live.checks.finding import Level
from aethex_live.checks.trying import try_provider
from aethex_live.cli.common import site_of, site_options, with_platform
from aethex_live.domain.provider_facts import ProviderFacts, facts, noted_troubles
from aethex_live.errors import NotFound
from aethex_live.platform import Platform


@click.group()
def providers() -> None:
    """The providers of accounts, streams, files, money and mails."""


@providers.command("list")
@site_options
def list_providers(config: Path | None, data: Path | None) -> None:
    """List all live providers: those that are chosen, and those that serve what they once made."""

    async def work(platform: Platform) -> list[str]:
        found = await facts(platform.site, platform.providers)
        return [*map(_line, found), *await noted_troubles(platform.db, platform.clock.now())]

    for line in with_platform(site_of(config=config, data=data), work):
        print(line)


@providers.command()
@click.argument("name")
@site_options
def show(name: str, config: Path | None, data: Path | None) -> None:
    """Print all that is known of the provider NAME (or kind:NAME); secrets are masked."""

    async def work(platform: Platform) -> list[str]:
        return [line for fact in await named(platform, name) for line in [*_about(fact), *_settings(platform, fact)]]

    for line in with_platform(site_of(config=config, data=data), work):
        print(line)


@providers.command()
@click.argument("name")
@click.option("--to", default="", help="the address that a test mail goes to")
@site_options
def test(name: str, to: str, config: Path | None, data: Path | None) -> None:
    """Have the provider NAME (or kind:NAME) really do its work once. Exit code 1 when it fails."""

    async def work(platform: Platform) -> list[tuple[Level, str]]:
        said = []
        for fact in await named(platform, name):
            found = await try_provider(platform, fact.kind, name=fact.name, mail_to=to)
            line = " ".join(part for part in (f"{fact.kind}:{fact.name}", found.sentence, found.next_step) if part)
            said.append((found.level, line))
        return said

    said = with_platform(site_of(config=config, data=data), work)
    for _, line in said:
        print(line)
    sys.exit(1 if any(level is Level.BAD for level, _ in said) else 0)


@providers.command()
@site_options
def reconcile(config: Path | None, data: Path | None) -> None:
    """Ask vendors what is true of streams that are believed live and of recordings that are waited for."""

    async def work(platform: Platform) -> str:
        done = await platform.domain.reconciliation.run()
        return f"Asked about {done.asked}, corrected {done.corrected}, without an answer {done.silent}."

    print(with_platform(site_of(config=config, data=data), work))


async def named(platform: Platform, name: str) -> list[ProviderFacts]:
    """The live providers of a name, of one kind if it says so. Raises NotFound."""
    kind, _, wanted = name.rpartition(":")
    every = await facts(platform.site, platform.providers)
    found = [fact for fact in every if fact.name == wanted and kind in {"", fact.kind.value}]
    if not found:
        there = ", ".join(f"{fact.kind}:{fact.name}" for fact in every)
        raise NotFound(f"There is no live provider {name}. There is: {there}.")
    return found


def _line(fact: ProviderFacts) -> str:
    rows = ", ".join(f"{count:,} {what}" for what, count in fact.rows.items())
    mark = "chosen" if fact.chosen else "live"
    return f"{fact.kind.value:10} {fact.name:12} {mark:7} {', '.join(fact.capabilities)}{f'  [{rows}]' if rows else ''}"


def _about(fact: ProviderFacts) -> list[str]:
    lines = [
        f"{fact.kind}:{fact.name}, from the plugin {fact.plugin}",
        f"  {'chosen for what is new' if fact.chosen else 'live for what it once made'}",
        f"  can: {', '.join(fact.capabilities) or 'nothing beyond the contract'}",
    ]
    lines += [f"  holds {count:,} {what}" for what, count in fact.rows.items()]
    return [*lines, f"  webhooks go to {fact.webhook}"] if fact.webhook else lines


def _settings(platform: Platform, fact: ProviderFacts) -> list[str]:
    row = next((row for row in platform.plugins.rows() if row.name == fact.plugin), None)
    return [
        f"  {one.name} = {one.value or '–'}  ({one.source}; {one.variable})" for one in (row.settings if row else ())
    ]
