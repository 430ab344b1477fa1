"""The reference in docs/ is what the code says."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parent.parent.parent / "docs"


def generator() -> ModuleType:
    sys.path.insert(0, str(DOCS))  # it imports its neighbour
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(DOCS))
    return module


@pytest.mark.parametrize("name", ["hooks.md", "slots.md", "events.md", "settings.md"])
def test_the_generated_page_is_current(name: str) -> None:
    written = (DOCS / "reference" / name).read_text(encoding="utf-8")
    assert written == generator().pages()[name], "run: .venv/bin/python docs/generate.py"


def test_every_slot_has_a_sentence_and_its_context() -> None:
    from aethex_live.hookspecs.web import SLOT_NOTES, Slot

    assert set(SLOT_NOTES) == set(Slot)
