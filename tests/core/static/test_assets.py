"""Static files at run time: addresses, the import map and its hash, plugins' folders."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from aethex_live.errors import StartError
from aethex_live.web.assets import Assets


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """A static build with one sheet, two modules and two fonts."""
    vendor = tmp_path / "static" / "vendor"
    files = {
        "css/aether.css": "css/aether.1.css",
        "js/live.js": "js/live.2.js",
        "js/deep/part.js": "js/deep/part.3.js",
        "lib/htmx.js": "lib/htmx.4.js",
        "fonts/figtree.woff2": "fonts/figtree.5.woff2",
        "fonts/archivo-wide.woff2": "fonts/archivo-wide.6.woff2",
    }
    for hashed in files.values():
        path = vendor / hashed
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"body of " + hashed.encode())
    (vendor / "css/aether.1.css.br").write_bytes(b"brotli")
    (vendor / "css/aether.1.css.gz").write_bytes(b"gzip")
    (vendor / "manifest.json").write_text(
        json.dumps({"stamp": "x", "files": files, "modules": {"htmx": "lib/htmx.js"}})
    )
    return tmp_path / "static"


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    folder = tmp_path / "chat" / "static"
    (folder / "icons").mkdir(parents=True)
    (folder / "chat.css").write_text(".chat-x { color: red }", "utf-8")
    (folder / "room.js").write_text("export const x = 1;" * 60, "utf-8")
    return folder


def test_a_name_leads_to_its_hashed_address(static: Path) -> None:
    assets = Assets.load(static)
    assert assets.asset("css/aether.css") == "/static/css/aether.1.css"
    assert assets.fonts() == ["/static/fonts/figtree.5.woff2", "/static/fonts/archivo-wide.6.woff2"]
    with pytest.raises(LookupError, match=r"css/aeter\.css"):
        assets.asset("css/aeter.css")


def test_a_missing_build_stops_the_start_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="npm ci"):
        Assets.load(tmp_path)


def test_the_best_encoding_that_the_browser_takes_is_given(static: Path) -> None:
    file = Assets.load(static).resolve("/static/css/aether.1.css")
    assert file is not None
    assert file.content_type == "text/css; charset=utf-8"
    assert file.body("gzip, br") == (b"brotli", "br")
    assert file.body("gzip, br;q=0") == (b"gzip", "gzip")
    assert file.body() == (b"body of css/aether.1.css", None)


@pytest.mark.parametrize(
    "address", ["/static/css/aether.css", "/static/../secret", "/static/", "/static/css/aether.1.css.br"]
)
def test_only_files_of_the_manifest_are_served(static: Path, address: str) -> None:
    assert Assets.load(static).resolve(address) is None


def test_the_import_map_names_modules_and_leads_relative_imports_on(static: Path) -> None:
    imports = json.loads(Assets.load(static).import_map_json())["imports"]
    assert imports["htmx"] == "/static/lib/htmx.4.js"
    assert imports["aethex/live"] == "/static/js/live.2.js"
    assert imports["aethex/deep/part"] == "/static/js/deep/part.3.js"
    assert imports["/static/js/live.js"] == "/static/js/live.2.js"


def test_the_hash_is_that_of_the_bytes_between_the_tags(static: Path, chat: Path) -> None:
    assets = Assets.load(static, {"chat": chat}, {"chat": {"@chat/</script>": "room.js"}})
    inside = str(assets.import_map()).removeprefix('<script type="importmap">').removesuffix("</script>")
    assert "</script" not in inside
    digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
    assert assets.import_map_hash() == f"'sha256-{digest}'"


def test_a_plugins_folder_has_one_hashed_prefix(static: Path, chat: Path) -> None:
    assets = Assets.load(static, {"chat": chat}, {"chat": {"@chat/room": "room.js"}})
    address = assets.asset("@chat/room.js")
    assert address.startswith("/static/p/chat/")
    imports = json.loads(assets.import_map_json())["imports"]
    assert imports["@chat/room"] == address
    assert address.startswith(imports["@chat/"])
    # When a file of the folder changes, the prefix does
    (chat / "chat.css").write_text(".chat-y {}", "utf-8")
    assert Assets.load(static, {"chat": chat}).asset("@chat/room.js") != address


def test_a_plugins_sheet_is_kept_in_its_layer_and_scope(static: Path, chat: Path) -> None:
    assets = Assets.load(static, {"chat": chat})
    file = assets.resolve(assets.asset("@chat/chat.css"))
    assert file is not None
    body = file.body()[0].decode()
    assert body.startswith('@layer ax.plugins {\n@scope ([data-plugin="chat"]) {')
    assert ".chat-x { color: red }" in body
    assert body.count("{") == body.count("}")


def test_a_plugin_without_static_files_adds_nothing(static: Path, tmp_path: Path) -> None:
    assert Assets.load(static, {"bare": tmp_path / "nowhere"}).modules == Assets.load(static).modules
