"""Which passwords are taken, and the sentence for the others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aethex_live.providers import Invalid
from aethex_plugins.auth_local import passwords


@pytest.mark.parametrize(
    "password",
    [
        *(
            "correct horse battery staple",
            "Tr0ub4dor&3x",
            "ünïcödé wörks",
            "x7-fish-lamp",
            "🦊🐼🦁🐯🐻🐨🐰🦝🐸🐵",
        ),
        *("p" * 9 + "q", "a" + "b" * 255, "password of my cat"),
    ],
)
def test_an_ordinary_password_is_taken(password: str):
    passwords.check(password)


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("ninechars", "Use at least 10 characters."),
        ("x" * 257, "Use at most 256 characters."),
        *((common, "first passwords") for common in ("password123", "Password2026!", "1234567890", "0987654321")),
        *((common, "first passwords") for common in ("qwertyuiop", "QWERTYUIOP1", "aaaaaaaaaaaa", "abcabcabcabc")),
        *((common, "first passwords") for common in ("abcdefghij", "zyxwvutsrq", "administrator", "iloveyou2026")),
        *((common, "first passwords") for common in ("12121212121212", "!!!!!!!!!!", "0000000000", "1q2w3e4r5t")),
    ],
)
def test_a_poor_password_is_refused_with_its_sentence(password: str, sentence: str):
    with pytest.raises(Invalid, match=sentence):
        passwords.check(password)


@pytest.mark.parametrize("name", ["Maria_Lindgren", "maria_lindgren", "MARIA_LINDGREN"])
def test_ones_own_name_is_refused(name: str):
    with pytest.raises(Invalid, match="your own name"):
        passwords.check("maria_lindgren", ["other", "", name])


def test_two_spellings_of_a_letter_are_one_password():
    composed, decomposed = "caf\u00e9 au lait", "cafe\u0301 au lait"
    assert passwords.normal(composed) == passwords.normal(decomposed)


@given(st.text(max_size=300), st.lists(st.text(max_size=20), max_size=3))
def test_any_text_is_taken_or_refused_with_a_sentence(password: str, avoid: list[str]):
    try:
        passwords.check(password, avoid)
    except Invalid as failure:
        refused = failure
    else:
        assert 10 <= len(password) <= 256
        return
    assert str(refused).endswith(".")
