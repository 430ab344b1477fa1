"""Lazy rules build the same addresses as Werkzeug's own, and refuse the same."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from quart.routing import QuartMap, QuartRule
from werkzeug.routing import BuildError

from aethex_live._web.rules import LazyRule

RULES = ["/", "/a/<word>", "/n/<int:number>", "/p/<path:rest>/end", "/u/<uuid:id>", "/two/<one>/<int:other>"]


def url_for(kind: type[QuartRule], rule: str, values: dict[str, Any]) -> str:
    address: str = QuartMap([kind(rule, endpoint="it", methods=["GET"])]).bind("live.example").build("it", values)
    return address


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("more", [{}, {"q": "a b&c"}, {"q": ["1", "ü"]}])
def test_addresses_are_those_of_werkzeug(rule: str, more: dict[str, Any]) -> None:
    values = {"word": "ä /?#", "number": 7, "rest": "a/b", "id": uuid.UUID(int=5), "one": "x", "other": 2, **more}
    assert url_for(LazyRule, rule, values) == url_for(QuartRule, rule, values)


@pytest.mark.parametrize("values", [{}, {"number": "seven"}])
def test_what_is_missing_or_wrong_is_refused_as_there(values: dict[str, Any]) -> None:
    for kind in (QuartRule, LazyRule):
        with pytest.raises((BuildError, ValueError)):
            url_for(kind, "/n/<int:number>", values)
