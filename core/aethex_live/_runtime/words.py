"""Words of error sentences: suggestions for misspelt names, lists in prose, pydantic's errors."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

_CONSEQUENCE = "default_factory_not_called"  # another field's error, which is told already


def closest(word: str, options: Iterable[str]) -> str | None:
    """The option that a misspelt `word` most likely means, or None when nothing is near."""
    found = difflib.get_close_matches(word.lower(), sorted(options), n=1, cutoff=0.6)
    return found[0] if found else None


def suggestion(word: str, options: Iterable[str]) -> str:
    """A question that names the right word, or the list of what there is; starts with a space."""
    names = sorted(options)
    if (best := closest(word, names)) is not None:
        return f" Did you mean {best}?"
    if not names:
        return " There is none."
    return f" There is {listed(names)}."


def listed(names: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def one_line(error: BaseException, limit: int = 300) -> str:
    """An exception as one short line: its class and the first line of its text."""
    lines = str(error).strip().splitlines()
    text = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return text if len(text) <= limit else text[: limit - 1] + "…"


def field_errors(error: ValidationError, model: type[BaseModel]) -> list[tuple[tuple[str, ...], str]]:
    """pydantic's errors as (path of the field, sentence); an unknown key gets a suggestion."""
    told = (item for item in error.errors() if item["type"] != _CONSEQUENCE)
    return [(tuple(str(part) for part in item["loc"]), _sentence(item, model)) for item in told]


def _sentence(item: ErrorDetails, model: type[BaseModel]) -> str:
    if item["type"] == "extra_forbidden":
        return "there is no such setting." + suggestion(str(item["loc"][-1]), fields_at(model, item["loc"][:-1]))
    if item["type"] == "missing":
        return "it is missing."
    message = item["msg"].removeprefix("Value error, ")
    return message[0].lower() + message[1:] + ("" if message.endswith(".") else ".")


def fields_at(model: type[BaseModel], path: Sequence[int | str]) -> list[str]:
    """The names of the settings of the (nested) model that stands at `path`."""
    current: Any = model
    for part in path:
        fields: Mapping[str, Any] = getattr(current, "model_fields", {})
        field = fields.get(str(part))
        current = getattr(field, "annotation", None)
    return [field.alias or name for name, field in getattr(current, "model_fields", {}).items()]
