"""Words that pages take from codes: languages, devices."""

from __future__ import annotations

from babel import Locale, UnknownLocaleError

from aethex_live._web.views import Option

LANGUAGES = ("en", "de", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "sv", "tr", "uk", "zh")
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)
_BROWSERS = (
    ("Firefox", "Firefox"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)


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


def device_of(user_agent: str) -> str:
    """`Firefox on Linux`, from what the browser says of itself."""
    system = next((shown for mark, shown in _SYSTEMS if mark in user_agent), "")
    browser = next((shown for mark, shown in _BROWSERS if mark in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "Another program"
