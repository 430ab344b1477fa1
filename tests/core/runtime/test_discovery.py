"""Where plugins are found, and what their manifests may say."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aethex_live._runtime import discovery
from aethex_live._runtime.discovery import discover, locate
from aethex_live._runtime.manifest import read_manifest
from aethex_live.errors import ConfigError, PluginError
from aethex_live.settings import load_site

from .conftest import Workbench

GOOD = {"name": "tips", "title": "Tips", "summary": "Tips for creators."}


def write(folder: Path, **facts: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    lines = {**{key: f'"{value}"' for key, value in GOOD.items()}, **facts}
    (folder / "plugin.toml").write_text("\n".join(f"{key} = {value}" for key, value in lines.items()))
    return folder


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed package `vendor_stuff` whose code explodes, with the plugin tips inside it."""
    home = tmp_path / "site-packages"
    write(home / "vendor_stuff" / "tips")
    for folder in (home / "vendor_stuff", home / "vendor_stuff" / "tips"):
        (folder / "__init__.py").write_text("raise RuntimeError('imported')")
    info = home / "vendor_stuff-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: vendor-stuff\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text("[aethex_live.plugins]\ntips = vendor_stuff.tips\n")
    monkeypatch.syspath_prepend(str(home))
    importlib.invalidate_caches()
    yield home
    assert not any(name.startswith("vendor_stuff") for name in sys.modules)


def test_the_official_plugins_are_found_as_folders_without_an_import() -> None:
    there = {plugin.name: plugin for plugin in discovery.official()}
    assert "storage_local" in there
    assert there["storage_local"].module == "aethex_plugins.storage_local"
    assert there["storage_local"].origin == "the official plugins"


def test_installed_plugins_are_found_by_entry_point_without_an_import(package: Path, bench: Workbench) -> None:
    plugin = discover(bench.site())["tips"]
    assert plugin.manifest is not None
    assert (plugin.folder, plugin.module) == (package / "vendor_stuff" / "tips", "vendor_stuff.tips")
    assert (plugin.origin, plugin.version) == ("the package vendor-stuff 1.2", "1.2")


def test_an_entry_point_to_nowhere_says_what_to_reinstall(package: Path, bench: Workbench) -> None:
    (package / "vendor_stuff-1.2.dist-info" / "entry_points.txt").write_text(
        "[aethex_live.plugins]\ntips = vendor_stuff.gone\n"
    )
    plugin = discover(bench.site())["tips"]
    assert plugin.manifest is None
    assert plugin.problem == (
        "Its entry point names the package vendor_stuff.gone, which is not there; reinstall vendor-stuff."
    )


def test_plugins_beside_the_configuration_are_found_and_hidden_folders_are_not(bench: Workbench) -> None:
    bench.plugin("tips")
    for name in (".git", "_draft", "empty"):
        (bench.folder / "plugins" / name).mkdir()
    assert list(discover(bench.site())) == ["tips"]


def test_a_folder_of_plugins_without_a_configuration_file_is_not_looked_at(bench: Workbench) -> None:
    bench.plugin("tips")
    assert discover(load_site({}, folder=bench.folder)) == {}


def test_in_a_checkout_the_official_folder_is_not_found_twice(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.plugin("tips")
    monkeypatch.setattr(discovery, "_official_folders", lambda: [bench.folder / "plugins"])
    assert list(discover(bench.site())) == ["tips"]


def test_two_plugins_of_one_name_stop_the_start_and_both_are_named(package: Path, bench: Workbench) -> None:
    bench.plugin("tips")
    with pytest.raises(ConfigError) as caught:
        discover(bench.site())
    sentence = str(caught.value)
    assert f"({bench.folder}/plugins/tips)" in sentence
    assert f"the package vendor-stuff 1.2 ({package}/vendor_stuff/tips)" in sentence
    assert sentence.startswith("Two plugins are called tips:")


def test_a_folder_with_code_and_no_manifest_says_what_is_missing(bench: Workbench) -> None:
    folder = bench.plugin("tips")
    (folder / "plugin.toml").unlink()
    assert "plugin.toml is missing" in discover(bench.site())["tips"].problem


@pytest.mark.parametrize("module", ["no_such_module", "json.no", "math.sub", "json"])
def test_what_is_no_package_of_that_name_has_no_folder_or_its_own(module: str) -> None:
    assert (locate(module) is not None) == (module == "json")


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"requirez": "[]"}, "requirez: there is no such setting. Did you mean requires?"),
        ({"name": '"Tips"'}, "name: "),
        ({"name": '"port"'}, "name: port is the name of a setting of the core; choose another."),
        ({"name": '"tops"'}, "name is tops, but the plugin is found as tips."),
        ({"phase": "7"}, "phase: input should be less than or equal to 6."),
        ({"api": '"one"'}, "api: "),
        ({"title": '""'}, "title: "),
        (
            {"provides": '["steaming:x"]'},
            "provides: steaming:x: there is no kind steaming. Did you mean streaming?",
        ),
        ({"provides": '["streaming"]'}, 'provides: streaming should look like "streaming:name".'),
        ({"provides": '["streaming:x"]'}, "a plugin with these providers has a name with stream_ in front."),
        (
            {"csp": '{"script-scr" = ["https://x.y"]}'},
            "csp: script-scr can't be widened. Did you mean script-src?",
        ),
        ({"csp": '{"script-src" = ["*"]}'}, "csp: * should be a host such as https://cdn.example.com."),
        ({"csp": '{"script-src" = ["https://x.y; default-src *"]}'}, "should be a host such as"),
        ({"claims": '["../x"]'}, "claims.0: "),
        ({"summary": "oops"}, "is no valid TOML"),
    ],
)
def test_a_wrong_manifest_names_the_file_the_key_and_what_is_right(
    tmp_path: Path, facts: dict[str, str], sentence: str
) -> None:
    folder = write(tmp_path / "tips", **facts)
    with pytest.raises(PluginError) as caught:
        read_manifest(folder, "tips")
    assert str(caught.value).startswith(f"{folder}/plugin.toml")
    assert sentence in str(caught.value)


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "tips"
    folder.mkdir()
    (folder / "plugin.toml").write_text('name = "tips"\ntitle = "Tips"\n')
    with pytest.raises(PluginError, match="summary: it is missing"):
        read_manifest(folder, "tips")


def test_a_full_manifest_is_read(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "tips", phase="3", requires='["profiles"]', after='["chat"]', claims='["tips"]',
        permissions='["Sees mail addresses."]', csp='{"connect-src" = ["wss://a.example:443", "https://*.b.example"]}',
    )  # fmt: skip
    manifest = read_manifest(folder, "tips")
    assert (manifest.phase, manifest.requires, manifest.claims) == (3, ("profiles",), ("tips",))
    assert manifest.csp["connect-src"] == ("wss://a.example:443", "https://*.b.example")
