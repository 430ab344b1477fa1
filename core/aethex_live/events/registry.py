"""The event types that this process knows, and their way into JSON and back."""

import dataclasses
import functools
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from aethex_live.errors import PluginError

from . import types as core_types
from .types import Event

_FORM = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_LONGEST = 80


def adapter(event_type: type[Event]) -> TypeAdapter[Event]:
    """What turns events of a type into JSON values and back."""
    hashable: Any = event_type  # mypy takes the class for one of its unhashable instances
    return _adapter(hashable)


@functools.cache
def _adapter(event_type: Any) -> TypeAdapter[Event]:
    return TypeAdapter(event_type)


def payload_of(event: Event) -> dict[str, Any]:
    """The event's fields as JSON values: ids and times as text."""
    values: dict[str, Any] = adapter(type(event)).dump_python(event, mode="json")
    return values


def core_events() -> list[type[Event]]:
    """The event types of the core."""
    found = vars(core_types).values()
    return [value for value in found if inspect.isclass(value) and issubclass(value, Event) and value is not Event]


class EventTypes:
    """The known event types by name: the core's, and those that plugins add at start."""

    def __init__(self) -> None:
        self._known: dict[str, type[Event]] = {event_type.type: event_type for event_type in core_events()}

    def __iter__(self) -> Iterator[type[Event]]:
        return iter(self._known.values())

    def add(self, plugin: str, event_types: Iterable[type[Event]]) -> None:
        """Take a plugin's event types. Raises `PluginError` for one that is no Event or is not named `plugin.…`."""
        for event_type in event_types:
            name = _checked_name(plugin, event_type)
            if name in self._known:
                raise PluginError(f"The plugin {plugin} declares the event {name} twice: a type has one class.")
            self._known[name] = event_type

    def decode(self, name: str, version: int, payload: Mapping[str, Any]) -> Event | None:
        """The event of a stored payload; None when nobody here knows its type or version (its plugin is off, say)."""
        event_type = self._known.get(name)
        if event_type is None or event_type.version != version:
            return None
        try:
            return adapter(event_type).validate_python(dict(payload))
        except ValidationError:
            return None


def _checked_name(plugin: str, event_type: type[Event]) -> str:
    called = getattr(event_type, "__qualname__", repr(event_type))
    if not (inspect.isclass(event_type) and issubclass(event_type, Event) and dataclasses.is_dataclass(event_type)):
        raise PluginError(f"The plugin {plugin} declares {called}, which is no dataclass derived from Event.")
    name = str(getattr(event_type, "type", ""))
    if not _FORM.fullmatch(name) or len(name) > _LONGEST or not name.startswith(f"{plugin}."):
        raise PluginError(
            f"The plugin {plugin} declares the event type {name!r} ({called}):"
            f" it must look like {plugin}.something_happened."
        )
    return name
