"""What a hook may answer: a check made from the return annotation of its declaration."""

from __future__ import annotations

import ast
import collections.abc
import inspect
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

Check = Callable[[object], str]
"""Says what is wrong with an answer, in words; an empty text is a good answer."""


def check_of(spec: Callable[..., object]) -> Check:
    """The check of a declared hook's answers, two levels deep: `Sequence[Blueprint]` looks at every item."""
    hints = get_type_hints(spec, _names_of(sys.modules[spec.__module__]))
    return _check(hints.get("return", object))


def _names_of(module: ModuleType) -> dict[str, Any]:
    """The module's names with those under `if TYPE_CHECKING:`, where declarations keep them."""
    names = dict(vars(module))
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            block = ast.Module(node.body, type_ignores=[])
            exec(compile(block, str(module.__file__), "exec"), names)  # noqa: S102  (import lines of a module that runs already)
    return names


def _check(hint: Any) -> Check:
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any or hint is object or isinstance(hint, TypeVar):
        return _anything
    if origin in (Union, types.UnionType):
        return _any_of([_check(part) for part in inner], _name(hint))
    if origin is Literal:
        return lambda answer: "" if answer in inner else _not(answer, _name(hint))
    if origin is type:
        return lambda answer: "" if _is_subclass(answer, inner[0]) else _not(answer, _name(hint))
    if origin in (collections.abc.Sequence, list, tuple) and inner:
        return _items_of(inner[0])
    if origin in (collections.abc.Mapping, dict) and inner:
        return _entries_of(*inner)
    expected = origin or hint
    return lambda answer: "" if isinstance(answer, expected) else _not(answer, _name(hint))


def _anything(_: object) -> str:
    return ""


def _any_of(checks: list[Check], name: str) -> Check:
    return lambda answer: "" if any(not check(answer) for check in checks) else _not(answer, name)


def _items_of(hint: Any) -> Check:
    check = _check(hint)

    def look(answer: object) -> str:
        if not isinstance(answer, Sequence) or isinstance(answer, str | bytes):
            return _not(answer, f"a list of {_name(hint)}")
        return next((f"one item is {fault}" for item in answer if (fault := check(item))), "")

    return look


def _entries_of(key: Any, value: Any) -> Check:
    check_key, check_value = _check(key), _check(value)

    def look(answer: object) -> str:
        if not isinstance(answer, Mapping):
            return _not(answer, f"a mapping of {_name(key)}")
        faults = (fault for pair in answer.items() if (fault := check_key(pair[0]) or check_value(pair[1])))
        return next((f"one entry is {fault}" for fault in faults), "")

    return look


def _is_subclass(answer: object, base: type) -> bool:
    return isinstance(answer, type) and issubclass(answer, base)


def _not(answer: object, wanted: str) -> str:
    return f"{type(answer).__name__} instead of {wanted}"


def _name(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint)
