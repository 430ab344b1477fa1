"""Signing in with an account elsewhere: buttons, the page in between, the name of a new account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aethex_live._web.views.forms import EMPTY_FORM


@dataclass(frozen=True, slots=True, kw_only=True)
class WayButton:
    """A form with the button of one issuer; `action` is where it posts to."""

    label: str
    action: str
    healthy: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedRow:
    """An identity of the account that is shown in the settings; `known` is whether its issuer is one of today's."""

    id: str
    label: str
    linked_at: datetime
    known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class WithView:
    """sign_in_with.html: one button, for who came by a link; with `url` the browser goes there by itself."""

    label: str
    action: str = ""
    next: str = "/"
    url: str = ""
    healthy: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedView:
    """sign_in_embedded.html: a provider's component, and the form that its token is handed in by.

    `module` mounts it, `scripts` are addresses and other attributes, `over` has an ended session signed out first;
    `alone`: there is no other way to sign in.
    """

    label: str
    title: str
    action: str
    state: str
    module: str
    scripts: Sequence[tuple[str, Mapping[str, str]]] = ()
    back: str = "/sign-in"
    back_label: str = ""
    over: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnView:
    """sign_in_with_refused.html: why a return led to nothing, and where to begin anew."""

    title: str
    text: str
    again: str = "/sign-in"
    again_label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameView:
    """sign_up_with.html: the name of a new account. `address` is what the issuer verified; then none is asked for."""

    label: str
    form: Any = EMPTY_FORM
    next: str = "/"
    address: str = ""
    email_needed: bool = False
    approval: bool = False
    terms: bool = False
    setup: bool = False
    waiting: bool = False


NO_WAYS: Sequence[WayButton] = ()
