"""Whether every viewer saw what was said: once, in order, without a hole. Reads logs, acknowledgements and the table.

It knows nothing of the engine, nor of the clients' code: a log says what one page was shown, line by line; an
acknowledgement what an author was promised; the table what is stored. Everything else follows from those.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

MOST_EXAMPLES = 5


class Row(NamedTuple):
    """A line of the table."""

    seq: int
    author: str
    client_id: str


class Promise(NamedTuple):
    """An acknowledgement: the author's `number`-th message has this id and stands at `seq`."""

    author: str
    number: int
    client_id: str
    seq: int


class Shown(NamedTuple):
    """An entry of a page's log.

    `began`: the page begins behind `seq`, as the server said. `line`: the socket brought the message `client_id` with
    the number `seq`. `read`: the same, but the page read it from the history. Nothing is written for a reconnect: what
    comes after it has to go on where the page was.
    """

    kind: Literal["began", "line", "read"]
    seq: int
    client_id: str = ""


@dataclass
class Verdict:
    """How often each fault was found, with examples in words."""

    lost: int = 0
    doubled: int = 0
    reordered: int = 0
    foreign: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def faults(self) -> int:
        """All of them."""
        return self.lost + self.doubled + self.reordered + self.foreign

    def add(self, kind: Literal["lost", "doubled", "reordered", "foreign"], count: int, words: str) -> None:
        """Count faults of a kind."""
        setattr(self, kind, getattr(self, kind) + count)
        if count and len(self.examples) < MOST_EXAMPLES:
            self.examples.append(f"{kind}: {words}")


def check(logs: Mapping[str, Sequence[Shown]], promises: Iterable[Promise], table: Sequence[Row]) -> Verdict:
    """Compare all with all. The table is that of the end, and every page was there at the end."""
    verdict = Verdict()
    _check_table(table, verdict)
    _check_promises(list(promises), table, verdict)
    stored = {row.seq: row.client_id for row in table}
    newest = max(stored, default=0)
    for page, log in logs.items():
        _check_page(page, log, stored, newest, verdict)
    return verdict


def _check_table(table: Sequence[Row], verdict: Verdict) -> None:
    """Numbers without a hole, each once; each message once."""
    numbers = sorted(row.seq for row in table)
    for before, after in itertools.pairwise(numbers):
        if after == before:
            verdict.add("doubled", 1, f"the table has the number {after} twice")
        elif after > before + 1:
            verdict.add("lost", after - before - 1, f"the table has nothing between {before} and {after}")
    for (author, client_id), count in Counter((row.author, row.client_id) for row in table).items():
        verdict.add("doubled", count - 1, f"the table has {client_id} of {author} {count} times")


def _check_promises(promises: list[Promise], table: Sequence[Row], verdict: Verdict) -> None:
    """What was acknowledged is stored, where it was said to be, and in the order in which its author wrote."""
    places = {(row.author, row.client_id): row.seq for row in table}
    last: dict[str, Promise] = {}
    for promise in sorted(promises, key=lambda found: (found.author, found.number)):
        place = places.get((promise.author, promise.client_id))
        if place is None:
            verdict.add("lost", 1, f"{promise.client_id} was acknowledged at {promise.seq} and is not in the table")
        elif place != promise.seq:
            verdict.add("reordered", 1, f"{promise.client_id} was acknowledged at {promise.seq} and stands at {place}")
        before = last.get(promise.author)
        if before is not None and before.number < promise.number and before.seq >= promise.seq:
            verdict.add("reordered", 1, f"{before.client_id} at {before.seq} was written before {promise.client_id}")
        last[promise.author] = promise


def _check_page(page: str, log: Sequence[Shown], stored: Mapping[int, str], newest: int, verdict: Verdict) -> None:
    """Behind where it began, the page shows every number of the table once, in order, with what the table has."""
    at: int | None = None
    seen: set[int] = set()
    for entry in log:
        if entry.kind == "began":
            if at is None:
                at = entry.seq
            continue
        if at is None:
            verdict.add("foreign", 1, f"{page} was shown {entry.seq} before it began")
            continue
        if stored.get(entry.seq) != entry.client_id:
            verdict.add("foreign", 1, f"{page} was shown {entry.client_id} as {entry.seq}, the table has another")
        if entry.seq in seen:
            verdict.add("doubled", 1, f"{page} was shown {entry.seq} twice")
        elif entry.seq <= at:
            verdict.add("reordered", 1, f"{page} was shown {entry.seq} after {at}")
        elif entry.seq > at + 1:
            verdict.add("lost", entry.seq - at - 1, f"{page} was shown nothing between {at} and {entry.seq}")
        seen.add(entry.seq)
        at = max(at, entry.seq)
    if at is None:
        verdict.add("lost", newest, f"{page} never began")
    elif at < newest:
        verdict.add("lost", newest - at, f"{page} was shown nothing behind {at}, the table ends at {newest}")
