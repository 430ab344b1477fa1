"""Every state of a plugin's life, with the reason and the next step that the operator reads."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import pytest

from aethex_live._runtime.manager import Plugins
from aethex_live._runtime.ports import StoredState
from aethex_live._runtime.report import PluginRow
from aethex_live._runtime.states import FOLLOWING, State, Status
from aethex_live.errors import ConfigError, PluginError

from .conftest import MemoryStates, Workbench

EXPLODES = "raise SystemExit('you should not import me')"


def row(plugins: Plugins, name: str) -> PluginRow:
    return next(row for row in plugins.rows() if row.name == name)


def imported(name: str) -> bool:
    return any(module.endswith(f".{name}") for module in sys.modules)


def test_a_found_plugin_says_why_it_will_be_on(bench: Workbench) -> None:
    bench.plugin("greeter", phase=2)
    found = row(bench.chosen(), "greeter")
    assert found.state is State.FOUND
    assert found.reason == "It belongs to phase 2, and the site runs the phases up to 6."


def test_a_plugin_that_is_off_is_validated_but_never_imported(bench: Workbench) -> None:
    bench.plugin("bomb", EXPLODES, phase=4)
    bench.settings = "phase = 3\n" + bench.settings
    plugins = bench.built()
    assert row(plugins, "bomb").state is State.OFF
    assert row(plugins, "bomb").reason == "It belongs to phase 4; the site runs the phases up to 3."
    assert "add it to enable" in row(plugins, "bomb").next_step
    assert not imported("bomb")


def test_a_plugin_for_a_newer_platform_is_incompatible_and_not_imported(bench: Workbench) -> None:
    bench.plugin("bomb", EXPLODES, api="7.3")
    plugins = bench.built()
    assert row(plugins, "bomb").state is State.INCOMPATIBLE
    assert "needs the plugin API 7.3" in row(plugins, "bomb").reason
    assert row(plugins, "bomb").next_step == "Update the platform."
    assert not imported("bomb")


def test_a_bad_manifest_is_misconfigured_names_the_key_and_is_not_imported(bench: Workbench) -> None:
    folder = bench.plugin("bomb", EXPLODES, phaze=1)
    plugins = bench.built()
    assert row(plugins, "bomb").state is State.MISCONFIGURED
    assert f"{folder}/plugin.toml: phaze: there is no such setting. Did you mean phase?" in row(plugins, "bomb").reason
    assert not imported("bomb")


def test_wrong_settings_are_misconfigured_and_the_right_key_is_named(bench: Workbench) -> None:
    bench.plugin(
        "greeter",
        """
        from aethex_live import Plugin, PluginSettings
        class Settings(PluginSettings):
            words: int = 3
        class Greeter(Plugin):
            settings_class = Settings
        """,
    )
    bench.settings += "[plugins.greeter]\nwrods = 4\n"
    found = row(bench.built(), "greeter")
    assert found.state is State.MISCONFIGURED
    assert found.reason == (
        "wrods under [plugins.greeter] (aethex.toml): there is no such setting. Did you mean words?"
    )
    assert found.next_step == "Correct the setting and restart the site."


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("1 / 0", "line 1: ZeroDivisionError: division by zero"),
        ("def f(:", "line 1: invalid syntax"),
        (
            "import missing_vendor_sdk",
            "It needs the Python package missing_vendor_sdk, which is not installed.",
        ),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("x = 1", "should hold one subclass of aethex_live.Plugin; it holds none"),
        (
            "from aethex_live import Plugin\nclass A(Plugin): pass\nclass B(Plugin): pass",
            "should hold one subclass of aethex_live.Plugin; it holds A and B",
        ),
    ],
)
def test_an_import_that_goes_wrong_fails_the_plugin_alone(bench: Workbench, code: str, reason: str) -> None:
    bench.plugin("broken", code)
    bench.plugin("greeter")
    plugins = bench.built()
    assert row(plugins, "broken").state is State.FAILED
    assert reason in row(plugins, "broken").reason
    assert "restart the site" in row(plugins, "broken").next_step
    assert row(plugins, "greeter").state is State.LOADED


def test_broken_models_fail_their_plugin_before_the_database_sees_them(bench: Workbench) -> None:
    bench.plugin("broken", files={"models.py": "1 / 0"})
    bench.plugin("rows", files={"models.py": "", "migrations/__init__.py": ""})
    plugins = bench.chosen()
    plugins.load()
    assert "models.py, line 1: ZeroDivisionError" in row(plugins, "broken").reason
    (models,) = plugins.models()
    assert (models.label, models.models_module.rpartition(".")[2]) == ("rows", "models")


def test_a_constructor_that_exits_fails_the_plugin_alone(bench: Workbench) -> None:
    bench.plugin(
        "broken",
        """
        from aethex_live import Plugin
        class Broken(Plugin):
            def __init__(self, context):
                raise SystemExit(1)
        """,
    )
    plugins = bench.built()
    assert row(plugins, "broken").reason == "It can't be built: SystemExit: 1"


async def test_a_started_plugin_runs_and_a_stopped_one_is_stopped(bench: Workbench) -> None:
    bench.plugin("greeter")
    plugins = await bench.started()
    assert row(plugins, "greeter").state is State.RUNNING
    assert plugins.is_on("greeter")
    await plugins.stop()
    assert row(plugins, "greeter").state is State.STOPPED
    assert not plugins.is_on("greeter")


async def test_a_startup_that_raises_fails_the_plugin_and_those_that_need_it(bench: Workbench) -> None:
    bench.plugin(
        "broken",
        """
        from aethex_live import Plugin, hookimpl
        class Broken(Plugin):
            @hookimpl
            async def startup(self):
                raise OSError("no room left")
        """,
    )
    bench.plugin("needy", requires=["broken"])
    bench.plugin("greeter")
    plugins = await bench.started()
    assert row(plugins, "broken").reason == "Its startup failed: OSError: no room left"
    assert row(plugins, "needy").state is State.FAILED
    assert row(plugins, "needy").reason == "It needs the plugin broken, which has failed."
    assert not plugins.is_on("broken")
    assert row(plugins, "greeter").state is State.RUNNING


async def test_a_startup_that_hangs_is_warned_about_and_given_up(
    bench: Workbench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.plugin(
        "sleepy",
        """
        import asyncio
        from aethex_live import Plugin, hookimpl
        class Sleepy(Plugin):
            @hookimpl
            async def startup(self):
                await asyncio.Event().wait()
        """,
    )
    plugins = await bench.started(warn_after=0.02, give_up_after=0.1)
    assert row(plugins, "sleepy").reason == "Its startup was given up after 0.1 s."
    assert "plugin sleepy has been starting for 0.02 s; it is given up after 0.1 s" in caplog.text


async def test_plugins_start_in_order_and_stop_in_reverse(bench: Workbench) -> None:
    code = """
        from aethex_live import Plugin, hookimpl
        class Teller(Plugin):
            @hookimpl
            async def startup(self):
                self.context.site.data.parent.joinpath("log").open("a").write(f"+{self.context.name} ")
            @hookimpl
            async def shutdown(self):
                self.context.site.data.parent.joinpath("log").open("a").write(f"-{self.context.name} ")
        """
    bench.plugin("a", code, requires=["c"])
    bench.plugin("b", code, after=["a", "not_there"])
    bench.plugin("c", code)
    plugins = await bench.started()
    await plugins.stop()
    assert (bench.folder / "log").read_text() == "+c +a +b -b -a -c "


async def test_a_suspension_survives_the_restart_until_it_is_resumed(bench: Workbench) -> None:
    # Given a plugin that was suspended before
    bench.plugin("greeter")
    when = datetime(2026, 1, 1, tzinfo=UTC)
    states = MemoryStates({"greeter": StoredState(suspended_at=when, reason="5 failures in a row, the last in x")})
    # When the site starts
    plugins = await bench.started(states)
    # Then it is suspended, its routes work, and its hooks are skipped
    assert row(plugins, "greeter").state is State.SUSPENDED
    assert row(plugins, "greeter").reason == "5 failures in a row, the last in x"
    assert "aethex plugin resume greeter" in row(plugins, "greeter").next_step
    assert plugins.is_on("greeter")
    assert not plugins.gate.hears("greeter")
    # And when the operator resumes it, it runs
    await plugins.switching.resume("greeter")
    assert row(plugins, "greeter").state is State.RUNNING
    assert plugins.gate.hears("greeter")
    assert states.writes == [("greeter", "resume")]


async def test_turning_off_works_at_once_and_takes_those_along_that_need_it(bench: Workbench) -> None:
    bench.plugin("greeter")
    bench.plugin("needy", requires=["greeter"])
    states = MemoryStates()
    plugins = await bench.started(states)
    await plugins.switching.turn_off("greeter")
    assert row(plugins, "greeter").state is State.OFF
    assert not plugins.is_on("greeter")
    assert not plugins.is_on("needy")
    assert row(plugins, "needy").reason == "It needs the plugin greeter, which is off."
    assert states.stored["greeter"].switched is False


async def test_turning_on_waits_for_the_restart_and_says_so(bench: Workbench) -> None:
    bench.plugin("bomb", EXPLODES)
    states = MemoryStates({"bomb": StoredState(switched=False)})
    plugins = await bench.started(states)
    assert row(plugins, "bomb").reason == "The operator turned it off; its data is kept."
    await plugins.switching.turn_on("bomb")
    assert row(plugins, "bomb").state is State.OFF
    assert row(plugins, "bomb").switch
    assert row(plugins, "bomb").restart
    assert states.stored["bomb"].switched is True


async def test_what_the_file_says_is_locked_and_named(bench: Workbench) -> None:
    bench.plugin("greeter")
    bench.settings = 'disable = ["greeter"]\n' + bench.settings
    plugins = await bench.started(MemoryStates({"greeter": StoredState(switched=True)}))
    assert row(plugins, "greeter").lock == "disable (aethex.toml)"
    with pytest.raises(PluginError, match=r"greeter can't be switched here: disable \(aethex.toml\) decides"):
        await plugins.switching.turn_on("greeter")


async def test_an_unknown_plugin_is_refused_with_a_suggestion(bench: Workbench) -> None:
    bench.plugin("greeter")
    plugins = await bench.started()
    with pytest.raises(PluginError, match=r"There is no plugin greter\. Did you mean greeter\?"):
        await plugins.switching.resume("greter")


def test_settings_of_a_plugin_that_is_not_there_stop_the_start(bench: Workbench) -> None:
    bench.plugin("greeter")
    bench.environ = {"AETHEX_GRETER__WORDS": "3"}
    message = r"\(AETHEX_GRETER__WORDS\): no plugin of this name is installed. Did you mean greeter\?"
    with pytest.raises(ConfigError, match=message):
        bench.chosen()


def test_only_the_steps_of_a_life_can_be_taken() -> None:
    for state in State:
        for other in State:
            allowed = other in FOLLOWING[state] or other is state
            if allowed:
                assert Status(state, "").followed_by(Status(other, "")).state is other
            else:
                with pytest.raises(ValueError, match=f"can't go from {state} to {other}"):
                    Status(state, "").followed_by(Status(other, ""))
