"""What may be a password: long enough, not one of those that are tried first, not the person's own name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from .errors import poor

LEAST, MOST = 10, 256

# the first guesses of every attacker, without the digits and signs that people put at the ends
COMMON = frozenset(
    """
    password passwort passw0rd p@ssword p@ssw0rd passwordpassword mypassword letmein letmeinplease welcome
    welcomeback changeme changemenow administrator admin root qwerty qwertyuiop qwertyuiopasdfghjkl
    qwertyqwerty qwertz qwertzuiop azerty azertyuiop asdfghjkl asdfasdf zxcvbnm zxcvbnmasdf qazwsx
    qazwsxedc qazwsxedcrfv 1qaz2wsx3edc 1q2w3e4r5t 1q2w3e4r5t6y q1w2e3r4t5 q1w2e3r4t5y6 zaq12wsx iloveyou
    iloveyouso loveyou sunshine princess football baseball basketball superman batman spiderman starwars
    dragon monkey shadow master michael jennifer whatever trustno computer internet pokemon minecraft
    secret topsecret default livestream livestreaming streamer streaming aethex aethexlive abc test
    testtest hello helloworld helloworldhello guest user username login summer winter
    """.split()  # noqa: SIM905 - eighty pairs of quotes would hide the words
)
_ORDERED = (
    *("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "98765432109876543210"),
    "qwertyuiopasdfghjklzxcvbnm",
)
_TRIMMED = "0123456789!?.,-_*#$%&+@ "


def normal(password: str) -> str:
    """The password in the one spelling that is hashed: keyboards write é in two ways."""
    return unicodedata.normalize("NFKC", password)


def check(password: str, avoid: Iterable[str] = ()) -> None:
    """Raises Invalid with a sentence when the password can't be taken. `avoid` are the person's names."""
    plain = password.casefold()
    if len(password) < LEAST:
        raise poor(f"Use at least {LEAST} characters.")
    if len(password) > MOST:
        raise poor(f"Use at most {MOST} characters.")
    if any(word and plain == normal(word).casefold() for word in avoid):
        raise poor("Don't use your own name or address as the password.")
    if _is_common(plain):
        raise poor("This is one of the first passwords that are tried. Choose another, such as four random words.")


def _is_common(plain: str) -> bool:
    return plain.strip(_TRIMMED) in COMMON or plain in COMMON or _is_repeated(plain) or _is_ordered(plain)


def _is_repeated(plain: str) -> bool:
    """Up to three characters again and again: aaaaaaaaaa, abcabcabcabc."""
    return any(plain == (plain[:length] * len(plain))[: len(plain)] for length in (1, 2, 3))


def _is_ordered(plain: str) -> bool:
    return any(plain in row or plain in row[::-1] for row in _ORDERED)
