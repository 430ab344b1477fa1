"""The public API is what docs/reference/public-api.txt promises; a drift says which part of API_VERSION must rise."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent.parent / "docs"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(DOCS))
    import public_api

    yield public_api
    sys.modules.pop("public_api", None)


def promised() -> list[str]:
    return (DOCS / "reference" / "public-api.txt").read_text(encoding="utf-8").splitlines()[1:]


def test_nothing_public_has_changed_unnoticed(api) -> None:
    old, new = promised(), api.lines()
    gone, came = sorted(set(old) - set(new)), sorted(set(new) - set(old))
    bump = api.needed_bump(old, new)
    assert bump == "none", (
        f"the public API changed: raise the {bump} part of API_VERSION (once a release), then run docs/generate.py\n"
        + "\n".join([*(f"- {line}" for line in gone[:20]), *(f"+ {line}" for line in came[:20])])
    )


@pytest.mark.parametrize(
    ("old", "new", "bump"),
    [
        (["a() -> int"], ["a() -> int"], "none"),
        (["a() -> int"], ["a() -> int", "b() -> int"], "minor"),
        (["a() -> int"], ["a() -> str"], "major"),
        (["a() -> int"], [], "major"),
    ],
)
def test_what_is_new_is_minor_and_what_is_gone_or_other_is_major(api, old, new, bump) -> None:
    assert api.needed_bump(old, new) == bump


def test_promises_name_nothing_private_and_nothing_of_this_process(api) -> None:
    lines = api.lines()
    assert len(lines) > 1000
    assert not [line for line in lines if " at 0x" in line]
    assert not [line for line in lines if line.split("(")[0].startswith(("aethex_live._", "class aethex_live._"))]
