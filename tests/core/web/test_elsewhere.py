"""A sign-in elsewhere, between leaving and coming back: which return answers which start."""

from __future__ import annotations

import pytest

from aethex_live._web.elsewhere import Begun, same_state


@pytest.mark.parametrize(
    ("begun", "returned", "same"),
    [
        ("s-1", "s-1", True),
        ("s-1", "s-2", False),
        ("s-1", "", False),
        ("s-1", "s-1 ", False),
        ("s-1", "\udcff", False),
        ("", "", False),
        ("", "s-1", False),
    ],
)
def test_a_return_answers_the_start_that_has_its_state(begun: str, returned: str, same: bool) -> None:
    """Here already, and not at the provider alone, whose plugin might forget to look."""
    start = Begun(act="sign-in", provider="p", issuer="i", state=begun)
    assert same_state(start, returned) is same
