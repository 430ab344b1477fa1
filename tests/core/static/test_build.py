"""The static build: complete, repeatable, quick, and idle when nothing changed."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest

import aethex_live
from aethex_live._static.errors import BuildError
from needs import need

PACKAGE = Path(aethex_live.__file__).parent
ROOT = PACKAGE.parent.parent


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our sources in a folder of their own, built once."""
    need("npm")
    if not (ROOT / "node_modules" / "htmx.org").is_dir():
        pytest.skip("needs the packages of package-lock.json: run npm ci")
    from aethex_live._static.build import build

    folder = tmp_path_factory.mktemp("static")
    for name in ("css", "img", "js"):
        shutil.copytree(PACKAGE / "static" / name, folder / name)
    assert build(ROOT, folder) is not None
    return folder


def manifest(static: Path) -> dict[str, dict[str, str]]:
    return json.loads((static / "vendor" / "manifest.json").read_bytes())  # type: ignore[no-any-return]  # our own file


def test_a_second_build_does_nothing_until_a_source_changes(static: Path) -> None:
    from aethex_live._static.build import build

    assert build(ROOT, static) is None
    sheet = static / "css" / "10-tokens.css"
    sheet.write_text(sheet.read_text("utf-8") + "\n/* changed */\n", "utf-8")
    assert build(ROOT, static) is not None


def test_building_again_gives_the_same_bytes(static: Path) -> None:
    from aethex_live._static.build import build

    def prints() -> dict[str, str]:
        files = (path for path in (static / "vendor").rglob("*") if path.is_file())
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    before = prints()
    build(ROOT, static, force=True)
    assert prints() == before


def test_names_carry_the_hash_of_the_content(static: Path) -> None:
    for name, hashed in manifest(static)["files"].items():
        body = (static / "vendor" / hashed).read_bytes()
        assert hashlib.sha256(body).hexdigest()[:10] in hashed, name


def test_exactly_the_listed_files_of_others_are_shipped(static: Path) -> None:
    shipped = {name for name in manifest(static)["files"] if name.startswith(("lib/", "fonts/"))}
    assert shipped == {
        "lib/htmx.js",
        "lib/media-chrome.js",
        "lib/hls.js",
        "lib/hls.worker.js",
        "lib/socket.io.js",
        "fonts/figtree.woff2",
        "fonts/figtree-ext.woff2",
        "fonts/archivo-wide.woff2",
    }
    text = (static / "vendor" / "THIRD_PARTY_LICENSES").read_text("utf-8")
    for package in (
        "htmx.org 4.0.1",
        "hls.js 1.7.4",
        "media-chrome",
        "socket.io-client",
        "engine.io-client",
        "lucide-static",
    ):
        assert package in text
    assert "SIL OPEN FONT LICENSE" in text.upper()


def test_the_style_sheet_stays_in_its_budget_and_names_files_that_exist(static: Path) -> None:
    sheet = static / "vendor" / manifest(static)["files"]["css/aether.css"]
    body = sheet.read_text("utf-8")
    assert len(gzip.compress(body.encode(), 9)) <= 14 * 1024
    assert "@import" not in body
    assert body.count("{") == body.count("}")
    addresses = re.findall(r"""url\("([^"]+)"\)""", body)
    assert addresses
    for address in addresses:
        assert (sheet.parent / address).resolve().is_file(), address


def test_fonts_and_the_script_of_every_page_stay_in_their_budgets(static: Path) -> None:
    files = manifest(static)["files"]
    fonts = sum(
        (static / "vendor" / files[f"fonts/{name}.woff2"]).stat().st_size for name in ("figtree", "archivo-wide")
    )
    assert fonts <= 45 * 1024
    every_page = (
        "lib/htmx.js",
        "js/shell.js",
        "js/shell-keys.js",
        "js/time.js",
        "js/toast.js",
        "js/live.js",
        "js/live-socket.js",
    )
    weight = sum(
        len(gzip.compress((static / "vendor" / files[name]).read_bytes(), 9)) for name in every_page if name in files
    )
    assert weight <= 30 * 1024


def test_the_display_font_has_one_width_and_three_weights_of_axis(static: Path) -> None:
    from fontTools.ttLib import TTFont

    font = TTFont(static / "vendor" / manifest(static)["files"]["fonts/archivo-wide.woff2"])
    axes = {axis.axisTag: (axis.minValue, axis.maxValue) for axis in font["fvar"].axes}
    assert axes == {"wght": (600.0, 800.0)}
    assert {ord(letter) for letter in "AaZz09äéß€"} <= set(font.getBestCmap())


def test_compressed_twins_hold_the_same_content(static: Path) -> None:
    import brotli

    twins = list((static / "vendor").rglob("*.gz"))
    assert twins
    for twin in twins:
        plain = twin.with_suffix("").read_bytes()
        assert gzip.decompress(twin.read_bytes()) == plain
        assert brotli.decompress(twin.with_suffix(".br").read_bytes()) == plain


def test_missing_packages_are_an_error_with_the_next_step(tmp_path: Path) -> None:
    from aethex_live._static.build import build

    (tmp_path / "package-lock.json").write_text('{"packages": {}}', "utf-8")
    with pytest.raises(BuildError, match="npm ci"):
        build(tmp_path, tmp_path)


def test_a_sheet_with_an_import_or_an_unknown_address_is_refused() -> None:
    from aethex_live._static import css

    with pytest.raises(BuildError, match="@import"):
        css.join([("a.css", '@import "b.css";')], str)
    assert css.with_addresses('a { b: url("../img/x.svg") url(data:x) }', lambda name: f"<{name}>") == (
        'a { b: url("<../img/x.svg>") url(data:x) }'
    )


def test_minifying_keeps_what_matters() -> None:
    from aethex_live._static.css import minify

    assert minify('a  >  b { color : red ; content: "a  { b" }  /* gone */') == 'a>b{color : red;content:"a  { b"}'
    assert minify("a { width: calc(1px + 2px) } a :hover { b: c }") == "a{width:calc(1px + 2px)}a :hover{b:c}"


def test_the_table_of_emoji_is_small_and_names_each_once_with_its_keywords(static: Path) -> None:
    body = (static / "vendor" / manifest(static)["files"]["data/emoji.json"]).read_bytes()
    assert len(gzip.compress(body, 9)) <= 60 * 1024
    groups = json.loads(body)
    assert len(groups) == 9
    by_name = {names.split()[0]: (emoji, keywords) for group in groups for emoji, names, keywords in group}
    assert len(by_name) == sum(len(group) for group in groups) > 1800
    assert by_name["smile"][0] == "😄"
    assert "laugh" in by_name["smile"][1].split()
    assert "smile" not in by_name["smile"][1].split()
