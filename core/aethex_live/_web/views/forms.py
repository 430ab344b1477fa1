"""Forms, selects and paging: what every page with a list or a form needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FormView:
    """A form as it is shown: what was typed, what is wrong with it by field ("" = the whole form)."""

    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


EMPTY_FORM = FormView()


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An entry of a select: what is posted, what is read."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A box that can be ticked: what is posted, what is read, whether it is ticked."""

    value: str
    label: str
    on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """Newer and older; None where there is no more."""

    newer: str | None = None
    older: str | None = None


ONE_PAGE = Pager()
