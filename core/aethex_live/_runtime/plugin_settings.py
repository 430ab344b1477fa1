"""Checks the settings of a plugin against its class, and shows them with their sources."""

from __future__ import annotations

import collections.abc
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from aethex_live import PluginSettings
from aethex_live._runtime.words import closest, field_errors
from aethex_live.errors import PluginError
from aethex_live.settings import Site

MASK = "••••••"
_LISTS = (list, tuple, set, frozenset, collections.abc.Sequence)


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting as it is shown: its value (secrets masked), where the value comes from, what it means."""

    name: str
    value: str
    source: str
    description: str
    variable: str


def check_settings(site: Site, plugin: str, model: type[PluginSettings]) -> PluginSettings:
    """The plugin's settings. Raises PluginError, which names each wrong key and what would be right."""
    table = {key: _listed(model.model_fields.get(key), value) for key, value in site.plugin_table(plugin).items()}
    try:
        return model.model_validate(table)
    except ValidationError as error:
        lines = [_sentence(site, plugin, path, text, model) for path, text in field_errors(error, model)]
        raise PluginError(" ".join(lines)) from error


def variable_of(plugin: str, field: str) -> str:
    """The environment variable of a plugin's setting."""
    return f"AETHEX_{plugin}__{field}".upper()


def _listed(field: FieldInfo | None, value: object) -> object:
    """`a, b` of an environment variable, where the field is a list."""
    if not isinstance(value, str) or field is None:
        return value
    kinds = (field.annotation, *get_args(field.annotation))
    if any(get_origin(kind) in _LISTS or kind in _LISTS for kind in kinds):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _sentence(site: Site, plugin: str, path: tuple[str, ...], text: str, model: type[BaseModel]) -> str:
    name = ".".join(path)
    source = site.source(f"plugins.{plugin}.{path[0]}") if path else "default"
    if text == "it is missing.":
        variable = variable_of(plugin, "__".join(path))
        return f"{name} is missing: set it under [plugins.{plugin}], or as {variable}."
    if not source.startswith("AETHEX_"):
        return f"{name or 'the table'} under [plugins.{plugin}] ({source}): {text}"
    if len(path) == 1 and (best := closest(path[0], model.model_fields)) and path[0] not in model.model_fields:
        return f"{source}: there is no such setting. Did you mean {variable_of(plugin, best)}?"
    return f"{source}: {text}"


def shown(site: Site, plugin: str, settings: PluginSettings) -> list[Setting]:
    """All settings of a plugin as the operator sees them."""
    return [
        Setting(
            name=name,
            value=masked(getattr(settings, name)),
            source=site.source(f"plugins.{plugin}.{name}"),
            description=field.description or "",
            variable=variable_of(plugin, name),
        )
        for name, field in type(settings).model_fields.items()
    ]


def masked(value: object) -> str:
    """The value as text; whatever holds a secret is hidden as a whole."""
    if isinstance(value, SecretStr):
        return MASK if value.get_secret_value() else ""
    if isinstance(value, BaseModel):
        return ", ".join(f"{name} = {masked(getattr(value, name))}" for name in type(value).model_fields)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {masked(item)}" for key, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(masked(item) for item in value)
    return "" if value is None else str(value)
