"""Hooks of plugins are checked against their declarations when they are registered."""

from __future__ import annotations

import pytest

from .conftest import Workbench
from .test_states import row

BODY = """
from aethex_live import Plugin, hookimpl
class Wrong(Plugin):
    {}
"""


@pytest.mark.parametrize(
    ("method", "sentence"),
    [
        (
            "@hookimpl\n    async def broadcast_startd(self): pass",
            "It implements broadcast_startd, which is no hook. Did you mean broadcast_started?",
        ),
        ("@hookimpl\n    def startup(self): pass", "startup is awaited: write it as async def."),
        (
            "@hookimpl\n    async def blueprints(self): pass",
            "blueprints is collected at start: write it as a plain def.",
        ),
        (
            "@hookimpl\n    async def broadcast_started(self, evnt): pass",
            "broadcast_started has no argument evnt. Did you mean event?",
        ),
        ("@hookimpl(tryfirst=True)\n    async def startup(self): pass", "order by after in plugin.toml"),
    ],
)
def test_a_hook_that_does_not_fit_its_declaration_fails_the_plugin(
    bench: Workbench, method: str, sentence: str
) -> None:
    bench.plugin("wrong", BODY.format(method))
    plugins = bench.built()
    assert sentence in row(plugins, "wrong").reason
    assert not plugins.is_on("wrong")


def test_a_forgotten_mark_is_told(bench: Workbench, caplog: pytest.LogCaptureFixture) -> None:
    bench.plugin("wrong", BODY.format("async def broadcast_started(self, event): pass"))
    bench.built()
    assert "plugin wrong: broadcast_started is named as a hook, but is not marked @hookimpl" in caplog.text


def test_properties_of_a_plugin_are_not_run_by_the_registration(bench: Workbench) -> None:
    bench.plugin("lazy", BODY.format("@staticmethod\n    def helper(): pass"))
    assert bench.built().is_on("lazy")


CALLER = """
from aethex_live import Plugin, hookimpl
from . import hookspecs
class Caller(Plugin):
    async def say(self, word):
        return await self.context.hooks.ask(hookspecs.caller_said, word=word)
"""
OWN_SPECS = """
from aethex_live.hookspecs import spec
@spec("ask", limit=1.0)
async def caller_said(word: str) -> str | None:
    '''A word was said.'''
"""
LISTENER = """
from aethex_live import Plugin, hookimpl
class Listener(Plugin):
    @hookimpl(optionalhook=True)
    async def caller_said(self, word):
        return word.upper()
"""


async def test_plugins_declare_hooks_for_one_another(bench: Workbench) -> None:
    bench.plugin("caller", CALLER, files={"hookspecs.py": OWN_SPECS})
    bench.plugin("a_listener", LISTENER)
    plugins = await bench.started()
    caller = plugins.roster.entries["caller"].plugin
    (answer,) = await caller.say("hello")  # type: ignore[union-attr]  # the plugin above
    assert (answer.plugin, answer.value) == ("a_listener", "HELLO")


async def test_a_hook_of_a_plugin_that_is_not_there_is_no_fault_when_it_is_marked_so(
    bench: Workbench,
) -> None:
    bench.plugin("a_listener", LISTENER)
    assert (await bench.started()).is_on("a_listener")


async def test_own_hooks_carry_the_plugins_name(bench: Workbench) -> None:
    bench.plugin("caller", CALLER, files={"hookspecs.py": OWN_SPECS.replace("caller_said", "said")})
    plugins = await bench.started()
    assert "Its own hook said should be called caller_said." in row(plugins, "caller").reason
