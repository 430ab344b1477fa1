"""aethex user: accounts from the command line."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from aethex_live.cli.common import site_of, site_options, with_platform
from aethex_live.platform import Platform


@click.group()
def user() -> None:
    """Accounts."""


@user.command()
@click.argument("username")
@click.option("--email", default="", help="e-mail address")
@click.option("--operator", is_flag=True, help="make the account an operator of the site")
@click.option("--password-stdin", is_flag=True, help="read the password from standard input")
@site_options
def create(
    username: str, email: str, operator: bool, password_stdin: bool, config: Path | None, data: Path | None
) -> None:
    """Make an account; asks for the password unless it comes from standard input."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else _ask()

    async def work(platform: Platform) -> str:
        role = "operator" if operator else "member"
        made = await platform.domain.accounts.register(username, email, password, role=role)
        return made.username

    name = with_platform(site_of(config=config, data=data), work)
    print(f"Account {name} is made{' as an operator' if operator else ''}.")


def _ask() -> str:
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
