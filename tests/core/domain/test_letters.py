"""Letters that hide, turn or tower, and names that pass for others'."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aethex_live.domain.letters import HIDDEN, MOST_MARKS, TURNING, hides, tamed, towers, turns
from aethex_live.domain.lookalikes import LONGEST_LOOK, look_of
from aethex_live.domain.names import check_line, check_name
from aethex_live.errors import Invalid

ZALGO = "z" + "\u0335\u0323\u0311" * 30 + "algo"
NASTY = st.text(
    st.sampled_from([*TURNING, *HIDDEN, "\u0301", "\u200d", "\u200c", "\U000e0067", "a", "é", "\u05d0", "👩"])
)


@given(st.text() | NASTY)
def test_what_is_tamed_neither_turns_nor_towers_and_stays_as_it_is(text: str) -> None:
    calm = tamed(text)
    assert not turns(calm)
    assert not towers(calm)
    assert not HIDDEN & set(calm)
    assert tamed(calm) == calm


@pytest.mark.parametrize(
    "text",
    [
        "plain words, äöü",
        "Tiếng Việt",
        unicodedata.normalize("NFD", "Tiếng Việt"),
        "שָׁלוֹם",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian, with a joiner that it needs
        "क्\u200dष",
        "👩\u200d👩\u200d👧 🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "שלום\u200e!",
    ],
)
def test_what_scripts_and_emoji_need_stays(text: str) -> None:
    assert tamed(text) == text


@pytest.mark.parametrize(
    ("text", "calm"),
    [
        (ZALGO, "z" + "\u0335\u0323\u0311\u0335" + "algo"),
        ("click \u202egnp.exe", "click gnp.exe"),
        ("\u2066a\u2069b", "ab"),
        ("fr\u200bee mo\u00adney\ufeff", "free money"),
        ("a\U000e0041b", "ab"),
    ],
)
def test_the_rest_is_taken_off(text: str, calm: str) -> None:
    assert tamed(text) == calm


def test_a_hundred_thousand_marks_are_tamed_in_a_moment() -> None:
    assert len(tamed("a" + "\u0301" * 100_000)) == 1 + MOST_MARKS


@pytest.mark.parametrize("name", ["No\u202eva", "No\u200bva", "N\u200dova", "Nova\u2066", ZALGO, "Nova\U000e0041"])
def test_a_name_that_deceives_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_name(name, field="display_name")
    assert refused.value.field == "display_name"
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("name", ["Zoë", "Nova 🚀", "the 👩\u200d👩\u200d👧", "Ἀθηνᾶ", "שרה", "နိုဝါ"])
def test_names_of_all_scripts_are_taken(name: str) -> None:
    assert check_name(f" {name} ", field="name") == name
    assert not hides(name)


def test_a_title_loses_what_turns_it_and_keeps_its_words() -> None:
    assert check_line("live \u202enow", field="title", most=140) == "live now"


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("nova", "N0va"),
        ("nova", "n\u043ev\u0430"),
        ("nova", "\uff2e\uff2f\uff36\uff21"),
        ("nova", "_nova_"),
        ("nova", "n.o.v.a"),
        ("nova", "no\u2174a"),
        ("paypal", "\u0440\u0430\u0443\u0440\u0430l"),
        ("modern", "modem"),
        ("summer", "surnrner"),
    ],
)
def test_names_that_look_alike_have_one_look(name: str, other: str) -> None:
    assert look_of(name) == look_of(other)


def test_a_capital_i_a_one_and_a_small_l_are_one() -> None:
    assert {look_of(name) for name in ("Ill", "I1l", "lil", "LIL")} == {"lll"}


@pytest.mark.parametrize(("name", "other"), [("nova", "nora"), ("ada", "adam"), ("ann", "anna"), ("one", "two")])
def test_other_names_look_otherwise(name: str, other: str) -> None:
    assert look_of(name) != look_of(other)


@given(st.text(max_size=300))
def test_every_look_fits_its_column(text: str) -> None:
    assert len(look_of(text)) <= LONGEST_LOOK
