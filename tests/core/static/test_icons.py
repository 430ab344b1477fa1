"""Icons: inline, hidden from screen readers, and strict about names where people write templates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aethex_live.web.icons import Icons


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "icons.json"
    path.write_text(json.dumps({"heart": '<path d="M1 1"/>'}), "utf-8")
    return path


def test_an_icon_is_drawn_inline_and_hidden_from_screen_readers(table: Path) -> None:
    drawn = Icons(table)("heart", 16)
    assert 'width="16"' in drawn
    assert '<path d="M1 1"/>' in drawn
    assert 'aria-hidden="true"' in drawn


def test_an_unknown_name_is_an_error_for_authors_and_an_empty_box_for_visitors(table: Path) -> None:
    with pytest.raises(LookupError, match="hart"):
        Icons(table, strict=True)("hart")
    assert "><" in Icons(table)("hart")


def test_a_plugin_brings_its_own(table: Path, tmp_path: Path) -> None:
    (tmp_path / "icons").mkdir()
    (tmp_path / "icons" / "wave.svg").write_text('<svg xmlns="x" viewBox="0 0 24 24">\n<path d="M2 2"/></svg>', "utf-8")
    icons = Icons(table, {"chat": tmp_path}, strict=True)
    assert '<path d="M2 2"/>' in icons("chat:wave")
    with pytest.raises(LookupError):
        icons("chat:../../icons")
    with pytest.raises(LookupError):
        icons("other:wave")
