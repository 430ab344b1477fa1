"""What the operator reads of a plugin: settings with their sources, secrets hidden, failures."""

from __future__ import annotations

import pytest

from aethex_live._runtime.states import State

from .conftest import Workbench
from .test_states import row

CODE = """
from pydantic import BaseModel, Field, SecretStr
from aethex_live import Plugin, PluginSettings
class Inner(BaseModel):
    token: SecretStr = SecretStr("")
class Settings(PluginSettings):
    words: int = Field(3, description="how many")
    key: SecretStr = Field(SecretStr(""), description="the vendor's key")
    hosts: tuple[str, ...] = ()
    inner: Inner = Inner()
class Greeter(Plugin):
    settings_class = Settings
"""


async def test_settings_are_shown_with_their_source_and_secrets_are_hidden(bench: Workbench) -> None:
    bench.plugin("greeter", CODE, permissions=["Greets."], version="2.1", claims=["hello"])
    bench.settings += '[plugins.greeter]\nwords = 5\n[plugins.greeter.inner]\ntoken = "hush"\n'
    bench.environ = {"AETHEX_GREETER__KEY": "hush", "AETHEX_GREETER__HOSTS": "a.b, c.d"}
    found = row(await bench.started(), "greeter")
    assert [(one.name, one.value, one.source) for one in found.settings] == [
        ("words", "5", "aethex.toml"),
        ("key", "••••••", "AETHEX_GREETER__KEY"),
        ("hosts", "a.b, c.d", "AETHEX_GREETER__HOSTS"),
        ("inner", "token = ••••••", "aethex.toml"),
    ]
    assert (found.settings[0].description, found.settings[0].variable) == (
        "how many",
        "AETHEX_GREETER__WORDS",
    )
    assert "hush" not in repr(found)
    assert (found.version, found.permissions, found.switch, found.lock) == ("2.1", ("Greets.",), True, "")
    assert found.source == f"the folder {bench.folder / 'plugins'}"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (
            "AETHEX_GREETER__WROD",
            "1",
            "AETHEX_GREETER__WROD: there is no such setting. Did you mean AETHEX_GREETER__WORDS?",
        ),
        ("AETHEX_GREETER__WORDS", "many", "AETHEX_GREETER__WORDS: input should be a valid integer"),
        (
            "AETHEX_GREETER__INNER__TOKEN",
            "[1]",
            "AETHEX_GREETER__INNER__TOKEN: input should be a valid string",
        ),
    ],
)
def test_a_wrong_variable_of_a_plugin_is_told_what_is_right(
    bench: Workbench, name: str, value: str, sentence: str
) -> None:
    bench.plugin("greeter", CODE)
    bench.environ = {name: value}
    found = row(bench.built(), "greeter")
    assert found.state is State.MISCONFIGURED
    assert sentence in found.reason


def test_a_missing_setting_is_told_both_ways_to_set_it(bench: Workbench) -> None:
    bench.plugin("greeter", CODE.replace('SecretStr = Field(SecretStr(""), ', "SecretStr = Field("))
    assert row(bench.built(), "greeter").reason == (
        "key is missing: set it under [plugins.greeter], or as AETHEX_GREETER__KEY."
    )


async def test_rows_are_sorted_by_phase_and_the_last_failure_is_shown(bench: Workbench) -> None:
    bench.plugin("zebra", phase=1)
    bench.plugin("ant", phase=2)
    plugins = await bench.started()
    plugins.health.failed("ant", "slot watch.actions", ValueError("boom"))
    assert [found.name for found in plugins.rows()] == ["zebra", "ant"]
    assert (row(plugins, "ant").last_failure, row(plugins, "ant").failures) == (
        "slot watch.actions: ValueError: boom",
        1,
    )
