"""The public API as lines of text, one a promise: modules, signatures, hooks, events, slots, manifest keys."""

from __future__ import annotations

import enum
import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Sequence
from types import FunctionType, ModuleType

from pydantic import BaseModel

import aethex_live
from aethex_live._runtime.manifest import Manifest
from aethex_live.events.registry import core_events
from aethex_live.hookspecs import MODULES, facts_of
from aethex_live.hookspecs.web import SLOT_NOTES, Slot

# what is public by its name but nobody's to import: the command, and files that migrate the core's tables
NOT_PROMISED = ("aethex_live.cli", "aethex_live.migrations", "aethex_live.platform", "aethex_live.server")


def lines() -> list[str]:
    """Every promise, sorted."""
    found = {line for module in modules() for line in of_module(module)}
    found |= set(of_hooks()) | set(of_events()) | set(of_slots())
    found |= {f"manifest {name}: {field.annotation}" for name, field in Manifest.model_fields.items()}
    return sorted(found)


def needed_bump(old: Sequence[str], new: Sequence[str]) -> str:
    """Which part of API_VERSION a drift asks for: "major" when a promise is gone or changed, "minor" when one came."""
    if set(old) - set(new):
        return "major"
    return "minor" if set(new) - set(old) else "none"


def modules() -> Iterator[ModuleType]:
    """The modules whose path has no underscore."""
    yield aethex_live
    for info in pkgutil.walk_packages(aethex_live.__path__, "aethex_live."):
        private = any(part.startswith("_") for part in info.name.split("."))
        if not private and not info.name.startswith(NOT_PROMISED):
            yield importlib.import_module(info.name)


def of_module(module: ModuleType) -> Iterator[str]:
    """The names that a module gives: those of its __all__, else what is defined in it."""
    for name in getattr(module, "__all__", None) or own_names(module):
        yield from of_thing(f"{module.__name__}.{name}", getattr(module, name))


def own_names(module: ModuleType) -> Iterator[str]:
    """Public names that come from this module."""
    for name, thing in vars(module).items():
        if not name.startswith("_") and getattr(thing, "__module__", None) == module.__name__:
            yield name


def of_thing(path: str, thing: object) -> Iterator[str]:
    """A function by its signature, a class by its parts, a constant by its type."""
    if inspect.isclass(thing):
        yield f"class {path}({', '.join(base.__name__ for base in thing.__bases__)})"
        yield from of_class(path, thing)
    elif isinstance(thing, FunctionType):
        yield f"{path}{signature(thing)}"
    else:
        yield f"{path}: {type(thing).__name__}"


def of_class(path: str, kind: type) -> Iterator[str]:
    """Members of an enum, fields of a model, methods and attributes of anything else."""
    if issubclass(kind, enum.Enum):
        yield from (f"{path}.{member.name} = {member.value!r}" for member in kind)
        return
    if issubclass(kind, BaseModel):
        yield from (f"{path}.{name}: {field.annotation}" for name, field in kind.model_fields.items())
    for name, annotation in inspect.get_annotations(kind).items():
        if not name.startswith("_"):
            yield f"{path}.{name}: {annotation}"
    for name, member in vars(kind).items():
        function = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        if not name.startswith("_") and isinstance(function, FunctionType):
            yield f"{path}.{name}{signature(function)}"
        elif not name.startswith("_") and isinstance(member, property) and isinstance(member.fget, FunctionType):
            # Tortoise adds properties of its own to models once it has started; their getters are no functions
            yield f"{path}.{name} (read)"


def signature(function: FunctionType) -> str:
    """Arguments and result as they are written; defaults by their presence, for their text holds addresses."""
    found = inspect.signature(function)
    arguments = [
        f"{'*' * (p.kind is p.VAR_POSITIONAL)}{'**' * (p.kind is p.VAR_KEYWORD)}{p.name}: {p.annotation}"
        + ("" if p.default is p.empty else " = …")
        + (" [by name]" if p.kind is p.KEYWORD_ONLY else "")
        for p in found.parameters.values()
        if p.name != "self"
    ]
    return f"({', '.join(arguments)}) -> {found.return_annotation}"


def of_hooks() -> Iterator[str]:
    """Hooks with their verb and time limit."""
    for module in MODULES:
        for name, spec in vars(module).items():
            if inspect.isfunction(spec) and hasattr(spec, "__aethex_spec__"):
                facts = facts_of(spec)
                mark = " provisional" if facts.provisional else ""
                yield f"hook {name}{signature(spec)} {facts.verb} {facts.limit or 0:g} s{mark}"


def of_events() -> Iterator[str]:
    """Events of the core, a line a field."""
    for event in core_events():
        for name, kind in inspect.get_annotations(event).items():
            if name not in {"type", "version"}:
                yield f"event {event.type} v{event.version} {name}: {kind}"


def of_slots() -> Iterator[str]:
    """Slots and what a contribution may read."""
    for slot in Slot:
        yield f"slot {slot.value} ({', '.join(SLOT_NOTES[slot][1])})"
