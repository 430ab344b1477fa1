"""aethex user: accounts from the command line."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from aethex_live.cli.common import site_of, site_options, with_platform
from aethex_live.errors import Refusal
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
        made = await platform.domain.accounts.register(username, email, password, role=role, vouched=True)
        return made.username

    name = with_platform(site_of(config=config, data=data), work)
    print(f"Account {name} is made{' as an operator' if operator else ''}.")


@user.command("login-link")
@click.argument("username")
@site_options
def login_link(username: str, config: Path | None, data: Path | None) -> None:
    """Print a link that signs somebody in once, within 15 minutes, whatever the auth provider; it is audited."""
    site = site_of(config=config, data=data)

    async def work(platform: Platform) -> str:
        return await platform.domain.login_links.make(username)

    try:
        token = with_platform(site, work)
    except Refusal as refused:
        raise click.ClickException(str(refused)) from None
    print(f"{site.url.rstrip('/')}/sign-in/link?t={token}")
    print(f"It signs in as {username}, once, within 15 minutes.", file=sys.stderr)


def _ask() -> str:
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
