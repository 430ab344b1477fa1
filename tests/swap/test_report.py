"""What a scenario writes down: steps that were done, steps beyond a provider, and what no step asked for."""

from __future__ import annotations

from typing import Any

from aethex_live.providers.email import MailCap
from swap_report import Steps, told


def noted(capabilities: set[MailCap]) -> tuple[Steps, list[Any]]:
    facts: list[Any] = []
    return Steps("email", "one", frozenset(capabilities), lambda _, fact: facts.append(fact)), facts


async def test_a_step_beyond_a_provider_is_written_down_and_not_taken() -> None:
    steps, facts = noted({MailCap.BATCH})
    done: list[str] = []

    async def act() -> None:
        done.append("done")

    await steps.take("send many", act, MailCap.BATCH)
    await steps.take("hear of bounces", act, MailCap.BATCH, MailCap.EVENTS)
    assert done == ["done"]
    assert [(fact["step"], fact["lacks"]) for fact in facts] == [("send many", []), ("hear of bounces", ["events"])]


async def test_capabilities_that_no_step_asks_for_are_written_down_too() -> None:
    steps, facts = noted({MailCap.BATCH})

    async def act() -> None:
        """Nothing."""

    await steps.take("hear of bounces", act, MailCap.EVENTS)
    steps.rest(MailCap)
    assert {fact["step"] for fact in facts} == {"hear of bounces", "idempotent", "kept", "tags"}


def test_each_provider_has_its_own_sums() -> None:
    facts = [
        {"kind": "email", "name": "smtp", "step": "send", "lacks": []},
        {"kind": "email", "name": "smtp", "step": "kept", "lacks": ["kept"]},
        {"kind": "email", "name": "outbox", "step": "hear", "lacks": ["events"]},
    ]
    assert told(facts) == {
        ("email", "outbox"): {"done": [], "cannot": ["hear (events)"]},
        ("email", "smtp"): {"done": ["send"], "cannot": ["kept"]},
    }
