"""The four verbs that call hooks: collect, notify, ask, fold. Nothing else calls a plugin's hook."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar

from aethex_live._runtime.answers import Check, check_of
from aethex_live._runtime.gate import Gate
from aethex_live._runtime.health import Health
from aethex_live._runtime.rounds import CONTAINED, Implementation, Round
from aethex_live._runtime.steps import Stage
from aethex_live.errors import PluginError
from aethex_live.hookspecs import Verb, facts_of

P = ParamSpec("P")
T = TypeVar("T")
V = TypeVar("V")


class Implementations(Protocol):
    """Who implements a hook, in the order of start."""

    def __call__(self, hook: str) -> list[Implementation]: ...


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What one plugin said to a question: its value, or the failure that kept it from answering."""

    plugin: str
    value: T | None = None
    failure: BaseException | None = None


class WrongAnswer(PluginError):
    """A plugin answered a hook with something of another type than the hook declares."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is worked out once for a hook: who is called now, with what, and what may come back."""

    hook: str
    limit: float | None
    arguments: tuple[str, ...]
    calls: tuple[Implementation, ...]
    check: Check


class HookCaller:
    """Calls hooks, each plugin apart from the others: one that fails or hangs is counted, the rest go on."""

    def __init__(self, implementations: Implementations, gate: Gate, health: Health) -> None:
        self._implementations = implementations
        self._gate = gate
        self._health = health
        self._stage = Stage()
        self._plans: dict[Callable[..., object], _Plan] = {}
        gate.on_change(self.refresh)

    def refresh(self) -> None:
        """Forget who is called: plugins came, went or were suspended."""
        self._plans.clear()

    def close(self) -> None:
        """End what stands ready for the next call."""
        self._stage.close()

    def collect(self, spec: Callable[[], T]) -> list[tuple[str, T]]:
        """Gather the declarations of all plugins, in the order of start, each with its plugin's name."""
        plan = self._plans.get(spec) or self._planned(spec, "collect")
        answers: list[tuple[str, T]] = []
        for call in plan.calls:
            try:
                answer = _checked(plan, call, call.function())
            except CONTAINED as error:
                self._health.failed(call.plugin, plan.hook, error)
                continue
            self._health.succeeded(call.plugin, plan.hook)
            if answer is not None:
                answers.append((call.plugin, answer))
        return answers

    async def notify(self, spec: Callable[P, Awaitable[None]], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Tell all plugins; returns when each has heard, failed or run into the hook's limit."""
        plan = self._plans.get(spec) or self._planned(spec, "notify")
        if plan.calls:
            calls = Round(plan.calls, _named(plan, args, kwargs) if args else kwargs)
            await calls.together(self._stage, plan.limit)
            self._count(plan, calls)

    async def ask(
        self, spec: Callable[P, Awaitable[T | None]], /, *args: P.args, **kwargs: P.kwargs
    ) -> list[Answer[T]]:
        """Ask all plugins at once; the limit is for all together. A plugin that says None has no answer."""
        plan = self._plans.get(spec) or self._planned(spec, "ask")
        if not plan.calls:
            return []
        calls = Round(plan.calls, _named(plan, args, kwargs) if args else kwargs)
        await calls.together(self._stage, plan.limit)
        for index, value in enumerate(calls.values):
            if value is not None and index not in calls.failures:
                _refuse_wrong(plan, calls, index, value)
        self._count(plan, calls)
        return [
            Answer(call.plugin, None if index in calls.failures else value, calls.failures.get(index))
            for index, (call, value) in enumerate(zip(plan.calls, calls.values, strict=True))
            if value is not None or index in calls.failures
        ]

    async def fold(
        self,
        spec: Callable[Concatenate[V, P], Awaitable[V | None]],
        value: V,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> V:
        """Pass a value through the plugins in turn. None, a failure or a hang leaves it as it was."""
        plan = self._plans.get(spec) or self._planned(spec, "fold")
        if not plan.calls:
            return value
        named = _named(plan, (value, *args), kwargs)
        folded = plan.arguments[0]

        def accept(index: int, answer: V) -> None:
            if _refuse_wrong(plan, calls, index, answer):
                named[folded] = answer

        calls = Round(plan.calls, named, accept)
        await calls.in_turn(self._stage, plan.limit)
        self._count(plan, calls)
        result: V = named[folded]
        return result

    def _count(self, plan: _Plan, calls: Round) -> None:
        """Tell failures and, for plugins that have failed before, successes."""
        if not calls.failures and not self._health.ailing:
            return
        for index, call in enumerate(plan.calls):
            if (failure := calls.failures.get(index)) is not None:
                self._health.failed(call.plugin, plan.hook, failure)
            else:
                self._health.succeeded(call.plugin, plan.hook)

    def _planned(self, spec: Callable[..., object], verb: Verb) -> _Plan:
        facts = facts_of(spec)
        if facts.verb != verb:
            raise TypeError(f"{spec.__name__} is called with {facts.verb}, not with {verb}")
        calls = tuple(call for call in self._implementations(spec.__name__) if self._gate.hears(call.plugin))
        names = tuple(inspect.signature(spec).parameters)
        plan = _Plan(spec.__name__, facts.limit, names, calls, check_of(spec))
        self._plans[spec] = plan
        return plan


def _named(plan: _Plan, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """All arguments by name: plugins take those that they want."""
    return {**dict(zip(plan.arguments, args, strict=False)), **kwargs}


def _checked(plan: _Plan, call: Implementation, answer: Any) -> Any:
    if inspect.iscoroutine(answer):
        answer.close()
        raise WrongAnswer(f"{call.plugin} answered {plan.hook} with a coroutine; write it as a plain def.")
    if answer is not None and (fault := plan.check(answer)):
        raise WrongAnswer(f"{call.plugin} answered {plan.hook} with {fault}.")
    return answer


def _refuse_wrong(plan: _Plan, calls: Round, index: int, answer: object) -> bool:
    """Whether the answer is of the declared type; one that is not becomes a failure."""
    fault = plan.check(answer)
    if fault:
        name = plan.calls[index].plugin
        calls.failures[index] = WrongAnswer(f"{name} answered {plan.hook} with {fault}.")
    return not fault
