"""Codes of emotes in a text: found alike by server and page, and cheap where there are none."""

from __future__ import annotations

import json
import subprocess
import timeit
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import aethex_live
from aethex_plugins.chat.emote_text import codes, only_emotes
from aethex_plugins.chat.text import Part, few_emotes, parts

CHAT = Path(__file__).parents[3] / "plugins" / "chat"
KNOWN = frozenset({"wave", "a1", "hype9"})
EMOJI = ("😀", "👍🏽", "1️⃣", "🇩🇪", "\u200d", "\ufe0f")
PIECES = st.sampled_from(
    [":", "::", ":wave:", ":WAVE:", ":a1:", "a1", "wave", "hype9", " ", "@nova", "https://a.b/:a1:", "ä", "x", *EMOJI]
)
TEXTS = st.lists(PIECES | st.text(max_size=3), max_size=12).map("".join)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hi :wave:", [":wave:"]),
        (":wave::a1:", [":wave:", ":a1:"]),
        (":none:wave:", [":wave:"]),  # the colon in the middle serves both
        (":wave:a1:", [":wave:"]),  # but it is used up by the first
        (":Wave: :WAVE:", [":Wave:", ":WAVE:"]),
        (":wave", []),
        ("12:30:45", []),
        (": wave :", []),
        (":w\u0430ve:", []),  # a Cyrillic letter
    ],
)
def test_codes_are_found(text: str, found: list[str]) -> None:
    assert [text[one.start : one.end] for one in codes(text, KNOWN)] == found


@settings(deadline=None)
@given(TEXTS)
def test_the_pieces_still_make_up_the_message_and_only_known_codes_are_emotes(text: str) -> None:
    pieces = parts(text, frozenset({"nova"}), KNOWN)
    assert "".join(piece.text for piece in pieces) == text
    for piece in pieces:
        if piece.kind == "emote":
            assert piece.text[0] == piece.text[-1] == ":"
            assert piece.text[1:-1].lower() in KNOWN


def test_a_code_inside_of_a_link_belongs_to_the_link() -> None:
    assert parts("https://a.example/:wave:", frozenset(), KNOWN) == [
        Part("link", "https://a.example/:wave"),
        Part("text", ":"),
    ]


def test_the_page_finds_the_same(need: Callable[[str], Path]) -> None:
    node = need("node")
    texts: list[str] = []

    @settings(max_examples=300, deadline=None)
    @given(TEXTS)
    def collect(text: str) -> None:
        texts.append(text)

    collect()
    script = (
        f"import {{ pieces }} from {json.dumps((CHAT / 'static' / 'lines.js').as_uri())};"
        f"import {{ few }} from {json.dumps((CHAT / 'static' / 'emotes_image.js').as_uri())};"
        "let all = ''; for await (const part of process.stdin) all += part;"
        f"const known = new Map({json.dumps([[code, {}] for code in sorted(KNOWN)])});"
        "console.log(JSON.stringify(JSON.parse(all).map((text) => {"
        " const made = pieces(text, new Set(['nova']), known); return [made, few(made)]; })));"
    )
    done = subprocess.run(
        [str(node), "--input-type=module", "-e", script],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    for text, (pieces, few) in zip(texts, json.loads(done.stdout), strict=True):
        expected = parts(text, frozenset({"nova"}), KNOWN)
        assert [Part(*piece) for piece in pieces] == expected, text
        assert few == few_emotes(expected), text


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        (":wave:", True),
        (" :wave: 😀 :a1:", True),
        ("👍🏽👨‍👩‍👧‍👦🏳️‍🌈🇩🇪1️⃣", True),
        (":wave: hi", False),
        (":unknown:", False),
        ("123", False),
        ("#", False),
        ("…", False),
    ],
)
def test_messages_of_emotes_and_emoji_alone_are_told_from_others(text: str, alone: bool) -> None:
    assert only_emotes(text, KNOWN) is alone


def test_every_emoji_of_the_picker_is_one() -> None:
    vendor = Path(aethex_live.__file__).parent / "static" / "vendor"
    if not (vendor / "manifest.json").is_file():
        pytest.skip("needs the static build")
    table = json.loads(
        (vendor / json.loads((vendor / "manifest.json").read_bytes())["files"]["data/emoji.json"]).read_bytes()
    )
    wrong = [emoji for group in table for emoji, *_ in group if not only_emotes(emoji, ())]
    assert wrong == []


@settings(deadline=None)
@given(st.text(alphabet=st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20))
def test_letters_digits_and_marks_are_never_emoji(text: str) -> None:
    pictures = set("\u00a9\u00ae\u203c\u2049\u2122\u2139\u3030\u303d\u3297\u3299")
    if not set(text) & pictures and not any(ord(character) >= 0x1F000 for character in text):
        assert not only_emotes(text, ())


def test_a_message_without_a_colon_costs_next_to_nothing() -> None:
    text = "a message of the usual length that has no colon in it at all, and goes on a bit"
    spent = min(timeit.repeat(lambda: list(codes(text, KNOWN)), number=200, repeat=200)) / 200
    assert spent < 2e-6


@pytest.mark.parametrize(
    ("text", "large"),
    [
        (":wave:", True),
        ("😀", True),
        (":wave: 👍🏽 🇩🇪", True),
        ("👨‍👩‍👧‍👦", True),
        ("😀😀😀😀", False),
        ("😀 hi", False),
        ("1", False),
        ("", False),
    ],
)
def test_a_few_emotes_or_emoji_alone_are_shown_larger(text: str, large: bool) -> None:
    assert few_emotes(parts(text, frozenset(), KNOWN)) is large
