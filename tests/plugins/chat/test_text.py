"""What a message may say, and that server and page cut it into the same pieces."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aethex_live.errors import Invalid
from aethex_plugins.chat.text import Part, check_text, mentioned, parts

LINES_JS = Path(__file__).parents[3] / "plugins" / "chat" / "static" / "lines.js"
NOVA = frozenset({"nova"})

WORDS = st.sampled_from(
    [
        *("@nova", "@Nova", "@nobody", "@no", "a@nova", "@nova@nova", "@nova/x", "@nova,", "(@nova)", "ä@nova"),
        *(
            "https://example.org",
            "http://a",
            "https://",
            "xhttps://a",
            "https://a/@nova",
            "https://a/b).",
            "(https://a)",
        ),
        *("https://a/b_(c)", "https://a/b_(c))", "https://a?b=c&d='e'", "https://ü.example", "ftp://a", "HTTPS://A"),
        *("<b>", "&amp;", " ", "  ", "\u200b", "😀", "👩\u200d🚀", "\u202e", "é", "\ufeff"),
    ]
)
# control characters and surrogates are refused before anything is cut
LETTERS = st.characters(exclude_categories=("Cc", "Cs"))
MESSAGES = st.lists(WORDS | st.text(LETTERS, max_size=4), max_size=8).map("".join)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("hello", [("text", "hello")]),
        ("hi @Nova!", [("text", "hi "), ("mention", "@Nova"), ("text", "!")]),
        ("mail a@nova and @nobody", [("text", "mail a@nova and @nobody")]),
        (
            "see https://example.org/a_(b), ok",
            [("text", "see "), ("link", "https://example.org/a_(b)"), ("text", ", ok")],
        ),
        ("(https://a.example/x).", [("text", "("), ("link", "https://a.example/x"), ("text", ").")]),
        ("https://a.example/@nova", [("link", "https://a.example/@nova")]),
        ("javascript:alert(1) https://", [("text", "javascript:alert(1) https://")]),
    ],
)
def test_names_and_links_are_found(text: str, pieces: list[tuple[str, str]]) -> None:
    assert parts(text, NOVA) == [Part(*piece) for piece in pieces]  # type: ignore[arg-type]


@given(MESSAGES)
def test_the_pieces_make_up_the_message_and_links_are_http(text: str) -> None:
    found = parts(text, NOVA)
    assert "".join(part.text for part in found) == text
    for part in found:
        assert part.text
        if part.kind == "link":
            assert part.text.startswith(("http://", "https://"))
            assert not set(part.text) & set('<>" ')
        if part.kind == "mention":
            assert part.text[1:].lower() in mentioned(text)


@given(st.text(max_size=600))
def test_what_is_taken_is_one_visible_line(text: str) -> None:
    try:
        line = check_text(text, 500)
    except Invalid:
        return
    assert 0 < len(line) <= 500
    assert line == line.strip()
    assert not set(line) & set("\n\r\t\x00\x1b")
    line.encode()
    assert check_text(line, 500) == line


def test_the_page_cuts_messages_as_the_server_does(need: Callable[[str], Path]) -> None:
    node = need("node")
    texts: list[str] = []

    @settings(max_examples=300)
    @given(MESSAGES)
    def collect(text: str) -> None:
        texts.append(text)

    collect()
    script = (
        f"import {{ pieces }} from {json.dumps(LINES_JS.as_uri())};"
        "let all = ''; for await (const part of process.stdin) all += part;"
        "console.log(JSON.stringify(JSON.parse(all).map((text) => pieces(text, new Set(['nova'])))));"
    )
    done = subprocess.run(
        [str(node), "--input-type=module", "-e", script],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert len(texts) > 50
    for text, pieces in zip(texts, json.loads(done.stdout), strict=True):
        assert [Part(*piece) for piece in pieces] == parts(text, NOVA), text


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Z\u0335\u0336\u0337\u0338\u0335\u0336E", "Z\u0335\u0336\u0337\u0338E"),
        ("click \u202egnp.exe", "click gnp.exe"),
        ("\u2067hidden\u2069", "hidden"),
        ("f\u200br\u200be\u200be", "free"),
        ("👩\u200d🚀 \u0645\u06cc\u200c\u062e", "👩\u200d🚀 \u0645\u06cc\u200c\u062e"),
    ],
)
def test_what_towers_turns_or_hides_is_taken_off_a_message(typed: str, stored: str) -> None:
    assert check_text(typed, 500) == stored


def test_a_message_of_nothing_but_such_characters_is_none() -> None:
    with pytest.raises(Invalid, match="Write something first"):
        check_text("\u202e\u200b\u2066\u00ad", 500)
