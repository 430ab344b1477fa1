"""What all pages below /p/chat/ need: their address, the way back, and what a form said."""

from __future__ import annotations

from typing import Any

from aethex_live.errors import Invalid
from aethex_live.web import Form, current_channel
from aethex_live.web.pages import local_address


def base() -> str:
    """Below this address stand the chat's pages of the channel that is asked for."""
    return f"/p/chat/{current_channel().slug}"


def back(wanted: str) -> str:
    """The page that a form stood on; the chat's own when it names none of this site."""
    return local_address(wanted) or base()


def filled(form: Form[Any]) -> Any:
    """What was sent. Raises Invalid with the first sentence about it."""
    if form.data is None:
        field, sentence = next(iter(form.errors.items()))
        raise Invalid(sentence, field=field)
    return form.data
