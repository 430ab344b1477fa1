"""The four verbs: what each means when plugins answer, raise, hang, exit or talk nonsense."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from aethex_live._runtime.gate import Gate
from aethex_live._runtime.health import Health
from aethex_live._runtime.rounds import HookTimeout, Implementation
from aethex_live._runtime.verbs import HookCaller, WrongAnswer
from aethex_live.clock import ManualClock
from aethex_live.hookspecs import facts_of, spec

SHORT = 0.05


@spec("collect")
def names() -> Sequence[str]:
    """Names."""
    raise NotImplementedError


@spec("notify", limit=SHORT)
async def told(word: str, number: int) -> None:
    """Something happened."""


@spec("ask", limit=SHORT)
async def asked(word: str) -> int | None:
    """A question."""


@spec("fold", limit=SHORT)
async def shaped(text: str, loud: bool) -> str | None:
    """A text on its way."""


class Site:
    """Hooks of functions by the name of their plugin."""

    def __init__(self, **functions: Callable[..., Any]) -> None:
        self.gate = Gate()
        self.suspended: list[tuple[str, str]] = []
        noted = self.suspended.append
        self.health = Health(ManualClock(), lambda plugin, why: noted((plugin, why)), is_short=lambda: False)
        self._functions = functions
        self.hooks = HookCaller(self._implementations, self.gate, self.health)
        for plugin in functions:
            self.gate.open(plugin)

    def _implementations(self, hook: str) -> list[Implementation]:
        code = {name: function.__code__ for name, function in self._functions.items()}
        arguments = {name: code[name].co_varnames[: code[name].co_argcount] for name in code}
        return [Implementation(name, function, arguments[name]) for name, function in self._functions.items()]


def answers(value: object) -> Callable[..., Awaitable[Any]]:
    async def answer() -> object:
        return value

    return answer


async def waits_and_says_seven() -> int:
    await asyncio.sleep(0.001)
    return 7


async def raises() -> None:
    raise ValueError("boom")


async def exits() -> None:
    raise SystemExit(3)


async def raises_after_a_wait() -> None:
    await asyncio.sleep(0.001)
    raise KeyboardInterrupt


async def cancels_itself() -> None:
    raise asyncio.CancelledError


async def closes_itself() -> None:
    raise GeneratorExit


async def hangs() -> None:
    await asyncio.Event().wait()


async def hangs_on() -> None:
    deadline = time.monotonic() + 0.4
    while (left := deadline - time.monotonic()) > 0:
        try:
            await asyncio.sleep(left)
        except asyncio.CancelledError:
            continue


MISDEEDS = [raises, exits, raises_after_a_wait, cancels_itself, closes_itself, hangs, hangs_on]


def test_collect_gives_each_answer_with_its_plugin_in_the_order_of_start() -> None:
    site = Site(b=lambda: ["x"], a=lambda: ["y", "z"], c=lambda: None)
    assert site.hooks.collect(names) == [("b", ["x"]), ("a", ["y", "z"])]


def test_collect_leaves_out_what_raises_or_is_junk_and_counts_it() -> None:
    def exits() -> None:
        raise SystemExit(1)

    site = Site(good=lambda: ["x"], exits=exits, number=lambda: 7, items=lambda: ["x", 7], word=lambda: "abc")
    assert site.hooks.collect(names) == [("good", ["x"])]
    faults = {plugin: site.health.last_failure(plugin) for plugin in ("exits", "number", "items", "word")}
    assert {plugin: fault.text for plugin, fault in faults.items() if fault} == {
        "exits": "SystemExit: 1",
        "number": "WrongAnswer: number answered names with int instead of a list of str.",
        "items": "WrongAnswer: items answered names with one item is int instead of str.",
        "word": "WrongAnswer: word answered names with str instead of a list of str.",
    }


def test_collect_refuses_a_coroutine_without_a_warning(recwarn: pytest.WarningsRecorder) -> None:
    site = Site(late=answers(["x"]))
    assert site.hooks.collect(names) == []
    assert not recwarn.list


async def test_notify_gives_each_plugin_the_arguments_that_it_asks_for() -> None:
    heard: list[object] = []

    async def both(word: str, number: int) -> None:
        heard.append((word, number))

    async def one(number: int) -> None:
        heard.append(number)

    await Site(both=both, one=one).hooks.notify(told, "hello", number=3)
    assert heard == [("hello", 3), 3]


@pytest.mark.parametrize("misdeed", MISDEEDS)
async def test_notify_reaches_everybody_whatever_one_does(misdeed: Callable[..., Awaitable[None]]) -> None:
    heard: list[str] = []

    async def before() -> None:
        heard.append("before")

    async def after() -> None:
        await asyncio.sleep(0)
        heard.append("after")

    site = Site(before=before, bad=misdeed, after=after)
    await asyncio.wait_for(site.hooks.notify(told, word="x", number=1), 1)
    assert heard == ["before", "after"]
    assert site.health.streak("bad") == 1
    assert site.health.streak("after") == 0


async def test_those_that_wait_wait_together() -> None:
    all_there = asyncio.Event()
    began: list[str] = []

    async def waits_for_the_others() -> None:
        began.append("one more")
        if len(began) == 10:
            all_there.set()
        await all_there.wait()

    site = Site(**{f"p{index}": waits_for_the_others for index in range(10)})
    await site.hooks.notify(told, word="x", number=1)
    assert not site.health.ailing


async def test_ask_gives_answers_and_failures_each_with_its_plugin() -> None:
    site = Site(
        five=answers(5),
        silent=answers(None),
        bad=raises,
        slow=waits_and_says_seven,
        hung=hangs,
        junk=answers("x"),
    )
    found = {answer.plugin: answer for answer in await site.hooks.ask(asked, word="?")}
    assert {name: answer.value for name, answer in found.items() if answer.value is not None} == {
        "five": 5,
        "slow": 7,
    }
    assert "silent" not in found
    assert isinstance(found["bad"].failure, ValueError)
    assert isinstance(found["hung"].failure, HookTimeout)
    assert isinstance(found["junk"].failure, WrongAnswer)
    assert found["junk"].value is None


async def test_the_time_of_a_question_is_for_all_together() -> None:
    site = Site(**{f"p{index}": hangs for index in range(20)})
    begun = time.monotonic()
    found = await site.hooks.ask(asked, word="?")
    assert len(found) == 20
    assert time.monotonic() - begun < 15 * SHORT


async def test_fold_passes_the_value_on_in_order_and_none_leaves_it() -> None:
    async def shout(text: str, loud: bool) -> str:
        await asyncio.sleep(0)
        return text.upper() if loud else text

    async def point(text: str) -> str:
        return text + "!"

    site = Site(shout=shout, silent=answers(None), point=point)
    assert await site.hooks.fold(shaped, "hi", loud=True) == "HI!"


@pytest.mark.parametrize("misdeed", [*MISDEEDS, answers(7)])
async def test_fold_leaves_the_value_as_it_was_when_one_misbehaves(
    misdeed: Callable[..., Awaitable[Any]],
) -> None:
    async def point(text: str) -> str:
        return text + "!"

    site = Site(first=point, bad=misdeed, last=point)
    assert await asyncio.wait_for(site.hooks.fold(shaped, "hi", loud=False), 1) == "hi!!"
    assert site.health.streak("bad") == 1


async def test_an_answer_after_the_limit_changes_nothing() -> None:
    async def stubborn(text: str) -> str:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            return "too late"
        return text

    site = Site(stubborn=stubborn)
    assert await site.hooks.fold(shaped, "hi", loud=False) == "hi"
    assert site.health.last_failure("stubborn").text == "HookTimeout: no answer within 0.05 s"  # type: ignore[union-attr]  # a missing failure fails the test as well


async def test_a_time_limit_inside_a_plugin_cuts_that_plugin_alone() -> None:
    """asyncio.timeout learns its task in the first step: it must be the one that the rest runs in."""

    async def impatient() -> int:
        try:
            async with asyncio.timeout(0.005):
                await asyncio.sleep(1)
        except TimeoutError:
            return 1
        return 2

    async def grouped() -> int:
        async with asyncio.TaskGroup() as group:
            child = group.create_task(asyncio.sleep(0.002, 3))
        return child.result()

    async def at_once() -> int:
        try:
            async with asyncio.timeout(0):
                await asyncio.sleep(1)
        except TimeoutError:
            return 4
        return 5

    site = Site(impatient=impatient, grouped=grouped, at_once=at_once, five=answers(5))
    found = await site.hooks.ask(asked, word="?")
    assert [(answer.plugin, answer.value) for answer in found] == [
        ("impatient", 1),
        ("grouped", 3),
        ("at_once", 4),
        ("five", 5),
    ]
    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()


async def test_context_variables_hold_across_a_wait_and_stay_inside() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
    variable.set("the caller's")
    seen: list[str] = []

    async def changes() -> None:
        token = variable.set("the plugin's")
        await asyncio.sleep(0)
        seen.append(variable.get())
        variable.reset(token)  # fails in another context

    async def looks() -> None:
        seen.append(variable.get())

    site = Site(changes=changes, looks=looks)
    await site.hooks.notify(told, word="x", number=1)
    assert seen == ["the caller's", "the plugin's"]
    assert variable.get() == "the caller's"
    assert not site.health.ailing


async def test_a_plugin_that_calls_hooks_from_a_hook_is_served() -> None:
    inner = Site(slow=waits_and_says_seven, five=answers(5))

    async def outer() -> int:
        return sum(answer.value or 0 for answer in await inner.hooks.ask(asked, word="?"))

    (answer,) = await Site(outer=outer).hooks.ask(asked, word="?")
    assert answer.value == 12


async def test_the_caller_can_be_cancelled_and_takes_the_plugins_along() -> None:
    cut = asyncio.Event()

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cut.set()
            raise

    site = Site(waits=waits)
    call = asyncio.create_task(site.hooks.notify(told, word="x", number=1))
    await asyncio.sleep(0.005)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await asyncio.wait_for(cut.wait(), 1)


async def test_five_failures_in_a_row_suspend_and_a_success_starts_anew() -> None:
    moods = iter([*"ffff", "ok", *"fffff"])

    async def moody() -> None:
        if next(moods) == "f":
            raise ValueError("boom")

    site = Site(moody=moody)
    for _ in range(9):
        await site.hooks.notify(told, word="x", number=1)
    assert site.suspended == []
    await site.hooks.notify(told, word="x", number=1)
    assert site.suspended == [("moody", "5 failures in a row, the last in told: ValueError: boom")]


async def test_a_hook_that_always_fails_is_not_saved_by_another_that_goes_well() -> None:
    site = Site(half=raises)
    for _ in range(5):
        await site.hooks.notify(told, word="x", number=1)
        site.health.succeeded("half", "another hook")
    assert [plugin for plugin, _ in site.suspended] == ["half"]


async def test_plugins_that_are_off_or_suspended_are_skipped_from_the_next_call_on() -> None:
    site = Site(a=answers(1), b=answers(2), c=answers(3))

    async def who() -> list[int | None]:
        return [answer.value for answer in await site.hooks.ask(asked, word="?")]

    assert await who() == [1, 2, 3]
    site.gate.suspend("a")
    site.gate.close("c")
    assert await who() == [2]
    site.gate.resume("a")
    assert await who() == [1, 2]


async def test_the_wrong_verb_is_a_mistake_of_the_caller() -> None:
    site = Site()
    with pytest.raises(TypeError, match="told is called with notify, not with ask"):
        await site.hooks.ask(told, word="x", number=1)  # type: ignore[arg-type, func-returns-value]  # mypy sees it too
    with pytest.raises(TypeError, match="is not a hook of the platform"):
        await site.hooks.notify(raises)


async def test_no_task_is_left_behind() -> None:
    before = asyncio.all_tasks()
    site = Site(slow=waits_and_says_seven, five=answers(5), bad=raises)
    for _ in range(3):
        await site.hooks.ask(asked, word="?")
    assert len(asyncio.all_tasks() - before) <= 1  # the parked one
    site.hooks.close()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() <= before  # a task of an earlier test may have ended meanwhile


def test_the_published_limits_stand_in_the_declarations() -> None:
    from aethex_live.hookspecs import auth, chat, lifecycle, moderation, streaming

    assert facts_of(streaming.broadcast_started).limit == 5.0
    assert facts_of(chat.shape_chat_message).limit == 0.05
    assert facts_of(auth.describe_users).limit == 0.5  # it asks the database once a page: docs/decisions/006
    assert facts_of(moderation.review_chat_message).limit == 0.5
    assert facts_of(lifecycle.startup).limit == 60.0
