"""A load generator for plain HTTP: connections that are kept open, all asked at once, over and over."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bench.figures import cpu_seconds

CONNECTIONS = 16
LIMIT_S = 20.0
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
# what a browser sends along, so that every server has the same headers to read
BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Accept": "*/*",
    "Accept-Language": "en-US,en;q=0.5",
    "Accept-Encoding": "identity",
    "Cookie": "theme=dark; aethex-form=Zm9ybS1zZWNyZXQtb2YtYmVuY2g; aethex=c2Vzc2lvbi10b2tlbi1vZi1iZW5jaC1ub3Qta25vd24",
}


class WrongAnswer(RuntimeError):
    """A server answered something else than was asked for: the figure would mean nothing."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server to ask: its name, an address, the processes whose CPU counts, how long a body must be at least."""

    name: str
    url: str
    pids: Sequence[int]
    least: int = 1


class Asker:
    """Open connections to one address."""

    def __init__(
        self, target: Target, headers: Mapping[str, str] | None = None, connections: int = CONNECTIONS
    ) -> None:
        self.target = target
        self.short = 0  # answers that lacked something
        parts = urlsplit(target.url)
        lines = [f"GET {parts.path or '/'} HTTP/1.1", f"Host: {parts.netloc}"]
        lines += [f"{name}: {value}" for name, value in (BROWSER | dict(headers or {})).items()]
        self._request = ("\r\n".join(lines) + "\r\n\r\n").encode()
        self._place = (str(parts.hostname), parts.port or 80)
        self._connections = connections
        self._sockets: list[socket.socket] = []
        self._buffer = bytearray(4 << 20)

    def ask(self, rounds: int) -> float:
        """Microseconds of the server's CPU a request, over so many rounds of one request a connection."""
        before = cpu_seconds(self.target.pids)
        for _ in range(rounds):
            for connection in self._sockets:
                connection.sendall(self._request)
            for connection in self._sockets:
                self._read(connection)
        return (cpu_seconds(self.target.pids) - before) / (rounds * len(self._sockets)) * 1e6

    def spend(self, seconds: float) -> float:
        """As `ask`, for about so many seconds (the kernel counts CPU in steps of 10 ms), on connections of its own:
        servers close those that are idle while another one is asked.
        """
        self._sockets = [socket.create_connection(self._place, LIMIT_S) for _ in range(self._connections)]
        try:
            begun = time.monotonic()
            self.ask(3)
            each = max((time.monotonic() - begun) / 3, 1e-4)
            return self.ask(max(int(seconds / each), 5))
        finally:
            for connection in self._sockets:
                connection.close()

    def _read(self, connection: socket.socket) -> None:
        """One answer; bodies are not kept."""
        buffer = memoryview(self._buffer)
        got = 0
        while (end := self._buffer.find(b"\r\n\r\n", 0, got)) < 0:
            got += self._more(connection, buffer[got:])
        head = bytes(buffer[:end])
        length = _LENGTH.search(head)
        if not head.startswith(b"HTTP/1.1 200"):
            raise WrongAnswer(f"{self.target.name} answered {head[:200]!r}")
        self.short += bool(length and int(length.group(1)) < self.target.least)
        if length is None:
            self._read_chunks(connection, got, end + 4)
            return
        left = int(length.group(1)) - (got - end - 4)
        while left > 0:
            left -= self._more(connection, buffer[:left])

    def _read_chunks(self, connection: socket.socket, got: int, begin: int) -> None:
        buffer = memoryview(self._buffer)
        while not (got >= begin + 5 and self._buffer[got - 5 : got] == b"0\r\n\r\n"):
            got += self._more(connection, buffer[got:])
        self.short += got - begin < self.target.least

    def _more(self, connection: socket.socket, space: memoryview) -> int:
        count = connection.recv_into(space)
        if not count:
            raise WrongAnswer(f"{self.target.name} closed the connection")
        return count


@dataclass(frozen=True, slots=True)
class Times:
    """Microseconds of CPU a request, of each round."""

    rounds: Sequence[float]
    short: int = 0

    @property
    def median(self) -> float:
        """The one in the middle."""
        ordered = sorted(self.rounds)
        return ordered[len(ordered) // 2]

    @property
    def steady(self) -> bool:
        """Whether the rounds agree and the answers were whole: where not, the machine did something else."""
        return not self.short and max(self.rounds) <= 1.5 * min(self.rounds)

    @property
    def doubt(self) -> str:
        """Why the figure is not valid; empty when it is."""
        if self.short:
            return f"{self.short} answers lacked something"
        low, high = min(self.rounds), max(self.rounds)
        return "" if self.steady else f"the machine was busy: rounds from {low:.0f} to {high:.0f} us"


def interleaved(
    targets: Sequence[Target], *, rounds: int, seconds: float, connections: int = CONNECTIONS
) -> dict[str, Times]:
    """The targets in turn, round by round: what disturbs one disturbs the others. By the target's name."""
    askers = [Asker(target, connections=connections) for target in targets]
    found: dict[str, list[float]] = {target.name: [] for target in targets}
    for asker in askers:
        asker.spend(seconds / 2)
    for _ in range(rounds):
        for asker in askers:
            found[asker.target.name].append(asker.spend(seconds))
    return {asker.target.name: Times(found[asker.target.name], asker.short) for asker in askers}
