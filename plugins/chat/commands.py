"""Slash commands: one table of what there is, and a parser that turns a line into a command with its values."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from aethex_live.errors import Invalid
from aethex_live.scopes import Scope

if TYPE_CHECKING:
    from aethex_live.actor import Actor
    from aethex_live.domain.rights import Right

    from .standing import Standing

Kind = Literal["person", "time", "switch", "command", "text"]
MOST_SECONDS = 10**9

_NAME = re.compile(r"@?([A-Za-z0-9_]{3,32})", re.ASCII)
_TIME = re.compile(r"(?:\d{1,9}|(?:\d{1,9}[smhdw])+)", re.ASCII)
_PIECE = re.compile(r"(\d+)([smhdw])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_SWITCH = {"on": True, "off": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """A word of a command, or with kind `text` all that is left. `name` is what its usage shows."""

    name: str
    kind: Kind
    required: bool = True

    @property
    def usage(self) -> str:
        """How it stands in the usage: <needed>, [optional]."""
        shown = f"@{self.name}" if self.kind == "person" else self.name
        return f"<{shown}>" if self.required else f"[{shown}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A command that somebody gave: where, who, and its values by the names of the arguments; None: left out."""

    channel_id: UUID
    actor: Actor
    values: Mapping[str, Any]


Run = Callable[[Order], Awaitable[str]]
"""Does what was ordered and returns the sentence that its giver reads; raises a Refusal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command. `right` is what one needs to be offered it (None: everybody); `run` asks for it again.

    `scope` is what a token needs besides the one that writes.
    """

    name: str
    help: str
    run: Run
    arguments: Sequence[Argument] = ()
    right: Right | None = None
    scope: Scope | None = None

    @property
    def needed(self) -> Scope | None:
        """The scope that a token needs: acts of moderators all need the same."""
        return Scope.MODERATE if self.right else self.scope

    @property
    def usage(self) -> str:
        """How it is written: /timeout <@name> [time] [reason]."""
        return " ".join([f"/{self.name}", *(argument.usage for argument in self.arguments)])


class Commands:
    """The table; parts of the chat put theirs in when it is built."""

    def __init__(self) -> None:
        self._known: dict[str, Command] = {}

    def add(self, commands: Iterable[Command]) -> None:
        """Put commands in. Raises ValueError for a name that is taken."""
        for command in commands:
            if command.name in self._known:
                raise ValueError(f"/{command.name} is taken already")
            self._known[command.name] = command

    def get(self, name: str) -> Command | None:
        """The command of a name, or None."""
        return self._known.get(name.removeprefix("/").lower())

    def offered(self, me: Standing) -> list[Command]:
        """What this person may use, by name."""
        rights = me.rights if me.moderates else frozenset()
        return sorted(
            (command for command in self._known.values() if command.right is None or command.right in rights),
            key=lambda command: command.name,
        )


def is_command(text: str) -> bool:
    """Whether a message is a command: it begins with one slash. Two of them are a message that begins with one."""
    said = text.lstrip()
    return said.startswith("/") and not said.startswith("//")


def unescaped(text: str) -> str:
    """The message that is meant: without the first of two slashes at its beginning."""
    said = text.lstrip()
    return said[1:] if said.startswith("//") else text


def parse(text: str, commands: Commands) -> tuple[Command, dict[str, Any]]:
    """The command of a line, with its values. Raises Invalid, which says what is wrong and the usage."""
    name, _, rest = text.strip().removeprefix("/").partition(" ")
    command = commands.get(name)
    if command is None:
        raise Invalid(
            f"There is no command “/{name[:30]}”: /help lists yours. Write // for a message that begins with a slash.",
            field="text",
            code="chat-command-unknown",
        )
    return command, _values(command, rest)


def _values(command: Command, rest: str) -> dict[str, Any]:
    words, values = rest.split(), dict[str, Any]()
    for argument in command.arguments:
        if argument.kind == "text":
            values[argument.name] = " ".join(words) or None
            words = []
        else:
            value = _value(argument.kind, words[0]) if words else None
            values[argument.name] = value
            words = words[1:] if value is not None else words
        if argument.required and values[argument.name] is None:
            raise _wrong(command)
    if words:
        raise _wrong(command)
    return values


def _value(kind: Kind, word: str) -> str | int | bool | None:
    """What a word means; None when it can't be meant."""
    if kind == "time":
        return seconds_of(word)
    if kind == "switch":
        return _SWITCH.get(word.lower())
    if kind == "command":
        return word.removeprefix("/").lower()
    match = _NAME.fullmatch(word)
    return match.group(1).lower() if match else None


def seconds_of(word: str) -> int | None:
    """600, 10m, 1h30m, 7d, 2w -> seconds; None for what is no length of time, or longer than 30 years."""
    if not _TIME.fullmatch(word):
        return None
    pieces = _PIECE.findall(word)
    seconds = sum(int(count) * _SECONDS[unit] for count, unit in pieces) if pieces else int(word)
    return seconds if seconds <= MOST_SECONDS else None


def _wrong(command: Command) -> Invalid:
    return Invalid(f"Usage: {command.usage} - {command.help}", field="text", code="chat-command-usage")
