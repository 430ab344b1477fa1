"""The command `aethex`: start the site, look after it."""

from __future__ import annotations

import sys

import click

from aethex_live.cli import channels, data, plugins, serving, users
from aethex_live.errors import AethexError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aethex-live", prog_name="aethex")
def aethex() -> None:
    """AeThex LIVE: a live-streaming site in one command."""


aethex.add_command(serving.serve)
aethex.add_command(serving.worker)
aethex.add_command(data.migrate)
aethex.add_command(plugins.plugins)
aethex.add_command(plugins.plugin)
aethex.add_command(users.user)
aethex.add_command(channels.channel)


def main() -> None:
    """Run the command; a refusal is one line and exit code 2."""
    try:
        aethex(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except AethexError as error:
        print(f"aethex: {error}", file=sys.stderr)
        sys.exit(2)
