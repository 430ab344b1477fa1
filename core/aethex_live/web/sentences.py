"""Sentences for what pydantic refuses: the words of a person, not of a parser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SENTENCES = {
    "missing": "Fill this in.",
    "string_type": "This must be text.",
    "int_parsing": "This must be a whole number.",
    "int_type": "This must be a whole number.",
    "float_parsing": "This must be a number.",
    "bool_parsing": "This must be yes or no.",
    "uuid_parsing": "This is not an id of ours.",
    "extra_forbidden": "There is no such field; remove it.",
    "json_invalid": "This is not valid JSON.",
}


def sentence_of(error: Mapping[str, Any]) -> str:
    """What is wrong and what would be right, in one sentence."""
    context = error.get("ctx") or {}
    match error["type"]:
        case "string_too_short" if context.get("min_length") == 1:
            return "Fill this in."
        case "string_too_short":
            return f"Use at least {context['min_length']} characters."
        case "string_too_long":
            return f"Use at most {context['max_length']} characters."
        case "greater_than_equal":
            return f"Use {context['ge']} or more."
        case "less_than_equal":
            return f"Use {context['le']} or less."
        case "literal_error" | "enum":
            return f"Choose one of: {context.get('expected', '')}."
        case "value_error":
            return str(context.get("error", error["msg"]))
        case kind:
            return _SENTENCES.get(kind, f"{error['msg']}.")
