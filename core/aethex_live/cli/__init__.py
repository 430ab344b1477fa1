"""The command `aethex`: start the site, look after it."""

from __future__ import annotations

import importlib
import sys

import click

from aethex_live.errors import AethexError

COMMANDS = {
    "serve": "serving",
    "worker": "serving",
    "ingest": "serving",
    "migrate": "data",
    "audit": "audit",
    "backup": "backup",
    "doctor": "doctor",
    "upgrade": "upgrade",
    "plugins": "plugins",
    "plugin": "plugins",
    "providers": "providers",
    "user": "users",
    "webhooks": "webhooks",
    "auth": "auth",
    "channel": "channels",
    "storage": "storage",
}
"""Command -> its module here; read only when the command is called, because most need no web server."""


class Commands(click.Group):
    """The commands, each read when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the help."""
        return sorted({*COMMANDS, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module = importlib.import_module(f"aethex_live.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aethex-live", prog_name="aethex")
def aethex() -> None:
    """AeThex LIVE: a live-streaming site in one command."""


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
