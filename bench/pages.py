"""CPU of a page with 50 live channels and ten plugins with slots, beside the same page server-rendered by Next.js."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any

from bench import npm
from bench.crowd import LANGUAGES, cards_on, crowded, read
from bench.figures import Figure, process_tree
from bench.load import Target, Times, interleaved
from bench.served import ServedSite

LIVE, PLUGINS = 50, 10
GOAL_US = 6000.0
WATCH = "/channel-10/live"  # one of those whose recordings are on the home page
SITE, PEER = "aethex", "Next.js 16"
BUILD_S = 300
NAMES = {"en": "English", "de": "Deutsch", "fr": "Français", "ja": "日本語"}
CONNECTIONS = 4
_VIDEO = re.compile(
    r'<a href="/videos/([^"]+)" dir="auto">([^<]+)</a></h3>\s*<p class="ax-card__meta"><b dir="auto">([^<]+)</b>'
    r'<span class="ax-sep"><time datetime="([^"]+)" title="([^"]+)" data-ago>([^<]+)</time>'
)
_BADGE = re.compile(r'<div class="ax-thumb__start">.*?</div></div>', re.DOTALL)


def run(quick: bool) -> Iterable[Figure]:
    """The home page and a watch page."""
    rounds, seconds = (3, 1.0) if quick else (7, 4.0)
    with crowded(live=LIVE, plugins=PLUGINS) as site:
        try:
            with next_js(shown(site)) as (base, pids):
                yield from measure(site, base, pids, rounds, seconds, "")
        except npm.NoPeer as reason:
            yield from measure(site, "", (), rounds, seconds, str(reason))


def measure(
    site: ServedSite, base: str, pids: Sequence[int], rounds: int, seconds: float, missing: str
) -> Iterator[Figure]:
    """Both pages in the same rounds as the peer's."""
    for name, path in (("home page", "/"), ("watch page", WATCH)):
        own = read(site.url + path)
        targets = [Target(SITE, site.url + path, [site.pid], int(len(own) * 0.9))]
        other = read(base + path) if base else ""
        if base:
            targets.append(Target(PEER, base + path, pids, int(len(other) * 0.9)))
        wrong = unlike(own, other, cards=path == "/") if base else whole(own, cards=path == "/")
        times = interleaved(targets, rounds=rounds, seconds=seconds, connections=CONNECTIONS)
        yield figure(name, times, (len(own), len(other)), wrong or "", missing)


def figure(name: str, times: Mapping[str, Times], sizes: tuple[int, int], wrong: str, missing: str) -> Figure:
    """What was measured; not valid when the pages are not the same, or the machine was busy."""
    own, other = times[SITE], times.get(PEER)
    valid = own.steady and not wrong
    notes = [f"{sizes[0]} bytes" + (f", the peer's {sizes[1]}" if sizes[1] else "")]
    notes += [f"no {PEER}: {missing}"] if missing else []
    notes += [wrong] if wrong else []
    notes += [own.doubt] if own.doubt else []
    return Figure(
        figure=f"{name}, {LIVE} live channels, {PLUGINS} plugins with slots",
        value=round(own.median),
        unit="us CPU a request",
        goal=GOAL_US,
        met=own.median <= GOAL_US and valid,
        peer=PEER if other else None,
        peer_value=round(other.median) if other else None,
        ratio=round(own.median / other.median, 2) if other else None,
        valid=valid,
        note="; ".join(notes),
    )


def whole(page: str, *, cards: bool) -> str:
    """Why the page is not the one to measure; empty when it is."""
    if cards and cards_on(page) != LIVE:
        return f"the page has {cards_on(page)} cards instead of {LIVE}"
    return "" if page.count("of the benchmark") >= PLUGINS else "the plugins' parts are not on the page"


def unlike(own: str, other: str, *, cards: bool) -> str:
    """What the peer's page lacks of ours, word by word; empty when it has it all."""
    if found := whole(own, cards=cards):
        return found
    mine, theirs = words(own), words(other)
    lacking = [word for word, count in mine.items() if theirs.get(word, 0) < count * 0.5]
    articles = own.count("<article"), other.count("<article")
    if articles[0] != articles[1]:
        return f"{articles[0]} cards here, {articles[1]} there"
    # times run on, and a few words of dialogs differ; the content must not
    return f"the peer lacks {len(lacking)} of {len(mine)} words: {lacking[:8]}" if len(lacking) > len(mine) / 10 else ""


def words(page: str) -> dict[str, int]:
    """How often each word stands on a page, without scripts and marks."""
    text = re.sub(r"<(script|style|svg|template)\b.*?</\1>|<!--.*?-->", " ", page, flags=re.DOTALL)
    found: dict[str, int] = {}
    for word in re.findall(r"[a-z]{2,}", unescape(re.sub(r"<[^>]+>", " ", text)).lower()):
        found[word] = found.get(word, 0) + 1
    return found


def shown(site: ServedSite) -> dict[str, Any]:
    """What our pages show, for the peer to show as well."""
    home = read(f"{site.url}/")
    live = [_channel(row) for row in json.loads(read(f"{site.url}/api/v1/live"))["items"]]
    by_name = {channel["name"]: channel for channel in live}
    videos = [
        {
            "id": found[0],
            "title": found[1],
            "channel": by_name[found[2]],
            "at": found[3],
            "exact": found[4],
            "when": found[5],
            "length": "1:00:00",
        }
        for found in _VIDEO.findall(home)
    ]
    badges = sorted(set(re.findall(r'data-plugin="(\w+)"', "".join(_BADGE.findall(home)))))
    parts = [f"part{number}" for number in range(PLUGINS)]
    about = "Every evening, with questions from the chat."
    chips = sorted({channel["category"] for channel in live if channel["category"]})
    return {"live": live, "videos": videos, "parts": parts, "badges": badges, "about": about, "chips": chips}


def _channel(row: Mapping[str, Any]) -> dict[str, Any]:
    number = int(row["channel"].rpartition("-")[2])
    language = LANGUAGES[number % len(LANGUAGES)]
    return {
        "id": row["id"],
        "slug": row["channel"],
        "name": row["channel_name"],
        "hue": number * 7 % 360,
        "viewers": row["viewers"],
        "title": row["title"],
        "category": (row["category"] or "").replace("-", " ").title(),
        "language": language,
        "language_name": NAMES[language],
        "started_at": row["started_at"],
    }


@contextmanager
def next_js(data: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[int]]]:
    """The peer in production mode: its address and processes. Raises NoPeer."""
    npm.install()
    program = str(npm.PEERS / "node_modules" / "next" / "dist" / "bin" / "next")
    folder = npm.PEERS / "next"
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(data, file)
        file.flush()
        environ = {"DATA": file.name, "NEXT_TELEMETRY_DISABLED": "1", "NODE_ENV": "production", "HOSTNAME": "127.0.0.1"}
        _build(program, folder, environ)
        with npm.running(["node", program, "start", "-H", "127.0.0.1"], folder, environ) as (pid, port):
            read(f"http://127.0.0.1:{port}/")
            yield f"http://127.0.0.1:{port}", process_tree(pid)


def _build(program: str, folder: Path, environ: Mapping[str, str]) -> None:
    """Build the peer's pages when they changed. Raises NoPeer."""
    sources = [path for path in sorted(folder.rglob("*.*js*")) if ".next" not in path.parts]
    want = hashlib.sha256(
        b"".join(path.read_bytes() for path in (*sources, npm.PEERS / "package-lock.json"))
    ).hexdigest()
    mark = folder / ".next" / ".built"
    if mark.is_file() and mark.read_text() == want:
        return
    try:
        done = subprocess.run(
            ["node", program, "build"],
            cwd=folder,
            env=os.environ | dict(environ),
            timeout=BUILD_S,
            check=False,
            capture_output=True,
            text=True,
        )
    except subprocess.TimeoutExpired:
        raise npm.NoPeer(f"its build did not end within {BUILD_S} s") from None
    if done.returncode:
        raise npm.NoPeer(f"its build failed: {(done.stderr or done.stdout).strip()[-200:]}")
    mark.write_text(want)
