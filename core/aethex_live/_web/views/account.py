"""The pages of an account beside its settings: tokens, leaving, terms, the gate before content for adults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aethex_live._web.views.forms import EMPTY_FORM, Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """A token in its maker's list."""

    id: str
    name: str
    hint: str
    scopes: Sequence[str]
    created_at: datetime
    used_at: datetime | None = None
    expires_at: datetime | None = None
    expired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensView:
    """settings_tokens.html; `made` is a new token, shown this once."""

    tokens: Sequence[TokenRow] = ()
    scopes: Sequence[Choice] = ()
    form: Any = EMPTY_FORM
    made: str = ""
    made_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BotRow:
    """A bot with its tokens, and the form of another token."""

    id: str
    username: str
    name: str
    banned: bool = False
    tokens: Sequence[TokenRow] = ()
    scopes: Sequence[Choice] = ()
    form: Any = EMPTY_FORM


@dataclass(frozen=True, slots=True, kw_only=True)
class BotsView:
    """settings_bots.html; `made` is a new token, shown this once; `most` bots an account may have."""

    bots: Sequence[BotRow] = ()
    most: int = 5
    form: Any = EMPTY_FORM
    made: str = ""
    made_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveView:
    """settings_leave.html: what goes with the account, and the form that asks for it."""

    username: str
    days: int
    channels: Sequence[str] = ()
    form: Any = EMPTY_FORM


@dataclass(frozen=True, slots=True, kw_only=True)
class StayView:
    """stay.html: behind a mail's link, the button that calls a deletion off."""

    token: str
    username: str
    delete_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsView:
    """terms.html: the terms as paragraphs or as an address; `ask`: the person has not accepted this version."""

    url: str = ""
    paragraphs: Sequence[str] = ()
    ask: bool = False
    next: str = "/"
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateView:
    """mature.html: what stands in front of a channel that says its content is for adults."""

    channel_name: str
    slug: str
    hue: int
    next: str
