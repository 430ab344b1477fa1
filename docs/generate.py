"""Writes docs/reference from the code: hooks, slots, events, settings. `python docs/generate.py`; a test compares."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import public_api

from aethex_live import API_VERSION
from aethex_live.events.registry import core_events
from aethex_live.hookspecs import MODULES, facts_of
from aethex_live.hookspecs.web import SLOT_NOTES, Slot
from aethex_live.realtime_limits import RealtimeLimits
from aethex_live.settings import Site

REFERENCE = Path(__file__).parent / "reference"
HEAD = "<!-- Written by docs/generate.py from the code; change the code, then run it. -->\n"
FAILS = {
    "collect": "is counted, and what it would have declared is left out",
    "notify": "is logged and counted, the others hear all the same",
    "ask": "is an answer that says so; the core goes on with the rest",
    "fold": "leaves the value as it was",
}


def pages() -> dict[str, str]:
    """File name -> text."""
    return {
        "hooks.md": HEAD + "\n".join(hooks()),
        "slots.md": HEAD + "\n".join(slots()),
        "events.md": HEAD + "\n".join(events()),
        "settings.md": HEAD + "\n".join(settings()),
        "public-api.txt": "\n".join([f"API {API_VERSION}", *public_api.lines()]) + "\n",
    }


def hooks() -> Iterator[str]:
    """Every hook by domain, with its verb, time limit and what becomes of a failure."""
    yield "# Hooks\n"
    yield "A plugin implements a hook by a method of the same name marked `@hookimpl`.\n"
    for module in MODULES:
        yield f"## {module.__name__.rpartition('.')[2]}\n"
        yield f"{(module.__doc__ or '').strip()}\n"
        for name, spec in vars(module).items():
            if inspect.isfunction(spec) and hasattr(spec, "__aethex_spec__"):
                yield from hook(name, spec)


def hook(name: str, spec: object) -> Iterator[str]:
    """One hook."""
    assert inspect.isfunction(spec)
    facts = facts_of(spec)
    arguments = ", ".join(f"{p.name}: {p.annotation}" for p in inspect.signature(spec).parameters.values())
    limit = f"{facts.limit:g} s" if facts.limit else "at start, no limit of its own"
    yield f"### `{name}({arguments})`\n"
    yield f"{inspect.getdoc(spec)}\n"
    mark = " Provisional." if facts.provisional else ""
    yield f"*{facts.verb}*, {limit}; a failure {FAILS[facts.verb]}.{mark}\n"


def slots() -> Iterator[str]:
    """Every slot with its place and what a contribution may read."""
    yield "# Slots\n\n| slot | where | context |\n| --- | --- | --- |"
    for slot in Slot:
        place, context = SLOT_NOTES[slot]
        yield f"| `{slot}` | {place} | {', '.join(f'`{name}`' for name in context) or '-'} |"
    yield ""


def events() -> Iterator[str]:
    """Every event type of the core with its fields."""
    yield "# Events of the core\n"
    for event_type in sorted(core_events(), key=lambda found: found.type):
        yield f"## `{event_type.type}` (version {event_type.version})\n\n{inspect.getdoc(event_type)}\n"
        yield "\n".join(
            f"- `{name}`: {kind}" for name, kind in inspect.get_annotations(event_type).items() if name != "type"
        )
        yield ""


def settings() -> Iterator[str]:
    """Every setting of the site."""
    yield "# Settings of the site\n"
    yield "In `aethex.toml`, or in the environment as `AETHEX_<NAME>` (`DATABASE_URL` and `REDIS_URL` as they are);"
    yield "the environment beats the file, options of the command beat both.\n"
    yield "| setting | default | meaning |\n| --- | --- | --- |"
    for name, field in Site.model_fields.items():
        default = "" if field.is_required() or field.default_factory else field.default
        yield f"| `{name}` | {shown(default)} | {field.description} |"
    yield "\n## The table `[realtime]`\n"
    yield "In the environment `AETHEX_REALTIME__<NAME>`. All counts are those of one process.\n"
    yield "| setting | default | meaning |\n| --- | --- | --- |"
    for name, field in RealtimeLimits.model_fields.items():
        yield f"| `{name}` | {shown(field.default)} | {field.description} |"
    yield ""


def shown(value: object) -> str:
    """A default as people write it."""
    return "" if value in (None, (), "") else f"`{getattr(value, 'value', value)}`"


def main() -> int:
    """Write the pages."""
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
