"""Words that pages take from codes: languages, devices."""

from __future__ import annotations

from babel import Locale, UnknownLocaleError

from aethex_live._web.views import Option

LANGUAGES = ("en", "de", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "sv", "tr", "uk", "zh")


def language_name(code: str) -> str:
    """`de` -> Deutsch; an unknown code stands for itself."""
    try:
        name = Locale.parse(code, sep="-").get_display_name()
    except (UnknownLocaleError, ValueError):
        return code
    return (name or code).capitalize()


def language_options() -> list[Option]:
    """The languages that a channel can be in, by their own names."""
    return [Option(value=code, label=language_name(code)) for code in LANGUAGES]
