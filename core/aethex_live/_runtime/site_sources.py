"""Reads aethex.toml, the environment and command-line options, and remembers which of them said what."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from aethex_live._runtime.words import closest, field_errors, suggestion
from aethex_live.errors import ConfigError
from aethex_live.realtime_limits import RealtimeLimits
from aethex_live.settings import CORE_NAMES, ProviderChoice, Role, Site

FILE_NAME = "aethex.toml"
PREFIX = "AETHEX_"
UNPREFIXED = {"DATABASE_URL": "database_url", "REDIS_URL": "redis_url"}  # hosts set these names themselves
FOR_TESTS = frozenset({"require", "specs", "pg_bin"})  # read by the tests alone (decision 34)
OWN_TABLES: Mapping[str, type[BaseModel]] = {"providers": ProviderChoice, "realtime": RealtimeLimits}
TABLES = frozenset({*OWN_TABLES, "plugins"})


@dataclass(frozen=True, slots=True)
class Value:
    """One value with the place that says it; `path` is `("plugins", "chat", "slow_mode")`."""

    path: tuple[str, ...]
    value: object
    source: str


def gather(environ: Mapping[str, str], folder: Path, overrides: Mapping[str, object]) -> Site:
    """The checked site; later layers beat earlier ones: file, environment, command line."""
    options = [Value((key,), value, f"--{key.replace('_', '-')}") for key, value in overrides.items()]
    variables = [*from_environment(environ), *options]
    config = _config_path(variables, folder)
    values = [*(from_file(config) if config else ()), *variables]
    home = config.parent if config else folder
    site = _checked(_absolute(values, home=home, working=folder), config)
    site._folder = home
    _refuse_contradictions(site)
    return site


def from_file(path: Path) -> Iterator[Value]:
    """The values of a TOML file; unknown keys are left to the check."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"The configuration {path} can't be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"The configuration {path} is no valid TOML: {error}.") from error
    for key, value in content.items():
        if key in TABLES:
            yield from _table(key, value, path.name)
        else:
            yield Value((key,), value, path.name)


def _table(key: str, value: object, source: str) -> Iterator[Value]:
    if not isinstance(value, dict):
        raise ConfigError(f"{key} in {source} should be a table: write [{key}] on a line of its own.")
    for name, inner in value.items():
        if key in OWN_TABLES:
            yield Value((key, name), inner, source)
            continue
        if not isinstance(inner, dict):
            raise ConfigError(f"plugins.{name} in {source} should be a table: write [plugins.{name}].")
        yield Value((key, name), {}, source)
        yield from (Value((key, name, field), given, source) for field, given in inner.items())


def from_environment(environ: Mapping[str, str]) -> list[Value]:
    """The values of AETHEX_* variables (and DATABASE_URL, REDIS_URL); an empty variable counts as unset."""
    given = {name: value for name, value in environ.items() if value.strip()}
    values = [Value((field,), given[name], name) for name, field in UNPREFIXED.items() if name in given]
    for name in sorted(given):
        if name.startswith(PREFIX) and name.removeprefix(PREFIX).lower() not in FOR_TESTS:
            values.append(Value(_variable_path(name), _parsed(given[name]), name))
    return values


def _variable_path(name: str) -> tuple[str, ...]:
    first, *rest = name.removeprefix(PREFIX).lower().split("__")
    if not first or not all(rest):
        raise ConfigError(f"{name} has an empty part: a plugin's setting is {PREFIX}<PLUGIN>__<FIELD>.")
    if (table := OWN_TABLES.get(first)) is not None and len(rest) == 1:
        if rest[0] not in table.model_fields:
            what = "kind of provider" if table is ProviderChoice else "setting"
            raise ConfigError(f"{name}: there is no such {what}.{suggestion(rest[0], table.model_fields)}")
        return (first, rest[0])
    if not rest:
        if first in CORE_NAMES - TABLES:
            return (first,)
        raise ConfigError(f"{name} is no setting.{_variable_hint(first)}")
    if first in CORE_NAMES:
        raise ConfigError(f"{name}: {first} is a setting of the core and has no part {'.'.join(rest)}.")
    return ("plugins", first, *rest)


def _variable_hint(word: str) -> str:
    if (best := closest(word, CORE_NAMES - TABLES)) is not None:
        return f" Did you mean {PREFIX}{best.upper()}?"
    return f" A plugin's setting has two underscores after the plugin's name: {PREFIX}<PLUGIN>__<FIELD>."


def _parsed(text: str) -> object:
    """Lists and tables in a variable are JSON; everything else stays text for the field to read."""
    if text[:1] in {"[", "{"}:
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _config_path(values: list[Value], folder: Path) -> Path | None:
    named = [value for value in values if value.path == ("config",) and value.value is not None]
    if not named:
        default = folder / FILE_NAME
        return default if default.is_file() else None
    path = folder / str(named[-1].value)
    if not path.is_file():
        raise ConfigError(f"The configuration {path} that {named[-1].source} names does not exist.")
    return path.resolve()


def _absolute(values: list[Value], *, home: Path, working: Path) -> list[Value]:
    """Paths of a file are relative to the file's folder, those of a shell to the working folder."""
    known = {value.path for value in values}
    default = [] if ("data",) in known else [Value(("data",), "data", "default")]
    return [_anchored(value, home, working) for value in [*default, *values]]


def _anchored(value: Value, home: Path, working: Path) -> Value:
    if value.path not in {("data",), ("ffmpeg",)} or not isinstance(value.value, str | Path):
        return value
    shell = value.source.startswith((PREFIX, "--"))
    base = working if shell else home
    return Value(value.path, (base / Path(value.value).expanduser()).absolute(), value.source)


def _checked(values: list[Value], config: Path | None) -> Site:
    tree, sources = _merged(values)
    tree["config"] = config
    try:
        site = Site.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(_sentences(error, sources)) from error
    site._sources = sources
    return site


def _merged(values: list[Value]) -> tuple[dict[str, Any], dict[str, str]]:
    tree: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for item in values:
        if item.value is None:
            continue
        inner = tree
        for part in item.path[:-1]:
            inner = inner.setdefault(part, {})
            if not isinstance(inner, dict):
                raise ConfigError(f"{item.source} sets a part of {part}, which is no table elsewhere.")
        if not (item.value == {} and item.path[-1] in inner):
            inner[item.path[-1]] = item.value
        depth = 3 if item.path[0] == "plugins" else len(item.path)
        sources[".".join(item.path[:depth])] = item.source
    return tree, sources


def _sentences(error: ValidationError, sources: Mapping[str, str]) -> str:
    lines = []
    for path, sentence in field_errors(error, Site):
        name = ".".join(path)
        source = next((sources[key] for key in _prefixes(path) if key in sources), FILE_NAME)
        where = source if source.startswith((PREFIX, "--", *UNPREFIXED)) else f"{name} in {source}"
        lines.append(f"{where}: {sentence}")
    return "\n".join(lines)


def _prefixes(path: tuple[str, ...]) -> Iterator[str]:
    return (".".join(path[:length]) for length in range(len(path), 0, -1))


def _refuse_contradictions(site: Site) -> None:
    if both := sorted(set(site.enable) & set(site.disable)):
        raise ConfigError(
            f"{both[0]} stands in enable ({site.source('enable')}) and in disable ({site.source('disable')})."
        )
    if site.role is Role.ALL:
        return
    needed = {
        "DATABASE_URL": (site.database_url, "postgresql://user:password@host:5432/aethex"),
        "REDIS_URL": (site.redis_url, "redis://host:6379/0"),
    }
    missing = [f"{name}={example}" for name, (value, example) in needed.items() if value is None]
    if missing:
        raise ConfigError(
            f"The role {site.role} ({site.source('role')}) shares PostgreSQL and Redis with other processes: "
            f"add {' and '.join(missing)} to its environment."
        )
