"""User names that are suggested to somebody of whom another site told us."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aethex_live.domain.names import check_username
from aethex_live.domain.suggestions import CLAIMS, suggested_names

ANYTHING = st.one_of(st.text(max_size=300), st.emails(), st.none(), st.integers(), st.lists(st.text(max_size=3)))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(CLAIMS), ANYTHING))
def test_whatever_is_told_each_suggestion_keeps_the_rules(claims: dict[str, object]) -> None:
    names = list(suggested_names(claims))
    assert all(check_username(name) == name for name in names)
    assert len(set(names)) == len(names) <= 30


@pytest.mark.parametrize(
    ("claims", "first"),
    [
        ({"preferred_username": "ada.l", "name": "Ada Lovelace"}, "ada_l"),
        ({"email": "grace.hopper@example.org"}, "grace_hopper"),
        ({"preferred_username": "jürgen@example.org"}, "jurgen"),
        ({"name": "Ada  Lovelace"}, "Ada_Lovelace"),
        ({"preferred_username": "ab", "nickname": "__x__", "name": "Édith Piaf"}, "Edith_Piaf"),
        ({"preferred_username": "admin", "name": "Nova"}, "Nova"),  # kept for the platform
        ({"preferred_username": "x" * 50}, "x" * 32),
    ],
)
def test_the_likeliest_comes_first(claims: dict[str, object], first: str) -> None:
    assert next(iter(suggested_names(claims))) == first


def test_who_has_a_common_name_gets_numbers_too() -> None:
    names = list(suggested_names({"preferred_username": "ada"}))
    assert names[:3] == ["ada", "ada2", "ada3"]


@pytest.mark.parametrize("claims", [{}, {"name": "李"}, {"preferred_username": "@"}, {"email": "a@b.org"}])
def test_where_nothing_fits_there_is_no_suggestion(claims: dict[str, object]) -> None:
    assert list(suggested_names(claims)) == []
